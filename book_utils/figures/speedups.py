"""How many times as fast is one method as another? All settings of the study, and the print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.experiments.training import VANILLA, Result, clipped, quartiles
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

THRESHOLD = 1.0
EXAMPLES = {-2.0: "example 8", 1.2: "example 9"}
PRINTED: Mapping[tuple[float, str], float] = {
    (-2.0, "vanilla"): 9.3,
    (-2.0, "clipping"): 5.0,
    (1.2, "vanilla"): 3.5,
    (1.2, "clipping"): 1.8,
}


@dataclass(frozen=True)
class Record:
    """Speed-ups in ascending order, by the start of the unit and by what is compared with; infinite
    where the other method does not arrive."""

    speedups: Mapping[tuple[float, str], np.ndarray]
    printed: Mapping[tuple[float, str], float]

    def quartiles(self, x0: float, over: str) -> tuple[float, float, float]:
        return quartiles(self.speedups[x0, over])

    def failed(self, x0: float, over: str) -> float:
        """The share of settings in which the other method does not arrive."""
        return float(np.mean(np.isinf(self.speedups[x0, over])))

    def slower(self, x0: float, over: str) -> float:
        """The share of settings in which the method is no faster."""
        return float(np.mean(self.speedups[x0, over] <= 1))

    def beyond_print(self, x0: float, over: str) -> float:
        """The share of settings with at least the printed speed-up."""
        return float(np.mean(self.speedups[x0, over] >= self.printed[x0, over]))


END = 1000.0
"""The largest speed-up on the axis."""


def compute(result: Result) -> Record:
    """b only at w = 3, against vanilla and against clipping at 1."""
    names = {"vanilla": VANILLA, "clipping": clipped(THRESHOLD)}
    return Record({(x0, over): result.speedups(names[over], x0) for x0, over in PRINTED}, PRINTED)


def draw(figure: Figure, record: Record) -> None:
    """For each example the share of settings below a speed-up, and the printed one as a dot."""
    panels = figure.subplots(2, 1, sharex=True, sharey=True)
    for ax, (x0, title) in zip(panels, EXAMPLES.items(), strict=True):
        ax.axvline(1, color=FAINT, linewidth=1)
        for over, colour in (("vanilla", ORANGE), ("clipping", BLUE)):
            found, printed = record.speedups[x0, over], record.printed[x0, over]
            ax.plot(*curve(found), color=colour, label=over)
            ax.plot(
                [printed],
                [1 - record.beyond_print(x0, over)],
                "o",
                color=INK,
                markerfacecolor=colour,
                markersize=6,
            )
        ax.set_xscale("log")
        ax.set_xlim(0.1, END)
        ax.set_ylim(0, 1.02)
        ax.set_xticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
        ax.set_title(title)
        ax.set_ylabel("share of settings below")
    panels[-1].set_xlabel("speed-up")
    panels[0].legend(loc="lower right", title="over")


def curve(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The finite speed-ups and the share of all up to each, then level to the end of the axis."""
    finite = found[np.isfinite(found)]
    heights = np.arange(1, len(finite) + 1) / len(found)
    return np.append(finite, max(END, finite[-1])), np.append(heights, heights[-1])


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for (x0, over), printed in record.printed.items():
        low, middle, high = record.quartiles(x0, over)
        parts.append(
            f"{EXAMPLES[x0]} over {over}, {len(record.speedups[x0, over])} settings: quartiles "
            f"{said(low)}, {said(middle)} and {said(high)}, not faster in "
            f"{record.slower(x0, over):.0%}, infinite in {record.failed(x0, over):.0%}; printed "
            f"{printed:g}, reached in {record.beyond_print(x0, over):.0%}"
        )
    return "Speed-ups of training b alone at w = 3: " + "; ".join(parts) + "."


def said(value: float) -> str:
    """Two digits, or the word for what never ends."""
    return f"{value:.2g}" if np.isfinite(value) else "infinite"


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The share of settings whose speed-up lies below the value on the logarithmic axis. A "
        "curve stops below 1 where the other method does not arrive in the rest. Dots: the "
        "printed speed-ups. Left of the grey line the method is slower."
    )
    return Still(drawn(lambda figure: draw(figure, record), (4.2, 5.2)), describe(record), caption)
