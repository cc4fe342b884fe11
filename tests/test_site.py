"""Promises of the built site: complete, self-contained, the same every time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pages
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

LOADING = ("script", "img", "iframe", "source", "video", "audio", "embed", "object", "track")
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest"}

SOUND = r"""# A page

A formula $x_t = W \sigma(x_{t-1})$, a labelled one, and {eq}`rec`.

$$
x_t = W \sigma(x_{t-1})
$$ (rec)
"""
# Each fault, and what the failed build says about it.
FAULTS = {
    "{eq}`no-such-equation`": "no-such-equation",
    "{prf:ref}`no-such-theorem`": "no-such-theorem",
    "{ref}`no-such-label`": "no-such-label",
    "{cite}`no_such_source`": "no_such_source",
    "[a page](no_such_page.ipynb)": "no_such_page.ipynb",
    "[a place](#no-such-place)": "no-such-place",
    r"$\frac{1}{$": "KaTeX refuses",
    r"$\nosuchcommand x$": "nosuchcommand",
    "\\begin{align}\na &= b\n\\end{align}": "takes a number that nothing can refer to",
}


def build_page(root: Path, folder: Path, text: str, **environment: str) -> tuple[int, str, Path]:
    """Build a book of one page with the settings of this one."""
    for name in ("_config.yml", "extensions", "book/_static", "book/references.bib"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy2
        copy(root / name, target)
    (folder / "node_modules").symlink_to(root / "node_modules")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    metadata = {
        "myst": {"html_meta": {"description": "A page"}},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
    }
    notebook = new_notebook(cells=[new_markdown_cell(text, id="text")], metadata=metadata)
    nbformat.write(notebook, folder / "book" / "index.ipynb")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(folder)]
    built = subprocess.run(
        [*command, "-W", "-n", "--keep-going", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
    )
    return built.returncode, built.stdout, folder / "_build" / "html"


def test_two_builds_agree(site: Path, site_again: Path) -> None:
    """Two builds from the same files are the same, byte for byte."""
    first, second = (
        {path.relative_to(tree): path.read_bytes() for path in tree.rglob("*") if path.is_file()}
        for tree in (site, site_again)
    )
    assert first.keys() == second.keys()
    assert [str(name) for name in first if first[name] != second[name]] == []


@pytest.fixture(scope="module")
def sound(
    root: Path, node_modules: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, str, Path]:
    """A page without a fault, built where nobody says which the repository is."""
    return build_page(root, tmp_path_factory.mktemp("sound"), SOUND, GITHUB_REPOSITORY="")


def test_a_sound_page_builds(sound: tuple[int, str, Path]) -> None:
    """A page without a fault builds, so what fails below fails because of its fault."""
    status, output, _ = sound
    assert status == 0, output


def test_faults_fail_the_build(root: Path, node_modules: Path, tmp_path: Path) -> None:
    """A label, link, source or formula that leads nowhere fails the build, which names it."""
    text = SOUND + "".join(f"\n{fault}\n" for fault in FAULTS)
    status, output, _ = build_page(root, tmp_path, text)
    assert status != 0
    assert [message for message in FAULTS.values() if message not in output] == [], output


def test_repository_buttons(root: Path, node_modules: Path, tmp_path: Path) -> None:
    """Where the repository is known, a page leads to its source and runs on Binder and Colab."""
    status, output, site = build_page(root, tmp_path, SOUND, GITHUB_REPOSITORY="someone/a-book")
    assert status == 0, output
    found = {url for _, url in pages.links(pages.soup(site / "book" / "index.html"))}
    assert "https://github.com/someone/a-book" in found
    assert any(url.startswith("https://mybinder.org/v2/gh/someone/a-book/") for url in found)
    assert any(url.startswith("https://colab.research.google.com/github/someone") for url in found)


def test_no_button_leads_nowhere(sound: tuple[int, str, Path]) -> None:
    """Where the repository is unknown, no page offers to run on a service or to show its source."""
    _, _, site = sound
    page = pages.soup(site / "book" / "index.html")
    assert [url for _, url in pages.links(page) if pages.is_foreign(url)] == []


def test_links_resolve(site: Path) -> None:
    """Every internal address on a page names a file of the site, and every #place exists."""
    faults = [
        pages.broken(site, site / name, url)
        for name in pages.names(site)
        for _, url in pages.links(pages.soup(site / name))
    ]
    assert [fault for fault in faults if fault] == []


def test_style_sheets_resolve(site: Path) -> None:
    """Every font and image that a style sheet names is there, and none is on another host."""
    faults = []
    for path in site.rglob("*.css"):
        for url in pages.style_urls(path.read_text(encoding="utf-8")):
            if pages.is_foreign(url):
                faults.append(f"{path.relative_to(site)}: {url} is on another host")
            faults.append(pages.broken(site, path, url))
    assert [fault for fault in faults if fault] == []


