"""The explorable ``cobweb``: a point of the (w, b) plane, and the cobweb of its unit."""

from __future__ import annotations

from book_utils.figures import Still, cobweb
from book_utils.widgets.base import Count, Explorable, Within


class Cobweb(Explorable):
    """Fixed points, basins and one orbit of y ↦ σ(w y + b), and where (w, b) lies."""

    w = Within(6.0, *cobweb.WEIGHTS).tag(sync=True, state=True)
    b = Within(-2.8, *cobweb.BIASES).tag(sync=True, state=True)
    y0 = Within(0.4, *cobweb.STATES).tag(sync=True, state=True)
    steps = Count(50, 1, 200).tag(sync=True, state=True)

    def still(self) -> Still:
        """The picture of the present state."""
        return cobweb.show(cobweb.compute(self.w, self.b, self.y0, self.steps))
