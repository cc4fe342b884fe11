"""The explorable ``hysteresis``: settled states against b or w, and one that is carried along."""

from __future__ import annotations

from typing import Any

import traitlets

from book_utils import validate
from book_utils.figures import Still, hysteresis
from book_utils.widgets.base import Choice, Explorable, Within


class Hysteresis(Explorable):
    """The settled state of y ↦ σ(w y + b), started each time from where the last one settled.

    ``memory`` is the start of the present run, and ``trace`` holds [b, y] or [w, y] of the runs
    before it, the present one last.
    """

    across = Choice("b", hysteresis.ACROSS).tag(sync=True, state=True)
    w = Within(6.0, *hysteresis.WEIGHTS).tag(sync=True, state=True)
    b = Within(-2.9, *hysteresis.BIASES).tag(sync=True, state=True)
    y0 = Within(0.5, *hysteresis.STATES).tag(sync=True, state=True)
    memory = traitlets.Float(0.05).tag(sync=True, state=True)
    trace = traitlets.List().tag(sync=True, state=True)

    @traitlets.validate("memory")
    def _memory_is_a_state(self, proposal: traitlets.Bunch) -> float:
        if not 0 < proposal.value < 1:
            raise ValueError(f"memory: got {proposal.value:g}, expects a state between 0 and 1")
        return proposal.value

    @traitlets.validate("trace")
    def _trace_is_pairs(self, proposal: traitlets.Bunch) -> list[Any]:
        if not proposal.value:
            return []
        return validate.numbers("trace", proposal.value, ("n", 2)).tolist()

    def still(self) -> Still:
        """The picture of the present state."""
        record = hysteresis.compute(self.w, self.b, self.y0, self.memory, self.across)
        return hysteresis.show(record, self.trace)
