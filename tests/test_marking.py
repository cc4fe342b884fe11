"""Promises of the oracles of hidden tests and of the public checks: honest answers count in every
form that people give them, and what nobody sees does not count."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp
from matplotlib.figure import Figure
from sympy.abc import k

from book_utils.coursework import desk, formulas, marking, values

K = np.arange(1, 8)
FALLS = 0.5**K
GROWS = 3.0 + K**2


def shown(draw: Callable[[Any], None], log: bool = True, panels: int = 1) -> desk.Plot:
    """The data of a figure, as the marking gets it."""
    figure = Figure()
    axes = figure.subplots(1, panels, squeeze=False)[0]
    draw(axes if panels > 1 else axes[0])
    for each in axes:
        each.set(xlabel="k", ylabel="size")
        if log:
            each.set_yscale("log")
    data = json.loads(json.dumps(desk.plain("plot", figure)))
    return values.answer("it", "plot", {"data": data}, lambda *_: None)


def one_by_one(axes: Any) -> None:
    """Every point of two sequences by a call of its own."""
    for i, low, high in zip(K, FALLS, GROWS, strict=True):
        axes.plot(i, low, "o")
        axes.scatter(i, high)


def inside_bars(axes: Any) -> None:
    """Two bar charts beside each other."""
    axes.bar(K - 0.2, FALLS, 0.4)
    axes.bar(K + 0.2, GROWS, 0.4)


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.plot(K, FALLS),
        lambda axes: axes.plot(K, FALLS, "o"),
        lambda axes: axes.scatter(K, FALLS),
        lambda axes: axes.bar(K, FALLS),
        lambda axes: axes.bar(K, FALLS, align="edge"),
        lambda axes: axes.stairs(FALLS, np.arange(0.5, 8)),
        lambda axes: axes.stairs(FALLS, np.arange(1, 9)),
        lambda axes: axes.step(K, FALLS, where="mid"),
        lambda axes: axes.stem(K, FALLS),
        lambda axes: axes.errorbar(K, FALLS, yerr=0.01),
        lambda axes: axes.plot([1, 7], [FALLS[0], FALLS[-1]]),
        lambda axes: [axes.bar(i, y) for i, y in zip(K, FALLS, strict=True)],
        lambda axes: axes.plot(K, FALLS) and axes.set_ylim(FALLS[-1], FALLS[0]),
        lambda axes: axes.plot(K, FALLS) and axes.set_xlim(7, 1),
        lambda axes: axes.plot([0, 9], 0.5 ** np.array([0, 9])) and axes.set_xlim(1, 7),
        lambda axes: axes.plot(K * (1 + 1e-15), FALLS),
        one_by_one,
        inside_bars,
    ],
)
def test_a_sequence_is_found_however_it_is_drawn(draw: Callable) -> None:
    """Lines, bars, stairs, stems and points one by one show a sequence on a logarithmic axis."""
    assert marking.curve(shown(draw), K, FALLS) == marking.RIGHT
    assert marking.curve(shown(draw), K, 0.99 * FALLS).kind == "wrong"
    if draw in (one_by_one, inside_bars):
        assert marking.curve(shown(draw), K, GROWS) == marking.RIGHT


def test_lines_are_straight_on_the_scales_of_the_axes() -> None:
    """Two points make a line: an exponential on one logarithmic axis, a power on two of them."""

    def two_points(axes: Any) -> None:
        axes.plot([1, 7], [1.0, 7.0**2])

    def both(axes: Any) -> None:
        two_points(axes)
        axes.set_xscale("log")

    assert marking.curve(shown(both), K, K**2.0).kind == "right"
    assert marking.curve(shown(two_points), K, K**2.0).kind == "wrong"
    assert marking.curve(shown(two_points), K, 49 ** ((K - 1) / 6)).kind == "right"
    assert marking.curve(shown(two_points, log=False), K, 1 + 8.0 * (K - 1)).kind == "right"


def test_a_level_is_a_line() -> None:
    """axhline and hlines are lines from end to end, also where the axis is logarithmic."""
    for level in (lambda a: a.axhline(0.3), lambda a: a.hlines(0.3, 1, 7)):

        def draw(axes: Any, level: Callable = level) -> None:
            axes.plot(K, FALLS)
            level(axes)

        for log in (True, False):
            assert marking.curve(shown(draw, log), K, np.full(7, 0.3)).kind == "right"


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.plot(K, FALLS)[0].set_visible(False),
        lambda axes: axes.plot(K, FALLS, alpha=0),
        lambda axes: axes.plot(K, FALLS, linestyle="none"),
        lambda axes: axes.scatter(K, FALLS).set_visible(False),
        lambda axes: axes.stairs(FALLS, np.arange(0.5, 8)).set_visible(False),
        lambda axes: [bar.set_visible(False) for bar in axes.bar(K, FALLS)],
        lambda axes: axes.plot(K, FALLS) and axes.set_visible(False),
    ],
)
def test_what_is_hidden_does_not_count(draw: Callable) -> None:
    """What a figure holds and does not show is no answer."""
    with pytest.raises(desk.Unanswered):
        shown(draw)

    def beside(axes: Any) -> None:
        draw(axes[0])
        axes[1].plot(K, GROWS)

    assert marking.curve(shown(beside, panels=2), K, FALLS).kind == "wrong"


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (lambda axes: axes.set_ylim(1e3, 1e4), "hide 7 of them"),
        (lambda axes: axes.set_ylim(bottom=0.02), "hide 2 of them"),
        (lambda axes: axes.set_xlim(2.5, 9), "hide 2 of them"),
    ],
)
def test_what_lies_outside_the_limits_does_not_count(limit: Callable, says: str) -> None:
    """A line of which the limits show only a part is not shown, and the student learns why."""
    found = marking.curve(shown(lambda axes: axes.plot(K, FALLS) and limit(axes)), K, FALLS)
    assert (found.kind, says in found.says) == ("wrong", True)


def test_a_cloud_shows_nothing() -> None:
    """Points or bars everywhere pass through every sequence, and count for none."""
    cloud = np.geomspace(0.005, 0.6, 4000)

    def points(axes: Any) -> None:
        for i in K:
            axes.scatter(np.full(4000, i), cloud)

    found = shown(points)
    assert marking.curve(found, K, FALLS).kind == "wrong"
    whole = found.axes[0]["points"]
    bars = {"label": "", "as": "bars"} | {
        way: [value for each in whole for value in each[way]] for way in "xy"
    }
    found.axes[0]["points"] = [bars]
    assert marking.curve(found, K, FALLS).kind == "wrong"


def test_neighbours_are_told_apart() -> None:
    """A sequence that is drawn one place too early or too late is not found, in bars and stairs."""
    for late in (-1, 1):
        for draw in (
            lambda axes, late=late: axes.bar(K + late, FALLS),
            lambda axes, late=late: axes.stairs(FALLS, np.arange(1, 9) + late),
            lambda axes, late=late: axes.stairs(FALLS, np.arange(0.5, 8) + late),
        ):
            assert marking.curve(shown(draw), K, FALLS).kind == "wrong"


def test_one_of_several_axes_is_enough() -> None:
    """The right half of two axes counts as the left does; an axis that is empty names nothing."""

    def right_half(axes: Any) -> None:
        axes[1].plot(K, FALLS, label="falls")
        axes[1].legend()

    picture = shown(right_half, panels=2)
    assert [axes["legend"] for axes in picture.axes] == [["falls"]]
    assert marking.curve(picture, K, FALLS).kind == "right"

    def both(axes: Any) -> None:
        axes[0].plot(K, GROWS)
        right_half(axes)

    picture = shown(both, panels=2)
    for label in (None, "Falls"):
        assert marking.curve(picture, K, FALLS, label=label).kind == "right"
    assert marking.curve(picture, K, FALLS, axes=0).kind == "wrong"
    assert marking.labelled(picture, yscale="log").kind == "right"
    picture.axes[0]["xlabel"] = ""
    assert marking.labelled(picture).kind == "right"
    assert marking.labelled(picture, axes=0).says == "the horizontal axis has no label"
    with pytest.raises(desk.NotAllowed, match="has 2 pairs of axes, expects 3"):
        marking.curve(picture, K, FALLS, axes=2)


def test_the_legend_of_the_figure_is_one() -> None:
    """A legend of the whole figure names what is drawn; a hidden one names nothing."""

    def named(axes: Any) -> None:
        axes.stem(K, FALLS, label="falls")
        axes.bar(K, GROWS, label="grows")
        axes.figure.legend()

    picture = shown(named)
    assert sorted(picture.axes[0]["legend"]) == ["falls", "grows"]
    assert marking.curve(picture, K, FALLS, label="falls").kind == "right"
    assert marking.curve(picture, K, GROWS, label="grows").kind == "right"
    assert marking.curve(picture, K, GROWS, label="falls").kind == "wrong"
    hidden = shown(lambda axes: named(axes) or axes.figure.legends[0].set_visible(False))
    assert hidden.axes[0]["legend"] == []


# --- rows and columns ---------------------------------------------------------------------

COLUMN, ROW = np.array([[1.0], [2.0]]), np.array([[1.0, 2.0]])


@pytest.mark.parametrize("given", [COLUMN, ROW, sp.Matrix([1, 2]), sp.Matrix([[1, 2]])])
def test_a_row_or_a_column_is_a_list(given: Any) -> None:
    """Where a list is asked for, a matrix with one row or one column is it; nowhere else."""
    assert marking.near(given, [1, 2]).kind == "right"
    assert marking.near(given, [1, 3]).says.startswith("entry 2 is 2, ")
    assert marking.part(given, (2,), 1) == 2
    assert marking.exact(given, (2,))[1] == 2
    assert float(marking.entry(given, (2,), 1)) == 2
    assert desk.numbers(given, (2,)) is True
    assert desk.close(given, [1, 2]) is True
    assert marking.near(given, [1, 2, 3]).kind == "wrong"
    assert marking.near(given, [[1, 2], [1, 2]]).kind == "wrong"
    assert marking.near([given[0]], 1).says.startswith("has shape")
    other = ROW.T if given.shape == (1, 2) else ROW
    assert marking.near(given, other).says.startswith("has shape")
    with pytest.raises(desk.NotAllowed, match="has shape"):
        marking.exact(given, other.shape)


def test_lines_may_stand_in_a_column() -> None:
    """A derivation in a column of SymPy is judged line by line."""
    found = marking.follows(
        sp.Matrix(["(k + 1)**2", "k**2 + 2*k + 1"]), "k real", "(1 + k)*(1 + k)"
    )
    assert [verdict.kind for verdict in found] == ["right", "right"]


def test_a_matrix_is_named_in_one_line() -> None:
    """Where a function went wrong is said in one line, whatever it was called with."""
    found = marking.agrees(lambda W: 0.0, lambda W: 1.0, [(np.array([[1, 2.5], [1 / 3, -4]]),)])
    assert found.says.startswith("at ([[1, 2.5], [0.3333, -4]]) the result: 0, ")
    large = marking.agrees(lambda W: 0.0, lambda W: 1.0, [(np.ones((4, 5)),)])
    assert large.says.startswith("at (4×5) the result")


# --- what cannot be read ------------------------------------------------------------------


def test_what_exact_cannot_read_is_for_a_human() -> None:
    """A number that cannot be read is undecided and says what to write, as a formula does."""
    where = {"__marking__": True, "a": ["t", "2 k"]}
    look = desk.Question("q1", {"a": "formulas"}, where, "One", 2)
    look.award(2, "the numbers", lambda: marking.holds(marking.exact(where["a"], (2,)), ""))
    ((_, _, verdict),) = look.awards
    assert verdict == desk.Verdict(
        "undecided", "Unknown name 't'; this answer is a number without letters.", "not read"
    )
    assert marking.result(look, 2.0)["points"] is None
    with pytest.raises(desk.NotAllowed, match="one formula for each entry"):
        marking.exact(["1", ["2", "3"]], (2,))


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("binomial(k, 2)", "k*(k - 1)/2"),
        ("binomial(k, 0) + binomial(k + 1, 1)", "k + 2"),
        ("Sum(binomial(j, 3), (j, 3, k))", "(k + 1)*k*(k - 1)*(k - 2)/24"),
        ("Piecewise((k, k != 0), (0, True))", "k"),
        ("Piecewise((0, k == 0), (k, True))", "k"),
    ],
)
def test_more_formulas_are_read(answer: str, truth: str) -> None:
    """Binomials, and cases with == and !=, are compared as other formulas are."""
    of = "k integer; 3 <= k"
    assert formulas.same(answer, truth, of).kind == "right"
    assert formulas.same(answer, f"{truth} + 1", of).kind == "wrong"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("Derivative(k**2, k)", "work out the derivative and write what it is"),
        ("Sum(2**(-j), (j, k, oo))", "work out a sum or a limit without end"),
        ("Integral(k, k)", "work out the integral"),
        ("Piecewise((k, k != 0))", "has no value|agrees"),
        ("binomial(k, k - 2)", "a number from 0 to 20 here, as in binomial\\(n, 2\\)"),
        ("binomial(k, 10**9)", "a number from 0 to 20 here"),
        ("binomial(k)", "has 1 arguments here; write 2"),
    ],
)
def test_what_to_write_instead_is_said(answer: str, says: str) -> None:
    """A formula that leaves something to be done is undecided, with a word of help."""
    found = formulas.same(answer, "1", "k integer; 0 <= k")
    assert found.kind in ("undecided", "wrong")
    if "Piecewise" not in answer:
        assert found.kind == "undecided"
        with pytest.raises(formulas.Refused, match=says):
            formulas.read(answer, "k integer; 0 <= k")
    with pytest.raises(formulas.Refused, match="for the case that is asked"):
        formulas.read("Piecewise((k, True))", "k real", formulas.CLOSED)


# --- public checks ------------------------------------------------------------------------

SQUARE = sp.Matrix([[k, 2], [0, k**2]])


@pytest.mark.parametrize(
    "matrix",
    [SQUARE, SQUARE.as_immutable(), np.array(SQUARE), SQUARE.tolist(), [["k", 2], [0, "k^2"]]],
)
def test_public_checks_see_rows(matrix: Any) -> None:
    """A matrix of SymPy or NumPy is a list of rows for the checks, and afterwards what it was."""
    names = {"matrix": matrix}
    look = desk.Question("q1", {"matrix": "formulas in k"}, names, "One", 2)
    look("two rows of two", lambda: [len(row) for row in names["matrix"]] == [2, 2])
    look(
        "its values",
        lambda: desk.close(
            [[desk.value(e, k=3) for e in row] for row in names["matrix"]], [[3, 2], [0, 9]]
        ),
    )
    with contextlib.redirect_stdout(io.StringIO()) as out:
        look.close()
    assert "All public checks pass." in out.getvalue(), out.getvalue()
    assert names["matrix"] is matrix


def test_public_checks_see_vectors_and_numbers() -> None:
    """A column of formulas and a matrix of numbers work in the checks as lists do."""
    names = {"v": sp.Matrix(["1/2", -1]), "M": sp.Matrix([[1, 2], [3, 4]])}
    look = desk.Question("q1", {"v": "formulas", "M": "numbers"}, names, "One", 2)
    look("two entries", lambda: len(names["v"]) == 2)
    look("their values", lambda: desk.close([desk.value(e) for e in names["v"]], [0.5, -1]))
    look("rows", lambda: bool(np.all(names["M"][1] > 2)))
    assert [verdict.kind for _, verdict in look.checks] == ["right"] * 3


def test_a_binomial_has_a_value() -> None:
    """desk.value knows binomials, as the marking does."""
    assert desk.value("binomial(k, 2) + binomial(k, 0)", k=7) == 22
