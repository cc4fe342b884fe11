"""What the theme leaves undone: weight that no page needs, marks that readers' tools stumble over.

Each edit of the theme's HTML says why it is there. An edit that finds nothing to change is a
warning: the theme has moved on, and the edit with it should.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import icon_fonts
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

log = logging.getLogger(__name__)

# For the pages that Sphinx makes by itself, such as the search.
DESCRIPTION = '<meta name="description" content="A page of {}" />'
THEME_SCRIPT = """<script>
    {
      const mode = localStorage.getItem("mode") || "auto";
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      document.documentElement.dataset.mode = mode;
      document.documentElement.dataset.theme = mode === "auto" ? system : mode;
    }
  </script>"""


@dataclass(frozen=True)
class Edit:
    """One change to the HTML of every page where its pattern occurs."""

    why: str
    pattern: str
    replacement: str
    not_on: str = ""

    def apply(self, html: str) -> tuple[str, int]:
        return re.subn(self.pattern, lambda match: match.expand(self.replacement), html, flags=re.S)


EDITS = (
    Edit(
        "the icons come from the web font; this script of 1.5 MB would draw them a second time",
        r"<script[^>]*/fontawesome\.js[^>]*></script>",
        "",
    ),
    Edit(
        "the system's dark mode holds before the first paint, not after the last script",
        r'<script data-cfasync="false">.*?</script>',
        THEME_SCRIPT.replace("\\", r"\\"),
    ),
    Edit(
        "the printed page keeps its own heading: a page has one h1",
        r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)',
        "",
    ),
    Edit(
        "the search page loads these; the other pages only link to it",
        r'\s*<script src="[^"]*/searchtools\.js"></script>\s*<script src="[^"]*/language_data\.js">'
        r'</script>\s*<script src="[^"]*searchindex\.js"></script>',
        "",
        not_on="search.html",
    ),
    Edit(
        "the name of the search button is the text that it shows",
        r'(<button class="btn search-button-field[^>]*?) title="[^"]*" aria-label="[^"]*"',
        r"\1",
    ),
    Edit(
        "the title of the book and the search stand in a landmark",
        r'<div class="sidebar-primary-items__start sidebar-primary__section">',
        r'<div class="sidebar-primary-items__start sidebar-primary__section" '
        r'role="complementary" aria-label="Book">',
    ),
)
# These occur only where a page has what they mend, so finding none is no news.
OCCASIONAL_EDITS = (
    Edit(
        "no live-code button, so no configuration for one",
        r'\s*<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName = .*?</script>',
        "",
    ),
    Edit(
        "the same id would stand at every proof and exercise of the page",
        r' id="(?:proof|exercise|solution)(?:-content)?"',
        "",
    ),
    Edit(
        "browsers know these roles no more, and the list so named has no items",
        r' role="(?:doc-biblioentry|doc-backlink|list)"',
        "",
    ),
)

# Scripts and style sheets that no page here uses, by the end of their names.
UNUSED_SCRIPTS = ("sphinx-thebe.js", "design-tabs.js")
UNUSED_STYLES = ("sphinx-thebe.css", "sphinx-design.min.css")
# What the theme and the extensions ship and no page loads.
UNUSED_FILES = (
    "_static/**/*.map",
    "_static/*-macros.html",
    "_static/scripts/fontawesome.js*",
    "_static/sphinx-thebe.*",
    "_static/design-tabs.js",
    "_static/sphinx-design.min.css",
)
# What the first column of a table is called, and the kind of table that this makes it.
KINDS_OF_TABLE = {
    "step": "steps",
    "statement": "ledger",
    "refuted": "refuted",
    "symbol": "vocabulary",
    "function": "functions",
}
# A phone shows these row by row, with the name of the column beside a cell.
LABELLED_TABLES = ("ledger", "vocabulary")
# Beside its MathML, a formula holds its TeX and the boxes that are drawn.
TWINS = '"annotation", ".katex-html"'
# It would lead to a map that is not there.
SOURCE_MAP = re.compile(r"(?:/\*|//)# sourceMappingURL=[^\n*]*(?:\*/)?\n?")


def name_repository(_app: Sphinx, config: Config) -> None:
    """Buttons that lead to the repository, and to services that run it, where it is known."""
    repository = os.environ.get("GITHUB_REPOSITORY")
    if not repository:
        return
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    config.html_theme_options |= {
        "repository_url": f"{server}/{repository}",
        "repository_branch": os.environ.get("GITHUB_REF_NAME", "main"),
        "use_repository_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    }


def trim_head(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Only what the page uses, and titles without the markup of their formulas."""
    app.builder.pages_written.append(app.builder.get_outfilename(page))
    context["script_files"] = [
        script
        for script in context["script_files"]
        if not str(script.filename).endswith(UNUSED_SCRIPTS)
        and not script.attributes.get("body", "").startswith("const THEBE_JS_URL")
    ]
    context["css_files"] = [
        style for style in context["css_files"] if not str(style.filename).endswith(UNUSED_STYLES)
    ]
    if 'name="description"' not in context.setdefault("metatags", ""):
        if doctree is not None:
            log.warning("the page has no description (myst: html_meta: in its head)", location=page)
        context["metatags"] += DESCRIPTION.format(app.config.html_title)
    context["title"] = plain(context.get("title", ""))
    for neighbour in ("prev", "next"):
        if context.get(neighbour):
            context[neighbour] = {
                **context[neighbour],
                "title": plain(context[neighbour]["title"]),
            }


