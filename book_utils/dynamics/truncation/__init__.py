"""A cell that sees a window of k inputs only: its states, its gradients, and what training does.

The truncated state h_t^k is what the cell reaches from zero with the k inputs up to time t. In
the code of a cell the state is x and the input u; in the chapters on truncation they are h and x.
"""

from book_utils.dynamics.truncation.constants import (
    Constants,
    gap_bound,
    gap_rate,
    smoothness_bound,
    smoothness_constants,
)
from book_utils.dynamics.truncation.drift import (
    drift_bounds,
    drift_factor,
    least_k,
    worst_drift,
)
from book_utils.dynamics.truncation.gradients import gradient_gap, truncated_gradients
from book_utils.dynamics.truncation.states import horizon, state_bound, truncated_states
from book_utils.dynamics.truncation.training import train

__all__ = [
    "Constants",
    "drift_bounds",
    "drift_factor",
    "gap_bound",
    "gap_rate",
    "gradient_gap",
    "horizon",
    "least_k",
    "smoothness_bound",
    "smoothness_constants",
    "state_bound",
    "train",
    "truncated_gradients",
    "truncated_states",
    "worst_drift",
]
