"""The one unit y_n = σ(w y_{n-1} + b), σ the logistic function: where it settles and what it costs.

All functions take numbers or arrays, which are broadcast against each other.
"""

from book_utils.dynamics.one_unit.curves import flip, fold, fold_points, shock
from book_utils.dynamics.one_unit.orbits import cost, cost_gradient, objective, orbit
from book_utils.dynamics.one_unit.points import fixed_points, limit, two_cycle

__all__ = [
    "cost",
    "cost_gradient",
    "fixed_points",
    "flip",
    "fold",
    "fold_points",
    "limit",
    "objective",
    "orbit",
    "shock",
    "two_cycle",
]
