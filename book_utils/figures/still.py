"""A still picture with words for those who do not see it, stored the same on every run."""

from __future__ import annotations

import base64
import io
import struct
import sys
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

# Colours that stay apart for colour-blind readers, on white: the theme frames pictures in white.
INK, FAINT = "#24292f", "#c4c9d0"
BLUE, ORANGE, GREEN, PURPLE = "#0b6bb8", "#c2410c", "#0f766e", "#8250df"

# A reader's own matplotlib settings must not reach the book: everything starts from the default.
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "text.color": INK,
}

PIXELS_PER_INCH = 96  # of a page
SHARPNESS = 2  # dots of the picture per pixel of the page, for dense screens
COLOURS = 64


@dataclass(frozen=True)
class Still:
    """A finished figure: its pixels, an alternative text with its numbers, and a caption."""

    figure: InitVar[Figure]
    alt: str
    caption: str = ""
    png: bytes = field(init=False, repr=False)

    def __post_init__(self, figure: Figure) -> None:
        if not isinstance(figure, Figure):
            raise TypeError(f"figure: got {figure!r}, expects a matplotlib Figure")
        if not self.alt.strip():
            raise ValueError("alt: got no text, expects what the figure shows, with its numbers")
        object.__setattr__(self, "png", _png(figure))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the page."""
        width, height = struct.unpack(">II", self.png[16:24])
        return round(width / SHARPNESS), round(height / SHARPNESS)

    def image(self, **others: str) -> str:
        """The img element; ``others`` are further attributes."""
        width, height = self.size
        attributes = {
            "alt": self.alt,
            "width": str(width),
            "height": str(height),
            "style": "max-width: 100%; height: auto",
            **others,
            "src": "data:image/png;base64," + base64.b64encode(self.png).decode("ascii"),
        }
        return "<img " + " ".join(f'{k}="{escape(v)}"' for k, v in attributes.items()) + ">"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        return {
            "text/html": f'<figure class="still">{self.image(loading="lazy")}{caption}</figure>',
            "text/plain": f"Figure: {self.alt}",
        }


def drawn(draw: Callable[[Figure], None], size: tuple[float, float] = (7.2, 3.0)) -> Figure:
    """A new figure of ``size`` inches with what ``draw`` puts on it, in the style of the book.

    The figure is not one of pyplot's, so nothing has to be closed and nothing leaks.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        # Text is laid out when it is drawn: do it while the style holds.
        figure.draw_without_rendering()
        return figure


def _png(figure: Figure) -> bytes:
    raw = io.BytesIO()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        # No bbox_inches: the size is the one asked for.
        figure.savefig(raw, format="png", dpi=PIXELS_PER_INCH * SHARPNESS, facecolor="white")
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)
    # Lines and letters need few colours: a palette makes the file a third as large. Pillow
    # writes no date and no version, so the same picture is the same bytes.
    few = Image.open(raw).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small = io.BytesIO()
    few.save(small, format="png", optimize=True)
    return small.getvalue()
