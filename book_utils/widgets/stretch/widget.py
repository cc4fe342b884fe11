"""The explorable ``stretch``: a vanilla cell with two units, its state and weights to drag."""

from __future__ import annotations

import traitlets

from book_utils.activations import ACTIVATIONS
from book_utils.figures import Still, stretch
from book_utils.widgets.base import Explorable, Numbers


class Stretch(Explorable):
    """The unit circle under one Jacobian W diag(σ′(x_k)), and under the product of ``steps``.

    The cell is x_t = W σ(x_{t-1}) + b. The reader drags the columns of W and the state x_k = x.
    """

    W = Numbers([[1.1, -0.7], [0.5, 0.9]], shape=(2, 2), limit=3).tag(sync=True, state=True)
    b = Numbers([0.0, 0.0], shape=(2,), limit=3).tag(sync=True, state=True)
    x = Numbers([1.0, 0.5], shape=(2,), limit=4).tag(sync=True, state=True)
    steps = traitlets.Int(4).tag(sync=True, state=True)
    activation = traitlets.Unicode("tanh").tag(sync=True, state=True)

    @traitlets.validate("steps")
    def _steps_in_range(self, proposal: traitlets.Bunch) -> int:
        if not 1 <= proposal.value <= stretch.LONGEST:
            raise ValueError(f"steps: got {proposal.value}, expects 1 to {stretch.LONGEST}")
        return proposal.value

    @traitlets.validate("activation")
    def _known_activation(self, proposal: traitlets.Bunch) -> str:
        if proposal.value not in ACTIVATIONS:
            names = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation: got {proposal.value!r}, expects one of {names}")
        return proposal.value

    def still(self) -> Still:
        """The picture of the present state."""
        return stretch.show(stretch.compute(self.W, self.x, self.steps, self.activation, self.b))