def test_no_page_loads_from_another_host(site: Path) -> None:
    """Scripts, styles, images and fonts all come from the site itself."""
    foreign = [
        f"{name}: {url}"
        for name in pages.names(site)
        for tag, url in pages.links(pages.soup(site / name))
        if pages.is_foreign(url) and (tag.name in LOADING or LOADED_LINKS & set(tag.get("rel", [])))
    ]
    inline = [
        f"{name}: {url}"
        for name in pages.names(site)
        for tag in pages.soup(site / name)(["style", True])
        for url in pages.style_urls(tag.get_text() if tag.name == "style" else tag.get("style", ""))
        if pages.is_foreign(url)
    ]
    assert foreign + inline == []


def test_every_image_is_described(site: Path) -> None:
    """Every image has a text for those who do not see it; in a chapter, it is a description."""
    faults = []
    for name in pages.names(site):
        page = pages.soup(site / name)
        faults += [f"{name}: {str(image)[:120]}" for image in page("img", alt=False)]
        for figure in page.select("article img[alt]"):
            # A single word, or the name of a file, describes nothing.
            if len(figure["alt"].split()) < 3 or re.search(r"\.(png|svg|jpe?g)$", figure["alt"]):
                faults.append(f"{name}: {str(figure)[:120]}")
    assert faults == []


def test_heads(site: Path) -> None:
    """Every page has a language, one h1, and a title and a description of its own."""
    count: Counter[str] = Counter()
    for name in pages.names(site):
        page = pages.soup(site / name)
        assert page.html["lang"] == "en", name
        assert len(page("h1")) == 1, name
        title = page.title.get_text(strip=True)
        description = page.find("meta", attrs={"name": "description"})["content"].strip()
        assert title, name
        assert description, name
        assert "\\" not in title, f"{name}: TeX in the title"
        if name != "index.html":  # the front page answers at two addresses
            count.update([title, description])
    assert [text for text, times in count.items() if times > 1] == []


def test_ids_are_unique(site: Path) -> None:
    """An id stands once on a page, so a link to it leads to one place."""
    for name in pages.names(site):
        count = Counter(str(tag["id"]) for tag in pages.soup(site / name).find_all(id=True))
        assert [place for place, times in count.items() if times > 1] == [], name


def test_formulas_are_rendered(site: Path) -> None:
    """Every formula is HTML and MathML before any script runs, and no TeX is left in the text."""
    for name in pages.names(site):
        page = pages.soup(site / name)
        drawn = pages.DRAWN.findall((site / name).read_text(encoding="utf-8"))
        assert len(drawn) == len(page.select(".katex")), name
        assert not re.search("mathjax.*[.]js", str(page.head), re.IGNORECASE), name
        for formula in page.select(".math"):
            assert formula.select_one(".katex math"), f"{name}: {formula}"
        raw = [
            text
            for text in page.find_all(string=re.compile(r"\$[^$]+\$|\\[a-z]+|\\\("))
            if not text.find_parent(["script", "style", "pre", "code", "annotation"])
        ]
        assert raw == [], name


def test_what_formulas_draw_hides_nothing(site: Path) -> None:
    """The part of the formulas that is left out above has no address, no id and no style sheet."""
    for name in pages.names(site):
        page = (site / name).read_text(encoding="utf-8")
        undrawn = pages.undrawn(page)
        for sign in (" id=", "href=", "src=", "url(", "<img", "<style"):
            assert page.count(sign) == undrawn.count(sign), (name, sign)
    with pytest.raises(ValueError, match="does not end"):
        pages.undrawn('<span class="katex-html"><span>')


def test_front_page_at_the_root(site: Path) -> None:
    """The root of the site is the front page itself, no redirect."""
    root, front = (pages.soup(site / name) for name in ("index.html", "book/index.html"))
    assert root.find("meta", attrs={"http-equiv": "Refresh"}) is None
    assert root.article.get_text() == front.article.get_text()


def test_nothing_that_no_page_loads(site: Path) -> None:
    """The site carries no source map, no second icon set and no live-code script."""
    pattern = re.compile(r"\.map$|fontawesome\.js|thebe|\.ttf$")
    found = [path.relative_to(site) for path in site.rglob("*") if pattern.search(path.name)]
    assert found == []


def test_site_does_not_name_the_machine(site: Path, root: Path) -> None:
    """No file of the site tells where it was built."""
    for path in site.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(root).encode() not in content, path
            assert str(site.parent).encode() not in content, path


@pytest.mark.parametrize("name", ["objects.inv", "searchindex.js", "search.html"])
def test_what_readers_expect_is_there(site: Path, name: str) -> None:
    """The site can be searched, and other sites can refer to its labels."""
    assert (site / name).stat().st_size > 0
