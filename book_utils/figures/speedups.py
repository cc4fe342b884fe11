"""How many times as fast is one method as another? All settings of the study, and the print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.experiments.training import VANILLA, Result, clipped
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
    """Speed-ups in ascending order, by the start of the unit and by what is compared with."""

    speedups: Mapping[tuple[float, str], np.ndarray]
    printed: Mapping[tuple[float, str], float]

    def quartiles(self, x0: float, over: str) -> np.ndarray:
        return np.quantile(self.speedups[x0, over], (0.25, 0.5, 0.75))

    def slower(self, x0: float, over: str) -> float:
        """The share of settings in which the method is no faster."""
        return float(np.mean(self.speedups[x0, over] <= 1))

    def beyond_print(self, x0: float, over: str) -> float:
        """The share of settings with at least the printed speed-up."""
        return float(np.mean(self.speedups[x0, over] >= self.printed[x0, over]))


def compute(result: Result) -> Record:
    """b only at w = 3, against vanilla and against clipping at 1."""
    names = {"vanilla": VANILLA, "clipping": clipped(THRESHOLD)}
    return Record({(x0, over): result.speedups(names[over], x0) for x0, over in PRINTED}, PRINTED)


def draw(figure: Figure, record: Record) -> None:
    """For each example the share of settings below a speed-up, and the printed one as a dot."""
    panels = figure.subplots(1, 2, sharey=True)
    for ax, (x0, title) in zip(panels, EXAMPLES.items(), strict=True):
        ax.axvline(1, color=FAINT, linewidth=1)
        for over, colour in (("vanilla", ORANGE), ("clipping", BLUE)):
            found, printed = record.speedups[x0, over], record.printed[x0, over]
            ax.plot(found, np.arange(1, len(found) + 1) / len(found), color=colour, label=over)
            ax.plot(
                [printed],
                [1 - record.beyond_print(x0, over)],
                "o",
                color=INK,
                markerfacecolor=colour,
                markersize=6,
            )
        ax.set_xscale("log")
        ax.set_xlim(0.1, 100)
        ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        ax.set_title(title)
        ax.set_xlabel("speed-up")
    panels[0].set_ylabel("share of settings below")
    panels[0].legend(loc="upper left", title="over")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for (x0, over), printed in record.printed.items():
        low, middle, high = record.quartiles(x0, over)
        parts.append(
            f"{EXAMPLES[x0]} over {over}, {len(record.speedups[x0, over])} settings: quartiles "
            f"{low:.2g}, {middle:.2g} and {high:.2g}, not faster in "
            f"{record.slower(x0, over):.0%}; printed {printed:g}, reached in "
            f"{record.beyond_print(x0, over):.0%}"
        )
    return "Speed-ups of training b alone at w = 3: " + "; ".join(parts) + "."


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The share of settings whose speed-up lies below the value on the logarithmic axis, where "
        "both methods arrive. Dots: the printed speed-ups. Left of the grey line the method is "
        "slower."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 3.4)), describe(record), caption)
