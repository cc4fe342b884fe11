"""The icon fonts of the theme, cut down to the icons that the site shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
FONTS = Path("vendor", "fontawesome", "webfonts")
# Two formats of the full font stand in the style sheet, or the one that was put there before.
SOURCE = re.compile(
    r"src:url\(([^)]*/fa-[a-z]+-\d+)\.(?:"
    r'woff2\) format\("woff2"\),url\([^)]*\.ttf\) format\("truetype"\)|woff\) format\("woff"\))'
)


def shrink(site: Path) -> int:
    """Put small fonts in place of the full ones; return how many the style sheet names."""
    static = site / "_static"
    style = static / "styles" / "pydata-sphinx-theme.css"
    text, found = SOURCE.subn(r'src:url(\1.woff) format("woff")', style.read_text(encoding="utf-8"))
    style.write_text(text, encoding="utf-8")
    icons = shown(
        (path.read_text(encoding="utf-8") for path in sorted(static.rglob("*.css"))),
        (path.read_text(encoding="utf-8") for path in (*site.rglob("*.html"), *site.rglob("*.js"))),
    )
    for font in sorted((THEME / FONTS).glob("*.ttf")):
        cut(font, icons, static / FONTS / f"{font.stem}.woff")
    for full in (*static.glob("**/fa-*.ttf"), *static.glob("**/fa-*.woff2")):
        full.unlink()
    return found


def shown(styles: Iterable[str], pages: Iterable[str]) -> set[int]:
    """The characters of the icons: those that pages name, and those that styles put in."""
    names = {name for page in pages for name in re.findall(r"\bfa-([a-z0-9-]+)", page)}
    characters: set[int] = set()
    for style in styles:
        characters |= {ord(icon) for icon in re.findall("[\ue000-\uf8ff]", style)}
        for selector, code in re.findall(r'([^{}]+)\{[^{}]*content:\s*"\\([0-9a-f]+)"', style):
            named = set(re.findall(r"\.fa-([a-z0-9-]+)", selector))
            if not named or named & names:
                characters.add(int(code, 16))
    return characters


def cut(source: Path, characters: set[int], target: Path) -> None:
    """Write the given characters of a font as WOFF, the same bytes each time."""
    font = TTFont(source, recalcTimestamp=False)
    subsetter = subset.Subsetter(subset.Options(hinting=False, layout_features=[]))
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = "woff"
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)
