"""The explorable ``wall``: the cost of one unit over its two parameters, and four ways down."""

from __future__ import annotations

from typing import Any

import traitlets

from book_utils import validate
from book_utils.figures import Still, wall
from book_utils.widgets.base import Choice, Count, Explorable, Within


class Place(traitlets.TraitType):
    """A pair (w, b) in the window."""

    def validate(self, obj: Any, value: Any) -> list[float]:
        place = validate.numbers(self.name, value, (2,))
        (left, right), (bottom, top) = wall.WINDOWS["whole"]
        if not (left <= place[0] <= right and bottom <= place[1] <= top):
            raise ValueError(
                f"{self.name}: got {place.tolist()}, expects w from {left:g} to {right:g} and "
                f"b from {bottom:g} to {top:g}"
            )
        return place.tolist()


class Wall(Explorable):
    """E(w, b) = (y_n − y_T)² for y_{k+1} = σ(w y_k + b), y_0 = σ(x0), and four descents on it.

    They start at ``start``: vanilla; clipped at ``threshold``; with w fixed to ``held``; and
    projected to |w| ≤ ``radius``. The reader drags the start and sets everything else. The near
    window is shown only if the start lies in it.
    """

    x0 = Within(-2.0, -3, 3).tag(sync=True, state=True)
    target = Within(0.66, 0.05, 0.95).tag(sync=True, state=True)
    n = Count(50, 5, 100).tag(sync=True, state=True)
    start = Place([4.64, -2.41]).tag(sync=True, state=True)
    step = Within(0.28, 0.01, 1).tag(sync=True, state=True)
    threshold = Within(2.5, 0.1, 5).tag(sync=True, state=True)
    held = Within(3.0, 0, 3.9).tag(sync=True, state=True)
    radius = Within(3.9, 0.5, 3.9).tag(sync=True, state=True)
    iterations = Count(200, 10, 300).tag(sync=True, state=True)
    zoom = Choice("near", wall.WINDOWS).tag(sync=True, state=True)

    def still(self) -> Still:
        """The picture of the present state."""
        return wall.show(wall.compute(**self.state()))
