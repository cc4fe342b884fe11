"""The figure of the triangles: its data are what the chapter proves, and it shows its data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.checks import finite_difference_jacobian
from book_utils.figures import terms


@pytest.fixture(scope="module")
def record():
    return terms.compute()


# A loss of degree 18 in the weight is so curved that the differences are taken close together;
# their error is the sixth power of the distance, and the rounding of a loss stays below 1e-14.
STEP, ERROR = 2**-10, 1e-9


def loss(example: terms.Example, T: int, weights: np.ndarray) -> float:
    """E_T, where step k has the weight ``weights[k - 1]``: a run, and no formula."""
    x = example.x0
    for weight, u in zip(weights, example.inputs(T), strict=True):
        x = weight * x + u
    return (x - example.y) ** 2 / 2


@pytest.mark.parametrize("name", terms.EXAMPLES)
def test_a_term_is_the_derivative_by_the_weight_of_one_step(record, name):
    """Row t of a triangle is ∂E_t/∂w_1, …, ∂E_t/∂w_t of a run with a weight for every step."""
    example = terms.EXAMPLES[name]
    for t in (1, 2, 5, 9):
        row = finite_difference_jacobian(
            lambda weights, t=t: np.array([loss(example, t, weights)]),
            np.full(t, float(example.w)),
            step=STEP,
        )
        np.testing.assert_allclose(record.terms[name][t - 1, :t], row[0], atol=ERROR)
        assert (record.terms[name][t - 1, t:] == 0).all()


@pytest.mark.parametrize("name", terms.EXAMPLES)
def test_a_sum_is_the_derivative_by_the_weight(record, name):
    """S_t is dE_t/dw of a run in which all steps have the same weight."""
    example = terms.EXAMPLES[name]
    for t in (1, 2, 5, 9):
        (((slope,),)) = finite_difference_jacobian(
            lambda w, t=t: np.array([loss(example, t, np.full(t, w[0]))]),
            np.array([float(example.w)]),
            step=STEP,
        )
        assert record.sums[name][t - 1] == pytest.approx(slope, abs=ERROR)


def test_the_sums_are_those_that_the_chapter_proves(record):
    """1, 0 and 4 for ever; t; 2 (1 − 2^−t); t w^(2t−1): each example does what it is named for."""
    t = np.arange(1, record.T + 1)
    proved = {
        "one term stays": np.where(t > 1, 1, 0),
        "two terms cancel": 0 * t,
        "no term vanishes": np.full(record.T, 4),
        "left alone, w = 1": t,
        "columns fade": 2 * (1 - 0.5**t),
        "left alone, w = 1.1": t * 1.1 ** (2 * t - 1),
    }
    assert set(proved) == set(record.sums)
    for name, sums in proved.items():
        # A few roundings in sums of at most forty terms.
        np.testing.assert_allclose(record.sums[name], sums, rtol=1e-13)


def test_no_term_vanishes_in_the_triangle_of_that_name(record):
    """Its terms are 2, 4 or 8 in modulus, none is 0."""
    r = record.terms["no term vanishes"]
    assert set(np.abs(r[np.tril_indices(len(r))]).tolist()) == {2, 4, 8}


def test_the_picture_shows_the_terms_and_the_sums(record):
    """Dots stand at the terms, as large as their modulus, crosses where a term is zero, and each
    line is a row of sums."""
    figure = Figure()
    terms.draw(figure, record)
    *triangles, lines = figure.axes
    for ax, name in zip(triangles, terms.TRIANGLES, strict=True):
        r = record.terms[name][: terms.ROWS, : terms.ROWS]
        drawn = np.zeros_like(r)
        *dotted, crosses = ax.collections
        for dots, sign in zip(dotted, (1, -1), strict=True):
            for (k, t), area in zip(dots.get_offsets(), dots.get_sizes(), strict=True):
                drawn[round(t) - 1, round(k) - 1] = sign * area
        np.testing.assert_allclose(drawn / np.abs(drawn).max(), r / np.abs(r).max(), atol=1e-12)
        zeros = {(t + 1, k + 1) for t in range(len(r)) for k in range(t + 1) if r[t, k] == 0}
        assert {(round(t), round(k)) for k, t in crosses.get_offsets()} == zeros
        assert ax.get_title() == name
    shown = {line.get_label(): line.get_ydata() for line in lines.lines}
    assert set(shown) == set(record.sums)
    for name, sums in record.sums.items():
        np.testing.assert_array_equal(shown[name], sums)
        low, high = lines.get_ylim()
        assert ((low < sums) & (sums < high)).all()


def test_the_words_follow_the_data(record):
    """The alternative text is computed: other data, other numbers in it."""
    words = terms.describe(record)
    assert "columns fade: 2;" in words
    assert "In row 12, one term stays: 1 positive and 0 negative" in words
    other = {name: 3 * sums for name, sums in record.sums.items()}
    assert terms.describe(replace(record, sums=other)) != words
    other = {name: -r for name, r in record.terms.items()}
    assert "stays: 0 positive and 1 negative" in terms.describe(replace(record, terms=other))
