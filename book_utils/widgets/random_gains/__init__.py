"""How large may weights be on average before products of random Jacobians explode?"""

from book_utils.widgets.random_gains.widget import RandomGains

__all__ = ["RandomGains"]
