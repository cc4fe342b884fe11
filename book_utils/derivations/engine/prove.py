"""The prover's routes. Each rewrites the two sides exactly, or says that it cannot.

No route evaluates at random numbers, and none returns a verdict against a claim: what is not
proved here may be true all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import mpmath
import sympy as sp

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.evidence import Evidence, Grade
from book_utils.derivations.engine.instances import Instance, NotEvaluable, Symbols, names_of
from book_utils.derivations.engine.vocabulary import CharacteristicPolynomial, Descending, Entry

Equation = tuple[sp.Basic, sp.Basic]
Route = Callable[[Claim, Sequence[Equation]], Evidence | None]

PROVED = Evidence(Grade.PROVED)


# Calculus with indices: exact for every size -----------------------------------------------


def calculus(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Differentiate, let the Kronecker deltas act, collect: both sides become the same sum."""
    if claim.relation != "=" or getattr(claim.left, "is_Matrix", False):
        return None
    # A free index of an array runs from 1 to the array's extent; one with a domain of its own
    # is left out, since a delta could then point outside a sum's range.
    ranges = {i: n for i, n in names_of(claim).ranges.items() if i not in claim.where}
    left, right = (
        _canonical(side.subs(list(using), simultaneous=True), ranges)
        for side in (claim.left, claim.right)
    )
    difference = sp.expand(left - right)
    if difference == 0:
        return PROVED
    if not difference.has(sp.Sum) and sp.simplify(difference) == 0:
        return PROVED
    return None


