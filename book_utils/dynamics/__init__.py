"""Numbers: what a cell does over time. Pure functions, for any cell."""

from book_utils.dynamics.simulation import simulate
from book_utils.dynamics.transports import jacobian, jacobians, transport

__all__ = ["jacobian", "jacobians", "simulate", "transport"]
