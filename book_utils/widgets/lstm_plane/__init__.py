"""Which LSTMs surely contract, and by which of three conditions?"""

from book_utils.widgets.lstm_plane.widget import LSTMPlane

__all__ = ["LSTMPlane"]