def entrywise(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Two matrices are equal when entry (i, j) of the one is entry (i, j) of the other."""
    if claim.relation != "=" or not getattr(claim.left, "is_Matrix", False) or using:
        return None
    i, j = sp.symbols("i j", integer=True, positive=True, cls=sp.Dummy)
    return calculus(replace(claim, left=Entry(claim.left, i, j), right=Entry(claim.right, i, j)))


Ranges = dict[sp.Symbol, sp.Expr]


def _canonical(expression: sp.Expr, ranges: Ranges) -> sp.Expr:
    """Sums of single terms, constants outside, deltas used up, dummies renamed in order."""
    expression = expression.replace(lambda e: isinstance(e, Entry), lambda e: e.doit())
    expression = expression.replace(lambda e: isinstance(e, sp.Derivative), _differentiate)
    return _rename(sp.expand(_collapse(sp.expand(expression), ranges)))


def _differentiate(e: sp.Derivative) -> sp.Expr:
    inner = e.expr
    for variable, order in e.variable_count:
        for _ in range(int(order)):
            inner = inner.diff(variable)
    return inner


def _collapse(e: sp.Basic, ranges: Ranges) -> sp.Basic:
    """Every sum as terms of sums, each with its constants in front and its deltas used."""
    if not e.has(sp.Sum):
        return e
    if not isinstance(e, sp.Sum):
        return e.func(*(_collapse(a, ranges) for a in e.args))
    body, (index, low, high) = e.function, e.limits[-1]
    if len(e.limits) > 1:
        body = sp.Sum(body, *e.limits[:-1])
    inside_ranges = {**ranges, index: high} if low == 1 else ranges
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(_collapse(sp.expand(body), inside_ranges))):
        outside, inside = term.as_independent(index, as_Add=False)
        total += outside * _one_sum(inside, index, low, high, ranges)
    return total


def _one_sum(
    term: sp.Expr, index: sp.Symbol, low: sp.Expr, high: sp.Expr, ranges: Ranges
) -> sp.Expr:
    if not term.has(index):
        return term * (high - low + 1)
    for delta in sp.Mul.make_args(term):
        if isinstance(delta, sp.KroneckerDelta) and index in delta.args:
            other = delta.args[1] if delta.args[0] == index else delta.args[0]
            # The delta may act only if its other index surely lies inside the sum's range.
            if low == 1 and ranges.get(other) == high:
                return (term / delta).subs(index, other)
    return sp.Sum(term, (index, low, high))


def _rename(expression: sp.Expr) -> sp.Expr:
    """The same name for the summation index at the same depth, so that equal sums look equal."""

    def rename(e: sp.Basic, depth: int) -> sp.Basic:
        if isinstance(e, sp.Sum):
            index, low, high = e.limits[0]
            fresh = sp.Symbol(f"_m{depth}", integer=True, positive=True)
            return sp.Sum(rename(e.function.subs(index, fresh), depth + 1), (fresh, low, high))
        if not e.args or not e.has(sp.Sum):
            return e
        return e.func(*(rename(a, depth) for a in e.args))

    return rename(expression, 0)


# Matrix algebra: exact for every size -------------------------------------------------------

Letter = tuple[sp.Basic, bool]
Word = tuple[Letter, ...]


def algebra(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Multiply out in the free algebra: products of letters, each letter plain or transposed.

    Two expressions with the same normal form are equal for matrices of every size. Used beyond
    that: a diagonal matrix is its own transpose, two neighbouring diagonal matrices commute,
    and the equations of ``using`` (a definition, an induction hypothesis) replace their left
    side where it stands in a product.
    """
    if claim.relation != "=":
        return None
    trace = isinstance(claim.left, sp.Trace) and isinstance(claim.right, sp.Trace)
    if not trace and not getattr(claim.left, "is_Matrix", False):
        return None
    left, right = (_words(side.arg if trace else side) for side in (claim.left, claim.right))
    if left is None or right is None:
        return None
    rules = []
    for from_, to in using:
        pattern, replacement = _words(from_), _words(to)
        if pattern is None or replacement is None or len(pattern) != 1:
            return None
        (word, coefficient) = next(iter(pattern.items()))
        if coefficient != 1:
            return None
        rules.append((word, replacement))
        rules.append((_transposed(word), {_transposed(w): c for w, c in replacement.items()}))
    for rule in rules:
        left, right = _rewrite(left, rule), _rewrite(right, rule)
    if trace:
        left, right = _cyclic(left), _cyclic(right)
    return PROVED if _difference(left, right) == {} else None


def _words(e: sp.Basic) -> dict[Word, sp.Expr] | None:
    """The normal form: a polynomial in non-commuting letters."""
    match e:
        case sp.MatAdd():
            parts = [_words(a) for a in e.args]
            if any(p is None for p in parts):
                return None
            total: dict[Word, sp.Expr] = {}
            for part in parts:
                for word, coefficient in part.items():
                    total[word] = sp.expand(total.get(word, 0) + coefficient)
            return {w: c for w, c in total.items() if c != 0}
        case sp.MatMul():
            scalar, factors = e.as_coeff_matrices()
            product: dict[Word, sp.Expr] = {(): scalar}
            for factor in factors:
                part = _words(factor)
                if part is None:
                    return None
                product = _multiply(product, part)
            return product
        case sp.MatPow() if e.exp.is_Integer and e.exp >= 0:
            product = {(): sp.Integer(1)}
            base = _words(e.base)
            if base is None:
                return None
            for _ in range(int(e.exp)):
                product = _multiply(product, base)
            return product
        case sp.Identity():
            return {(): sp.Integer(1)}
        case Descending() if e.is_empty:
            return {(): sp.Integer(1)}
        case sp.ZeroMatrix():
            return {}
        case sp.Transpose():
            inner = _words(e.arg)
            return None if inner is None else {_transposed(w): c for w, c in inner.items()}
        case _ if getattr(e, "is_Matrix", False) and not isinstance(e, sp.MatrixBase):
            return {((e, False),): sp.Integer(1)}
    return None


def _is_diagonal(e: sp.Basic) -> bool:
    return getattr(e, "diagonal", False)


def _transposed(word: Word) -> Word:
    return _sorted(tuple((a, (not t) and not _is_diagonal(a)) for a, t in reversed(word)))


def _sorted(word: Word) -> Word:
    """Neighbouring diagonal letters in one order: they commute."""
    letters = list(word)
    changed = True
    while changed:
        changed = False
        for i, (a, b) in enumerate(pairwise(letters)):
            if _is_diagonal(a[0]) and _is_diagonal(b[0]) and a[0].sort_key() > b[0].sort_key():
                letters[i], letters[i + 1] = b, a
                changed = True
    return tuple(letters)


def _multiply(a: dict[Word, sp.Expr], b: dict[Word, sp.Expr]) -> dict[Word, sp.Expr]:
    product: dict[Word, sp.Expr] = {}
    for word, coefficient in a.items():
        for other, factor in b.items():
            joined = _sorted(word + other)
            product[joined] = sp.expand(product.get(joined, 0) + coefficient * factor)
    return {w: c for w, c in product.items() if c != 0}


def _rewrite(
    polynomial: dict[Word, sp.Expr], rule: tuple[Word, dict[Word, sp.Expr]]
) -> dict[Word, sp.Expr]:
    pattern, replacement = rule
    result: dict[Word, sp.Expr] = {}
    for word, coefficient in polynomial.items():
        place = _find(word, pattern)
        if place is None:
            result[word] = sp.expand(result.get(word, 0) + coefficient)
            continue
        before, after = word[:place], word[place + len(pattern) :]
        for middle, factor in replacement.items():
            joined = _sorted(before + middle + after)
            result[joined] = sp.expand(result.get(joined, 0) + coefficient * factor)
    return {w: c for w, c in result.items() if c != 0}


def _find(word: Word, pattern: Word) -> int | None:
    if not pattern:
        return None
    for i in range(len(word) - len(pattern) + 1):
        if word[i : i + len(pattern)] == pattern:
            return i
    return None


def _cyclic(polynomial: dict[Word, sp.Expr]) -> dict[Word, sp.Expr]:
    """Under a trace a word may be turned round as a ring, and read backwards transposed."""
    result: dict[Word, sp.Expr] = {}
    for word, coefficient in polynomial.items():
        turns = [_sorted(word[i:] + word[:i]) for i in range(max(len(word), 1))]
        back = _transposed(word)
        turns += [_sorted(back[i:] + back[:i]) for i in range(max(len(back), 1))]
        first = min(turns, key=str)
        result[first] = sp.expand(result.get(first, 0) + coefficient)
    return {w: c for w, c in result.items() if c != 0}


def _difference(a: dict[Word, sp.Expr], b: dict[Word, sp.Expr]) -> dict[Word, sp.Expr]:
    total = dict(a)
    for word, coefficient in b.items():
        total[word] = sp.simplify(total.get(word, 0) - coefficient)
    return {w: c for w, c in total.items() if c != 0}


def spectrum(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Equal characteristic polynomials of two products.

    Two theorems are built in: a matrix and its transpose have the same characteristic
    polynomial, and so do AB and BA for square A and B. A product may therefore be turned round
    as a ring and read backwards transposed.
    """
    sides = (claim.left, claim.right)
    if claim.relation != "=" or not all(isinstance(s, CharacteristicPolynomial) for s in sides):
        return None
    if claim.left.args[1] != claim.right.args[1] or using:
        return None
    rings = []
    for side in sides:
        words = _words(side.args[0])
        if words is None or len(words) != 1:
            return None
        rings.append(_cyclic(words))
    return PROVED if rings[0] == rings[1] else None


# Explicit matrices: exact at named sizes ----------------------------------------------------


def sizes(*which: int) -> Route:
    """Write every entry as a symbol at each of these sizes, and compare entry by entry."""

    def route(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
        if claim.relation != "=" or using:
            return None
        for size in which:
            try:
                if not _equal_at_size(claim, size):
                    return None
            except NotEvaluable:
                return None
        return Evidence(Grade.PROVED_FOR_SIZES, sizes=which)

    route.__name__ = f"explicit matrices, n = {', '.join(map(str, which))}"
    return route


def _equal_at_size(claim: Claim, size: int) -> bool:
    names = names_of(claim)
    if names.ranges and any(r not in claim.where for r in names.ranges):
        raise NotEvaluable("a claim about one entry is proved with indices, not at a size")
    at = Symbols({s.name: size for s in names.sizes})
    left, right = at(claim.left), at(claim.right)
    gap = left - right
    entries = list(gap) if isinstance(gap, sp.MatrixBase) else [gap]
    return all(sp.expand(e) == 0 or sp.simplify(e) == 0 for e in entries)


# Inequalities in real variables -------------------------------------------------------------


def sign(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Factor the difference of the two sides and read its sign off the factors."""
    if getattr(claim.left, "is_Matrix", False):
        return None
    difference = sp.factor(sp.together(claim.right - claim.left))
    match claim.relation:
        case "<=":
            holds = difference.is_nonnegative
        case "<":
            holds = difference.is_positive
        case ">=":
            holds = difference.is_nonpositive
        case ">":
            holds = difference.is_negative
        case _:
            return None
    return PROVED if holds else None


def polynomial(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """An inequality between polynomials in one real variable: by counting roots exactly.

    Sturm's theorem counts the real roots in the variable's domain; the sign is read at one
    rational point between two neighbouring roots.
    """
    if getattr(claim.left, "is_Matrix", False) or claim.relation == "=":
        return None
    gap = sp.together(claim.right - claim.left)
    if claim.relation in (">=", ">"):
        gap = -gap
    symbols = sorted(gap.free_symbols, key=str)
    if len(symbols) != 1 or not gap.is_polynomial(*symbols) or not symbols[0].is_real:
        return None
    (z,) = symbols
    domain = claim.where.get(z, sp.Interval(-sp.oo, sp.oo))
    if z.is_nonnegative:
        domain = domain.intersect(sp.Interval(0, sp.oo))
    if not isinstance(domain, sp.Interval) or not gap.as_poly(z).domain.is_Exact:
        return None
    roots = [r for r in sp.Poly(gap, z).real_roots() if domain.contains(r) == sp.true]
    inside = sorted(set(roots))
    if claim.relation in ("<", ">") and inside:
        return None
    cuts = [domain.start, *inside, domain.end]
    return PROVED if all(_sample(gap, z, a, b) for a, b in pairwise(cuts)) else None


def _sample(gap: sp.Expr, z: sp.Symbol, low: sp.Expr, high: sp.Expr) -> bool:
    if low == high:
        return True
    if low == -sp.oo:
        point = sp.floor(high) - 1 if high != sp.oo else sp.Integer(0)
    elif high == sp.oo:
        point = sp.ceiling(low) + 1
    else:
        point = (low + high) / 2
    return bool(gap.subs(z, point) > 0)


def certified(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Interval arithmetic: enclose the difference on ever smaller boxes until its sign is sure."""
    if claim.relation not in ("<", "<=", ">", ">="):
        return None
    gap = claim.right - claim.left if claim.relation in ("<", "<=") else claim.left - claim.right
    names = sorted(gap.free_symbols, key=str)
    domains = [claim.where.get(s) for s in names]
    if not names or not all(isinstance(d, sp.Interval) for d in domains):
        return None
    box = tuple((d.start, d.end) for d in domains)
    if not all(end.is_Rational for side in box for end in side):
        return None
    boxes = [box]
    for _ in range(MAXIMUM_BOXES):
        if not boxes:
            return Evidence(Grade.CERTIFIED)
        box = boxes.pop()
        if Intervals(dict(zip(names, box, strict=True)))(gap).a > 0:
            continue
        widest = max(range(len(box)), key=lambda i: box[i][1] - box[i][0])
        low, high = box[widest]
        middle = (low + high) / 2
        boxes += [
            (*box[:widest], half, *box[widest + 1 :]) for half in ((low, middle), (middle, high))
        ]
    return None


MAXIMUM_BOXES = 5000


class Intervals(Instance):
    """Every name an interval; every operation rounded outwards."""

    zero, one = mpmath.iv.mpf(0), mpmath.iv.mpf(1)

    def __init__(self, box: dict[sp.Symbol, tuple[sp.Rational, sp.Rational]]):
        super().__init__({})
        for name, (low, high) in box.items():
            self.values[name.name] = mpmath.iv.mpf([self.number(low).a, self.number(high).b])

    def number(self, value: sp.Expr):
        if value.is_Rational:
            return mpmath.iv.mpf(int(value.p)) / int(value.q)
        if value is sp.pi:
            return mpmath.iv.pi
        raise NotEvaluable(f"no enclosure of {value} is known here")

    def elementary(self, expression: sp.Function, arguments: list):
        match expression:
            case sp.exp():
                return mpmath.iv.exp(arguments[0])
            case sp.log():
                return mpmath.iv.log(arguments[0])
            case sp.tanh():  # written so that its argument stands once: no overestimation
                return 1 - 2 / (mpmath.iv.exp(2 * arguments[0]) + 1)
        raise NotEvaluable(f"no enclosure of {expression.func.__name__} is known here")


EXACT: tuple[Route, ...] = (calculus, algebra, entrywise, spectrum, sign, polynomial)
"""What is tried when a step names no route of its own."""
