"""Which past steps does the gradient come from?"""

from book_utils.widgets.unroll.widget import Unroll

__all__ = ["Unroll"]
