"""What does the settled state of the one unit remember when b goes forth and back?"""

from book_utils.widgets.hysteresis.widget import Hysteresis

__all__ = ["Hysteresis"]
