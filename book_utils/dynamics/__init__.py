"""Numbers: what a cell does over time. Pure functions, for any cell."""

from book_utils.dynamics.contraction import Stability, is_stable
from book_utils.dynamics.gates import (
    LSTMRates,
    lstm_iterations,
    lstm_rates,
    lstm_weighted_iterations,
)
from book_utils.dynamics.gradients import bptt, clip, contributions, costates, immediate
from book_utils.dynamics.powers import departure, kreiss, power_norms, spectral_radius
from book_utils.dynamics.random_products import (
    critical_gain,
    gaussian_exponent,
    gaussian_growth,
    gaussian_spread,
    log_growth,
    lyapunov,
)
from book_utils.dynamics.simulation import simulate
from book_utils.dynamics.stability import (
    LSTMContraction,
    equilibrium,
    lstm_contraction,
    numerical_abscissa,
    project_spectral_ball,
    spectral_norm,
)
from book_utils.dynamics.strip import cost_lipschitz, largest_weight_rate, limit_rates
from book_utils.dynamics.transports import jacobian, jacobians, transport

__all__ = [
    "LSTMContraction",
    "LSTMRates",
    "Stability",
    "bptt",
    "clip",
    "contributions",
    "cost_lipschitz",
    "costates",
    "critical_gain",
    "departure",
    "equilibrium",
    "gaussian_exponent",
    "gaussian_growth",
    "gaussian_spread",
    "immediate",
    "is_stable",
    "jacobian",
    "jacobians",
    "kreiss",
    "largest_weight_rate",
    "limit_rates",
    "log_growth",
    "lstm_contraction",
    "lstm_iterations",
    "lstm_rates",
    "lstm_weighted_iterations",
    "lyapunov",
    "numerical_abscissa",
    "power_norms",
    "project_spectral_ball",
    "simulate",
    "spectral_norm",
    "spectral_radius",
    "transport",
]
