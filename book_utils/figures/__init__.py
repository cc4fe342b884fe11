"""Pictures: compute(...) gives a record, draw(figure, record) draws it, show(record) shows it."""

from book_utils.figures.still import Still, drawn

__all__ = ["Still", "drawn"]
