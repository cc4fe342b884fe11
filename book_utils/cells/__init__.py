"""Cells: parameters and one update rule each. A cell listed in ``CELLS`` enters every test."""

from book_utils.cells.cell import Cell
from book_utils.cells.elman import Elman
from book_utils.cells.linear import Linear
from book_utils.cells.lstm import LSTM
from book_utils.cells.vanilla import Vanilla

CELLS: tuple[type[Cell], ...] = (Vanilla, Elman, Linear, LSTM)

__all__ = ["CELLS", "LSTM", "Cell", "Elman", "Linear", "Vanilla"]
