"""Coursework: assignments from one text each, graded by the oracles of the book.

`python -m book_utils.coursework --help` lists the commands. They need the extra `coursework`.
"""
