"""Formulas that students hand in as text: read, compared, and answered in words."""

from book_utils.coursework.desk import Verdict
from book_utils.coursework.formulas.comparing import same, steps
from book_utils.coursework.formulas.exact import exact
from book_utils.coursework.formulas.letters import letters
from book_utils.coursework.formulas.making import ALLOWED, CLOSED, put
from book_utils.coursework.formulas.names import Letters, Refused
from book_utils.coursework.formulas.reading import read

__all__ = [
    "ALLOWED",
    "CLOSED",
    "Letters",
    "Refused",
    "Verdict",
    "exact",
    "letters",
    "put",
    "read",
    "same",
    "steps",
]
