"""When does the largest stretch of one step tell what the powers do?"""

from book_utils.widgets.norm_radius.widget import NormRadius

__all__ = ["NormRadius"]
