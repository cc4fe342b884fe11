"""How far do full training and training with a window run apart, and how far could they?"""

from book_utils.widgets.drift.widget import Drift

__all__ = ["Drift"]
