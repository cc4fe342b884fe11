"""What does one step, and a product of steps, do to a circle?"""

from book_utils.widgets.stretch.widget import Stretch

__all__ = ["Stretch"]
