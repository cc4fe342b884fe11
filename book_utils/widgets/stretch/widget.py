"""The explorable ``stretch``: a vanilla cell with two units, its state and weights to drag."""

from __future__ import annotations

from book_utils.activations import ACTIVATIONS
from book_utils.figures import Still, stretch
from book_utils.widgets.base import Choice, Count, Explorable, Numbers


class Stretch(Explorable):
    """The unit circle under one Jacobian W diag(σ′(x_k)), and under the product of ``steps``.

    The cell is x_t = W σ(x_{t-1}) + b. The reader drags the columns of W and the state x_k = x.
    """

    W = Numbers([[1.1, -0.7], [0.5, 0.9]], shape=(2, 2), limit=3).tag(sync=True, state=True)
    b = Numbers([0.0, 0.0], shape=(2,), limit=3).tag(sync=True, state=True)
    x = Numbers([1.0, 0.5], shape=(2,), limit=4).tag(sync=True, state=True)
    steps = Count(4, 1, stretch.LONGEST).tag(sync=True, state=True)
    activation = Choice("tanh", ACTIVATIONS).tag(sync=True, state=True)

    def still(self) -> Still:
        """The picture of the present state."""
        return stretch.show(stretch.compute(self.W, self.x, self.steps, self.activation, self.b))
