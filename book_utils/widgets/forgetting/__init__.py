"""How much of the past does a window of k inputs miss, and which window is long enough?"""

from book_utils.widgets.forgetting.widget import Forgetting

__all__ = ["Forgetting"]
