"""The explorable ``random_gains``: the rate of products of Gaussian Jacobians."""

from __future__ import annotations

import traitlets

from book_utils.figures import Still, random_gains
from book_utils.widgets.base import Count, Explorable, Within
from book_utils.widgets.random_gains.kernel import SIZES


class RandomGains(Explorable):
    """Six products of n by n Jacobians with entries N(0, gain²/n), and their exact rate."""

    gain = Within(1.0, random_gains.SMALLEST, random_gains.LARGEST).tag(sync=True, state=True)
    n = traitlets.Int(2).tag(sync=True, state=True)
    steps = Count(200, 10, 400).tag(sync=True, state=True)
    seed = Count(1, 1, 9999).tag(sync=True, state=True)

    @traitlets.validate("n")
    def _known_size(self, proposal: traitlets.Bunch) -> int:
        if proposal.value not in SIZES:
            sizes = ", ".join(map(str, SIZES))
            raise ValueError(f"n: got {proposal.value}, expects one of {sizes}")
        return proposal.value

    def still(self) -> Still:
        """The picture of the present state."""
        return random_gains.show(random_gains.compute(self.gain, self.n, self.steps, self.seed))
