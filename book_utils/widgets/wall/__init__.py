"""What do four ways to descend do where the surface E(w, b) has a wall?"""

from book_utils.widgets.wall.widget import Wall

__all__ = ["Wall"]
