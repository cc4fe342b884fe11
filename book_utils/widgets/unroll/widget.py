"""The explorable ``unroll``: one unit unrolled in time, and what each step gives the gradient."""

from __future__ import annotations

import traitlets

from book_utils.activations import ACTIVATIONS
from book_utils.figures import Still, unroll
from book_utils.widgets.base import Choice, Count, Explorable, Numbers


class Unroll(Explorable):
    """One unit, x_t = w σ(x_{t-1}) + u_t + b, for T steps, with the loss E = ½ (x_T − y)².

    The reader picks a step k and sees what it contributes to dE/dw. All ranges are such that no
    number can overflow.
    """

    T = Count(20, 1, unroll.LONGEST).tag(sync=True, state=True)
    k = Count(15, 1, unroll.LONGEST).tag(sync=True, state=True)
    w = Numbers(1.0, shape=(), limit=unroll.STRONGEST).tag(sync=True, state=True)
    activation = Choice("tanh", ACTIVATIONS).tag(sync=True, state=True)
    inputs = Choice("sine", unroll.INPUTS).tag(sync=True, state=True)
    x0 = Numbers(1.0, shape=(), limit=3).tag(sync=True, state=True)
    b = Numbers(0.0, shape=(), limit=3).tag(sync=True, state=True)
    y = Numbers(-1.0, shape=(), limit=3).tag(sync=True, state=True)

    @traitlets.validate("T", "k")
    def _step_within_time(self, proposal: traitlets.Bunch) -> int:
        if self.k > self.T:
            raise ValueError(f"k: got {self.k}, expects 1 to T = {self.T}; set both at once")
        return proposal.value

    @traitlets.validate("w")
    def _gain_in_range(self, proposal: traitlets.Bunch) -> float:
        if abs(proposal.value) < 1 / unroll.STRONGEST:
            raise ValueError(
                f"w: got {proposal.value:g}, expects |w| from {1 / unroll.STRONGEST:g} to "
                f"{unroll.STRONGEST}: the slider of |w| is logarithmic"
            )
        return proposal.value

    def still(self) -> Still:
        """The picture of the present state."""
        return unroll.show(unroll.compute(**self.state()))
