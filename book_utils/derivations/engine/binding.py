"""Names that a sum binds: SymPy's ``subs`` lets them capture what is put in."""

from __future__ import annotations

import sympy as sp


def put(e: sp.Basic, old: sp.Basic, new: sp.Basic) -> sp.Basic:
    """``e`` with ``old`` replaced; an index of a sum that ``new`` mentions is renamed first."""
    clash = getattr(new, "free_symbols", set())
    return rename_apart(e, clash).subs(old, new) if clash else e.subs(old, new)


def rename_apart(e: sp.Basic, names: set[sp.Symbol] | None = None) -> sp.Basic:
    """Fresh names for the indices of sums and products: for all of them, or for ``names``."""
    if not isinstance(e, sp.Basic) or not e.args or not e.has(sp.Sum, sp.Product):
        return e
    if not isinstance(e, sp.Sum | sp.Product):
        return e.func(*(rename_apart(a, names) for a in e.args))
    body, limits = e.function, list(e.limits)
    for place, (index, *ends) in enumerate(limits):
        if names is None or index in names:
            fresh = sp.Dummy(index.name, **index.assumptions0)
            body = body.xreplace({index: fresh})
            # The limits of the sums inside this one may mention its index.
            limits[:place] = [
                (i, *(end.xreplace({index: fresh}) for end in inner))
                for i, *inner in limits[:place]
            ]
            limits[place] = (fresh, *ends)
    return e.func(rename_apart(body, names), *limits)


def binds(e: sp.Basic) -> bool:
    """Whether a word has a name of its own inside, as a sum has its index, or differentiates.

    Asked of the word itself, so that a word that a topic adds is known too.
    """
    if e.is_Atom or getattr(e, "is_symbol", False):
        return False
    inside = set().union(*(a.free_symbols for a in e.args))
    return isinstance(e, sp.Derivative) or not inside <= e.free_symbols
