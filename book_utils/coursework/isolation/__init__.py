"""Running a student's notebook where it can reach nothing but itself."""

from book_utils.coursework.isolation.sandbox import (
    Ended,
    Limits,
    Sandbox,
    Unisolated,
    isolated_here,
)

__all__ = ["Ended", "Limits", "Sandbox", "Unisolated", "isolated_here"]
