"""What a student wrote, as HTML in which nothing can run and nothing is loaded from elsewhere.

Text goes through a Markdown parser that knows no HTML, links lead to pages only, pictures are
named instead of loaded, and formulas become MathML of a few known elements.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

LONGEST_TEXT = 40_000
LONGEST_FORMULA = 2_000
LARGEST_PICTURE = 4_000_000
"""Characters of base64; more is named instead of shown."""

_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.")
# They reorder what a reader sees of code that runs in another order.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PNG = b"\x89PNG\r\n\x1a\n"

_ELEMENT_NAMES = """
    math mrow mi mn mo mtext ms mspace mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup
    munder mover munderover mmultiscripts mprescripts none menclose mtable mtr mtd mlabeledtr
"""
_ATTRIBUTE_NAMES = """
    display displaystyle scriptlevel stretchy fence form mathvariant linethickness accent
    accentunder columnalign rowspacing columnspacing columnlines rowlines lspace rspace minsize
    maxsize movablelimits separator width height depth voffset mathsize notation symmetric largeop
"""
_TEXT_NAMES = """
    a blockquote br code div em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong
    table tbody td th thead tr ul
"""
ELEMENTS = frozenset(_ELEMENT_NAMES.split())
ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())

TAGS = tuple(sorted(ELEMENTS | frozenset(_TEXT_NAMES.split())))
"""All elements that this file makes: what a sanitizer behind it has to let through."""
TAG_ATTRIBUTES = {
    "a": ["href", "rel", "title"],
    **{name: ["class"] for name in ("div", "span", "p")},
    **{name: ["xmlns", *sorted(ATTRIBUTES)] for name in sorted(ELEMENTS)},
}
"""And their attributes."""

_VALUE = re.compile(r"[A-Za-z0-9.+\-% ]{1,60}")
# Own commands could grow a short text without bound.
_DEFINES = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|def|gdef|let|require|unicode)\b"
)


def clean(text: str) -> str:
    """A text without what a page cannot show: terminal codes, control characters, half pairs."""
    text = _TERMINAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept)


def escaped(text: str) -> str:
    """A text for the inside of an element or of a quoted attribute."""
    return html.escape(clean(text), quote=True)


def plain(text: str) -> str:
    """Code or output, with every character that reorders a line made visible."""
    return _BIDI.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", escaped(text))


def picture(data: Any) -> str | None:
    """The base64 of a PNG in its one spelling; None where it is none, or too large."""
    if not isinstance(data, str) or len(data) > LARGEST_PICTURE:
        return None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(raw).decode() if raw.startswith(_PNG) else None


# --- formulas ------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def formula(tex: str, display: bool = False) -> str:
    """A formula as MathML; as the text that was written where that does not work."""
    as_written = f'<code class="tex">{escaped(tex)}</code>'
    if len(tex) > LONGEST_FORMULA or _DEFINES.search(tex):
        return as_written
    try:
        tree = Converter(display="block" if display else "inline").convert_to_element(tex)
        _restrict(tree)
        tree.set("xmlns", "http://www.w3.org/1998/Math/MathML")
        return tostring(tree, encoding="unicode").replace("\n", " ")
    # The parser has many ways to say no (IndexError, KeyError, RecursionError, its own ones), and
    # for a reader they mean one thing: this is no formula that we can set.
    except Exception:
        return as_written


def _restrict(element: Element) -> None:
    """Leave only elements and attributes that draw."""
    if element.tag not in ELEMENTS:
        raise ValueError(f"no element of a formula: {element.tag}")
    for name, value in list(element.attrib.items()):
        if name not in ATTRIBUTES or not _VALUE.fullmatch(value):
            del element.attrib[name]
    # The converter writes characters as references; the serializer escapes what they stand for.
    element.text = clean(html.unescape(element.text)) if element.text else element.text
    element.tail = clean(html.unescape(element.tail)) if element.tail else element.tail
    for child in element:
        _restrict(child)


# --- text ----------------------------------------------------------------------------------------


def _link(url: str) -> bool:
    """Whether a link may stand: pages and mail, nothing that a browser runs or opens by itself."""
    return bool(re.match(r"(?:https?://|mailto:)", url.strip(), re.IGNORECASE))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    dollarmath_plugin(
        parser,
        allow_labels=False,
        allow_space=True,
        allow_digits=False,
        double_inline=True,
        renderer=lambda tex, options: formula(tex, options["display_mode"]),
    )
    parser.validateLink = _link
    rules = parser.renderer.rules

    def image(tokens, index, _options, _env):
        # Loading it would tell its host who reads what, and when.
        address = str(tokens[index].attrGet("src") or "")
        words = tokens[index].content.strip() or "no description"
        return f'<span class="picture">[picture: {escaped(words)}; {escaped(address)[:200]}]</span>'

    def heading_open(_tokens, _index, _options, _env):
        # The headings of the page are the page's own.
        return '<p class="heading"><strong>'

    def heading_close(_tokens, _index, _options, _env):
        return "</strong></p>\n"

    def link_open(tokens, index, _options, _env):
        address = escaped(str(tokens[index].attrGet("href") or ""))
        return f'<a href="{address}" rel="nofollow noopener noreferrer">'

    def block(tokens, index, _options, _env):
        body = formula(str(tokens[index].content).strip(), True)
        return f'<div class="formula" tabindex="0" role="group" aria-label="formula">{body}</div>\n'

    def code(tokens, index, _options, _env):
        return f"<pre><code>{plain(tokens[index].content)}</code></pre>\n"

    rules.update(
        image=image,
        heading_open=heading_open,
        heading_close=heading_close,
        link_open=link_open,
        math_block=block,
        math_inline_double=block_in_line,
        fence=code,
        code_block=code,
    )
    return parser


def block_in_line(tokens, index, _options, _env):
    """A displayed formula inside a paragraph, which may hold no block."""
    body = formula(str(tokens[index].content).strip(), True)
    return f'<span class="formula">{body}</span>'


_PARSER = _parser()


@lru_cache(maxsize=2048)
def markdown(text: str) -> str:
    """Markdown with formulas as HTML that is safe in any page."""
    text = clean(text)
    note = ""
    if len(text) > LONGEST_TEXT:
        note = f"<p><em>Only the first {LONGEST_TEXT:,} characters are shown.</em></p>"
        text = text[:LONGEST_TEXT]
    try:
        return _PARSER.render(text) + note
    except (RecursionError, IndexError):
        return f"<pre>{plain(text)}</pre>{note}"


def one_block(text: str) -> str:
    """The same for a notebook, where Markdown is read again and MathJax after it."""
    return unread(markdown(text).strip())


def unread(body: str) -> str:
    """HTML as one block without an empty line, which Markdown leaves as it is.

    MathJax passes by what has this class, so that a text cannot hand it commands either.
    """
    body = re.sub(
        r"<pre>.*?</pre>",
        lambda found: found[0].replace("\n", "&#10;"),
        body,
        flags=re.DOTALL,
    )
    body = re.sub(r"\s*\n\s*", "\n", body)
    return f'<div class="tex2jax_ignore mathjax_ignore">{body}</div>'
