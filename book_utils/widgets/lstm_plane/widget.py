"""The explorable ``lstm_plane``: a point of a plane of norms, and what is sure of its LSTM."""

from __future__ import annotations

from book_utils.figures import Still, lstm_plane
from book_utils.widgets.base import Choice, Count, Explorable, Within

NORMS = (0.0, lstm_plane.LARGEST)


class LSTMPlane(Explorable):
    """Where an LSTM surely contracts, by a bound F of its forget gates and the norms of its W.

    ``plane`` says which two of these numbers are drawn against each other, and ``d`` is the
    number of units.
    """

    F = Within(0.75, *lstm_plane.FORGET).tag(sync=True, state=True)
    i = Within(0.0, *NORMS).tag(sync=True, state=True)
    o = Within(0.5, *NORMS).tag(sync=True, state=True)
    f = Within(0.0, *NORMS).tag(sync=True, state=True)
    z = Within(0.1, *NORMS).tag(sync=True, state=True)
    d = Count(1, 1, lstm_plane.UNITS).tag(sync=True, state=True)
    plane = Choice("N_z over N_o", lstm_plane.PLANES).tag(sync=True, state=True)

    def still(self) -> Still:
        """The picture of the present state."""
        return lstm_plane.show(lstm_plane.compute(**self.state()))
