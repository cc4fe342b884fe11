"""Where do the orbits of the one unit end, and at which w and b does that change?"""

from book_utils.widgets.cobweb.widget import Cobweb

__all__ = ["Cobweb"]
