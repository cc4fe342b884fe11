"""Numbers: what a cell does over time. Pure functions, for any cell."""

from book_utils.dynamics.gradients import bptt, clip, contributions, costates, immediate
from book_utils.dynamics.simulation import simulate
from book_utils.dynamics.transports import jacobian, jacobians, transport

__all__ = [
    "bptt",
    "clip",
    "contributions",
    "costates",
    "immediate",
    "jacobian",
    "jacobians",
    "simulate",
    "transport",
]
