"""How long the book's computations take, against a plain way of doing the same."""