def plain(html: str) -> str:
    """The words of a title, and of a formula in it what a screen reader would say."""
    if "katex" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    for twin in soup.select(", ".join(json.loads(f"[{TWINS}]"))):
        twin.decompose()
    return soup.get_text().replace("\N{FUNCTION APPLICATION}", "")


def polish(app: Sphinx, error: Exception | None) -> None:
    """After the last page: edit what was written, remove what nothing loads."""
    if error or not hasattr(app.builder, "pages_written"):
        return
    site = Path(app.outdir)
    edit_pages([Path(page) for page in app.builder.pages_written])
    prune(site)
    quote_formulas_once(site / "_static" / "searchtools.js")
    if not icon_fonts.shrink(site):
        log.warning("icon_fonts: the style sheet of the theme names no icon font any more")
    raise_front_page(site, app.config.root_doc)


def edit_pages(pages: list[Path]) -> None:
    """All edits on the given pages, with a warning for an edit that none of them needs."""
    idle = set(EDITS) if pages else set()
    for page in pages:
        html = page.read_text(encoding="utf-8")
        for edit in (*EDITS, *OCCASIONAL_EDITS):
            if page.name != edit.not_on:
                html, count = edit.apply(html)
                idle -= {edit} if count else set()
        html = re.sub(r'<table class="table">.*?</table>', dress_table, html, flags=re.S)
        page.write_text(html, encoding="utf-8")
    for edit in idle:
        log.warning("page_polish: found nothing to edit for this reason: %s", edit.why)


def dress_table(table: re.Match[str]) -> str:
    """A table by its first column: custom.css lays out each kind, wide and on a phone."""
    columns = re.findall(r"<th[^>]*><p>(.*?)</p></th>", table[0], flags=re.S)
    kind = KINDS_OF_TABLE.get(columns[0]) if columns else None
    if kind is None:
        return table[0]

    def name_cells(row: re.Match[str]) -> str:
        cells = iter(columns)
        return re.sub("<td", lambda _: f'<td data-label="{next(cells)}"', row[0])

    html = table[0].replace('class="table"', f'class="table {kind}"', 1)
    # A formula heads no column, and to a screen reader it would be an empty heading.
    html = re.sub(r"<th([^>]*)>(<p><span class=.math.*?)</th>", r"<td\1>\2</td>", html, flags=re.S)
    if kind in LABELLED_TABLES:
        html = re.sub(r"<tr.*?</tr>", name_cells, html, flags=re.S)
    return html


def prune(site: Path) -> None:
    """Remove the files that no page loads, and what refers to them."""
    for pattern in UNUSED_FILES:
        for path in site.glob(pattern):
            path.unlink()
    shutil.rmtree(site / "_static" / "locales", ignore_errors=True)
    for path in (*site.glob("_static/**/*.css"), *site.glob("_static/**/*.js")):
        text = path.read_text(encoding="utf-8")
        path.write_text(SOURCE_MAP.sub("", text), encoding="utf-8")


def quote_formulas_once(script: Path) -> None:
    """A formula stands three times in its HTML; the search is to quote it once."""
    text = script.read_text(encoding="utf-8")
    text = text.replace('[".headerlink", "script"', f'[".headerlink", {TWINS}, "script"')
    if TWINS not in text:
        log.warning("page_polish: searchtools.js no longer lists what it leaves out")
    script.write_text(text, encoding="utf-8")


def raise_front_page(site: Path, root: str) -> None:
    """The front page also answers at the root of the site, where a redirect would stand."""
    folder = posixpath.dirname(root)
    html = (site / f"{root}.html").read_text(encoding="utf-8")

    def from_root(match: re.Match[str]) -> str:
        attribute, url = match.groups()
        if url.startswith(("#", "data:")) or re.match(r"[a-z]+:", url):
            return match[0]
        return f'{attribute}="{posixpath.normpath(posixpath.join(folder, url))}"'

    html = re.sub(r'\b(href|src|action)="([^"]+)"', from_root, html)
    html = html.replace('data-content_root="../"', 'data-content_root="./"')
    (site / "index.html").write_text(html, encoding="utf-8")


def start(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.builder.pages_written = []
        # After the style sheets of the theme and of the extensions, which it corrects.
        app.add_css_file("custom.css", priority=900)
        app.add_js_file("scroll.js", type="module")
        app.connect("html-page-context", trim_head, priority=900)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", name_repository)
    app.connect("builder-inited", start)
    # Before the redirect that would otherwise be written as the site's root.
    app.connect("build-finished", polish, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
