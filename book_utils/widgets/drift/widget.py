"""The explorable ``drift``: two trainings from one start, their distance and the worst case."""

from __future__ import annotations

import traitlets

from book_utils.figures import Still, trainings
from book_utils.widgets.base import Choice, Count, Explorable, Within


class Drift(Explorable):
    """One unit h_t = φ(w h_{t−1} + ¼) trained twice, through all inputs and through the last k.

    Its loss is ½ (h_T − y)² with T = 40, its weight is held in [−λ, λ], and step i of N has the
    size α times ``schedule``. With ``losses="pair"`` the two losses are those that run apart as
    far as the constants of the unit allow. The reader picks the step ``at`` and sets the rest.
    All ranges are such that no number can overflow.
    """

    losses = Choice("unit", trainings.LOSSES).tag(sync=True, state=True)
    activation = Choice("tanh", trainings.UNITS).tag(sync=True, state=True)
    schedule = Choice("over", trainings.SCHEDULES).tag(sync=True, state=True)
    k = Count(4, 1, 20).tag(sync=True, state=True)
    N = Count(60, 10, 200).tag(sync=True, state=True)
    α = Within(0.1, 0.02, 0.3).tag(sync=True, state=True)
    λ = Within(0.5, 0.3, 0.7).tag(sync=True, state=True)
    w0 = Within(0.5, -0.7, 0.7).tag(sync=True, state=True)
    y = Within(0.3, -0.8, 0.8).tag(sync=True, state=True)
    at = Count(60, 1, 200).tag(sync=True, state=True)

    @traitlets.validate("N", "at")
    def _step_within_training(self, proposal: traitlets.Bunch) -> int:
        if self.at > self.N:
            raise ValueError(f"at: got {self.at}, expects 1 to N = {self.N}; set both at once")
        return proposal.value

    def still(self) -> Still:
        """The picture of the present state."""
        return trainings.show(trainings.compute(**self.state()))
