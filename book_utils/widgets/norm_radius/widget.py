"""The explorable ``norm_radius``: a matrix dragged from normal to shear, and its powers."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from book_utils import validate
from book_utils.figures import Still, norm_radius
from book_utils.widgets.base import Count, Explorable

LIMIT = 12


class Matrix(traitlets.TraitType):
    """A 2 by 2 matrix with entries within ±12, or a 3 by 3 one: ρI with s above the diagonal."""

    def validate(self, obj: Any, value: Any) -> list:
        W = validate.array("W", value, ("n", "n")).astype(float)
        if len(W) not in (2, 3):
            raise ValueError(f"W: got shape {W.shape}, expects (2, 2) or (3, 3)")
        if len(W) == 3:
            band = W[0, 0] * np.eye(3) + W[0, 1] * np.eye(3, k=1)
            if not np.array_equal(W, band) or W.min() < 0:
                raise ValueError(
                    f"W: got {W.tolist()}, expects [[ρ, s, 0], [0, ρ, s], [0, 0, ρ]] with ρ, s ≥ 0 "
                    "for a 3 by 3 matrix"
                )
        if np.abs(W).max() > LIMIT:
            raise ValueError(f"W: got {W.tolist()}, expects numbers from {-LIMIT} to {LIMIT}")
        return W.tolist()


class NormRadius(Explorable):
    """The norms of the powers of W, beside ρ(W)^k and ‖W‖^k; the reader picks a power k.

    The reader sets the spectral radius, the angle of the eigenvalues and the shear, or the four
    entries.
    """

    W = Matrix([[0.9, 1.0], [0.0, 0.9]]).tag(sync=True, state=True)
    k = Count(9, 0, norm_radius.LONGEST).tag(sync=True, state=True)

    def still(self) -> Still:
        """The picture of the present state."""
        return norm_radius.show(norm_radius.compute(self.W, self.k))
