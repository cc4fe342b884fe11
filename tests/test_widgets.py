"""An explorable is a live widget, a still figure with its state, and a module for the page."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from sympy.printing.codeprinter import PrintMethodNotImplementedError

from book_utils import widgets
from book_utils.widgets.base import Explorable, bundle
from book_utils.widgets.codegen import Formula, javascript

EVERY = pytest.mark.parametrize("name", widgets.names())
VIEW = "application/vnd.jupyter.widget-view+json"


@cache
def stored(name: str) -> tuple[Explorable, dict[str, Any]]:
    """An explorable as it opens, and what a notebook stores of it."""
    widget = widgets.explorable(name)()
    return widget, widget._repr_mimebundle_()[0]


@EVERY
def test_display_is_live_and_still(name):
    """A notebook gets the live view; a page gets a figure with state, words, size and caption."""
    widget, data = stored(name)
    assert data[VIEW]["model_id"] == widget.model_id
    figure = data["text/html"]
    assert f'<figure class="explorable" data-explorable="{name}"' in figure
    assert json.loads(unescape(re.search(r'data-state="([^"]*)"', figure)[1])) == widget.state()
    assert unescape(re.search(r'alt="([^"]*)"', figure)[1]) == widget.still().alt
    assert re.search(r'width="\d+" height="\d+"', figure)
    assert "<figcaption>" in figure
    assert "Scripts are off" in figure


@EVERY
def test_stored_output_is_the_same_on_every_run(name):
    """Two runs store the same text: no address, no model id, no other number drawn by chance."""
    _, first = stored(name)
    second, _ = widgets.explorable(name)()._repr_mimebundle_()
    assert first["text/html"] == second["text/html"]
    assert first["text/plain"] == second["text/plain"]
    assert "0x" not in first["text/plain"]


@EVERY
def test_module_stands_alone(name):
    """The published module needs no other file and no other host, and carries its style."""
    module = widgets.explorable(name).module()
    assert not re.search(r"^import\b|\bimport\(", module, flags=re.MULTILINE)
    namespace = "http://www.w3.org/2000/svg"
    assert "http" not in module.replace(namespace, "")
    assert re.search(r"^export default", module, flags=re.MULTILINE)
    assert re.search(r'^export const css = "', module, flags=re.MULTILINE)


@EVERY
def test_state_reaches_the_front_end(name):
    """What the still figure stores as state is exactly what a live view synchronises."""
    widget = widgets.explorable(name)()
    assert widget.state().items() <= widget.get_state().items()
    assert widgets.explorable(name).module().startswith(widget.get_state()["_esm"])


def test_unknown_explorable_is_refused():
    """Asking for an explorable that does not exist lists those that do."""
    with pytest.raises(ValueError, match=r"explorable: got 'strech', expects one of .*stretch"):
        widgets.explorable("strech")


def test_missing_kernel_says_how_to_make_it(tmp_path):
    """A folder without kernel.js is refused with the command that makes it."""
    view = 'import { kernel } from "./kernel.js";\nexport default {};\n'
    (tmp_path / "view.js").write_text(view, encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"kernel.js is missing.*-m book_utils.widgets"):
        bundle(tmp_path)


def test_imported_files_keep_their_names_to_themselves(tmp_path, node):
    """Files that use the same name, and a file that two import, become one module that runs."""
    files = {
        "view.js": 'import { a } from "./a.js";\nimport {\n  b,\n} from "./b.js";\n'
        "const secret = 3;\nexport const sum = [secret, a(), b()];\n",
        "a.js": 'import { c } from "./c.js";\nconst secret = 1;\n'
        "export const a = () => [secret, c()];\n",
        "b.js": 'import { c } from "./c.js";\nconst secret = 2;\n'
        "export function b() {\n  return [secret, c()];\n}\n",
        "c.js": "let calls = 0;\nexport const c = () => ++calls;\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    module = tmp_path / "bundled.mjs"
    module.write_text(bundle(tmp_path), encoding="utf-8")
    ask = f"import({json.dumps(str(module))}).then((m) => console.log(JSON.stringify(m.sum)))"
    done = subprocess.run([node, "-e", ask], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [3, [1, 1], [2, 2]]
    assert bundle(tmp_path) == module.read_text(encoding="utf-8")


def test_export_writes_runtime_and_modules(tmp_path):
    """A page's folder gets one module per explorable and the runtime, which stays below 3 kB."""
    written = widgets.export(tmp_path / "explorables")
    assert {path.stem for path in written} == {*widgets.names(), "runtime"}
    assert all(path.stat().st_size for path in written)
    assert (tmp_path / "explorables" / "runtime.js").stat().st_size < 3000


a, b = sp.symbols("a b", real=True)
W = sp.MatrixSymbol("W", 2, 2)


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ((W * W,), "expects an expression in a"),
        ((a * b,), "expects an expression in a"),
    ],
)
def test_formula_refuses_what_would_be_nan_in_a_browser(results, message):
    """A product of whole matrices and a symbol nobody passes in are refused, not printed."""
    with pytest.raises(ValueError, match=message):
        Formula("f", (a,), results)


def test_unprintable_function_is_refused():
    """A function that JavaScript does not have is refused, not printed as a comment."""
    with pytest.raises(PrintMethodNotImplementedError, match=r"Unsupported .*: besselj"):
        javascript(Formula("f", (a,), (sp.besselj(0, a),)))


def build(source: Path, target: Path) -> tuple[dict[str, str], str]:
    """Build a small Sphinx project with the extension; its pages and its warnings."""
    import io

    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    warnings = io.StringIO()
    with docutils_namespace():
        app = Sphinx(
            source, None, target, target / "doctrees", "html", status=None, warning=warnings,
            confoverrides={"extensions": ["explorables"], "html_theme": "basic"},
        )  # fmt: skip
        app.build()
    return {p.stem: p.read_text(encoding="utf-8") for p in target.glob("*.html")}, (
        warnings.getvalue()
    )


def page(title: str, directive: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n.. {directive}\n"


@pytest.fixture
def extension(root, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(root / "extensions"))


def test_only_pages_with_an_explorable_load_the_runtime(extension, tmp_path):
    """The extension writes the modules and loads the runtime where one is shown, nowhere else."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.rst").write_text(page("Plain", "toctree::\n\n   shown"), encoding="utf-8")
    figures = "".join(stored(name)[1]["text/html"] for name in widgets.names())
    (source / "shown.rst").write_text(
        page("Shown", f"raw:: html\n\n   {figures}"), encoding="utf-8"
    )
    pages, warnings = build(source, tmp_path / "built")
    assert warnings == ""
    link = re.search(r'<script[^>]*src="_static/explorables/runtime.js\?v=\w+"', pages["shown"])
    assert link is not None
    assert 'type="module"' in link[0]
    assert "explorables/runtime" not in pages["index"]
    for name in widgets.names():
        written = tmp_path / "built" / "_static" / "explorables" / f"{name}.js"
        assert written.read_text(encoding="utf-8") == widgets.explorable(name).module()


def test_unknown_explorable_on_a_page_is_a_warning(extension, tmp_path):
    """A page that shows an explorable nobody wrote warns, which fails a strict build."""
    source = tmp_path / "source"
    source.mkdir()
    figure = '<figure class="explorable" data-explorable="squeeze"></figure>'
    (source / "index.rst").write_text(page("Shown", f"raw:: html\n\n   {figure}"), encoding="utf-8")
    _, warnings = build(source, tmp_path / "built")
    known = ", ".join(widgets.names())
    assert f"explorable: got 'squeeze', expects one of {known}" in warnings
