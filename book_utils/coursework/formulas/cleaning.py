"""A text before it is parsed, and what to say of one that cannot be."""

from __future__ import annotations

import re
import unicodedata

from book_utils.coursework.formulas.making import FUNCTIONS
from book_utils.coursework.formulas.names import Letters, Refused

LENGTH = 4000
"""Characters of a formula. The longest of the book's has a tenth of it."""
BRACKETS = 60
"""How deep brackets may stand in each other."""

_SIGNS = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "·": "*",
        "×": "*",
        "⋅": "*",
        "∗": "*",
        "÷": "/",
        "\N{NO-BREAK SPACE}": " ",
    }
)


def clean(text: str, here: Letters) -> str:
    """The text as Python's parser may see it, or ``Refused``."""
    if not isinstance(text, str):
        raise Refused("write the formula as text")
    if len(text) > LENGTH:
        raise Refused(f"this formula has {len(text)} characters; write at most {LENGTH}")
    text = re.sub(r"\s+", " ", text.translate(_SIGNS)).strip()
    if not text:
        raise Refused("there is no formula; write one")
    known = set("".join(here.names))
    for character in text:
        if not character.isascii() and character not in known:
            what = unicodedata.name(character, "a character without a name").lower()
            raise Refused(
                f"the character {character!r} ({what}) has no meaning here; {may_use(here)}"
            )
        if not character.isprintable():
            raise Refused("there is an invisible character in it; type the formula again")
    if text.startswith("$") or "\\" in text:
        raise Refused("write the formula in Python's way, such as a*exp(x)/2, not in LaTeX")
    if "#" in text or "'" in text or '"' in text:
        raise Refused("write the formula alone, without quotes and comments")
    if re.search(r"\blambda\b", text):
        raise Refused(
            "'lambda' is a reserved word of Python; "
            + (f"write {name}" if (name := _for_lambda(here)) else "choose another letter")
        )
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
        if depth < 0:
            raise Refused("a bracket is closed that was not opened")
    if depth:
        raise Refused("a bracket is not closed")
    if deepest > BRACKETS:
        raise Refused(f"brackets stand {deepest} deep; write at most {BRACKETS}")
    return text.replace("^", "**")


def _for_lambda(here: Letters) -> str | None:
    return next((name for name in here.names if name.lower().startswith("lam")), None)


def may_use(here: Letters) -> str:
    """The letters of the question, for a message."""
    names = ", ".join(here.names)
    return f"this answer may use {names}" if names else "this answer is a number without letters"


def what_is_wrong(text: str, here: Letters) -> str:
    """Why Python's parser did not understand it, as somebody who writes formulas would say it."""
    if re.search(r"(?<![<>=!])=(?!=)", text):
        return "= is not part of a formula; write the right side only"
    if found := re.search(r"(?<![\w.])(\d+\.?\d*)\s*((?!e[-+]?\d)[A-Za-z_]\w*|\()", text):
        number, after = found.groups()
        return f"write {number}*{after}, not {found[0]}"
    if "|" in text:
        return "a bar is not part of a formula; write Abs(x) for a size"
    if found := re.search(r"([)\]])\s*(\w+|\()", text):
        return f"write {found[1]}*{found[2]}, not {found[0]}"
    functions = "|".join(sorted(FUNCTIONS))
    if found := re.search(rf"\b({functions})\s+(\w+)", text):
        return f"write {found[1]}({found[2]}), not {found[0]}"
    if found := re.search(r"([A-Za-z_]\w*|\d)\s+([A-Za-z_]\w*|\d+)", text):
        return f"write {found[1]}*{found[2]}, not {found[0]}"
    if "!" in text:
        return "! is not part of a formula"
    if text[-1] in "+-*/^" or re.search(r"[-+*/]\s*\)", text):
        return "something is missing after the last sign"
    return "this cannot be read as a formula; write one such as a*exp(-x)/2"
