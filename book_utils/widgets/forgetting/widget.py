"""The explorable ``forgetting``: one unit run over all its inputs, and over the last k only."""

from __future__ import annotations

from book_utils.figures import Still, forgetting
from book_utils.widgets.base import Choice, Count, Explorable, Within


class Forgetting(Explorable):
    """The states h_t and h_t^k of h_t = σ(λ h_{t-1} + x_t), and how far apart they are.

    ``t`` is the time at which the numbers are read and the window ends.
    """

    activation = Choice("tanh", forgetting.ACTIVATIONS).tag(sync=True, state=True)
    inputs = Choice("random", forgetting.INPUTS).tag(sync=True, state=True)
    λ = Within(0.9, *forgetting.CONTRACTIONS).tag(sync=True, state=True)
    k = Count(5, 1, forgetting.LAST).tag(sync=True, state=True)
    B = Within(0.5, *forgetting.SIZES).tag(sync=True, state=True)
    ε = Within(0.01, *forgetting.TOLERANCES).tag(sync=True, state=True)
    t = Count(forgetting.LAST, 1, forgetting.LAST).tag(sync=True, state=True)
    seed = Count(1, 1, 9999).tag(sync=True, state=True)

    def still(self) -> Still:
        """The picture of the present state."""
        return forgetting.show(forgetting.compute(**self.state()))
