"""Figures show the data they were computed from, in words too, and leave nothing behind."""

from __future__ import annotations

import base64
import io
import re
from html import unescape

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from book_utils.figures import Still, drawn, stretch

SHEAR = {"W": [[0.9, 1.0], [0.0, 0.9]], "x": [-2.0, 1.0], "steps": 9, "activation": "identity"}
CURVED = {"W": [[1.1, -0.7], [0.5, 0.9]], "x": [1.0, 0.5], "steps": 4, "activation": "tanh"}


def simple(alt: str = "One line from 0 to 2.") -> Still:
    return Still(drawn(lambda figure: figure.subplots().plot([0, 2]), (4, 2)), alt, "A <line>.")


def test_still_is_an_image_with_words():
    """A still shows as an img with alternative text, size and caption, and as one line of text."""
    shown = simple(alt='A "line" & more.')._repr_mimebundle_()
    assert set(shown) == {"text/html", "text/plain"}
    assert shown["text/plain"] == 'Figure: A "line" & more.'
    (image,) = re.findall("<img [^>]*>", shown["text/html"])
    attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', image))
    assert unescape(attributes["alt"]) == 'A "line" & more.'
    assert (attributes["width"], attributes["height"]) == ("384", "192")
    assert attributes["loading"] == "lazy"
    assert "<figcaption>A &lt;line&gt;.</figcaption>" in shown["text/html"]
    pixels = base64.b64decode(attributes["src"].removeprefix("data:image/png;base64,"))
    assert mpl.image.imread(io.BytesIO(pixels)).shape[:2] == (2 * 192, 2 * 384)


@pytest.mark.parametrize("alt", ["", "  "])
def test_still_without_words_is_refused(alt):
    """A figure without alternative text is refused with a message that says what to write."""
    with pytest.raises(ValueError, match="alt: got no text, expects what the figure shows"):
        simple(alt=alt)


def test_still_of_something_else_is_refused():
    """Only a matplotlib Figure can be a still; Axes are refused by name."""
    with pytest.raises(TypeError, match=r"figure: got .*Axes.* expects a matplotlib Figure"):
        Still(Figure().subplots(), "Words.")


def test_still_is_the_same_every_time():
    """The same picture is the same bytes, whatever the reader's own settings are."""
    first = simple().png
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.dpi": 31}):
        assert simple().png == first


def test_still_leaves_nothing_behind():
    """No figure stays open, no setting is changed, and a pyplot figure is closed."""
    before = dict(mpl.rcParams)
    simple()
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    Still(figure, "Words.")
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_stretch_record_is_right():
    """For the shear, powers of W are known: W^s = [[.9^s, s .9^(s-1)], [0, .9^s]]."""
    record = stretch.compute(**SHEAR)
    for s in range(1, 13):
        power = [[0.9**s, s * 0.9 ** (s - 1)], [0, 0.9**s]]
        largest, smallest = np.linalg.svd(power, compute_uv=False)
        # Twelve products of a few roundings each.
        np.testing.assert_allclose(record.products[s - 1], power, rtol=1e-13)
        np.testing.assert_allclose(record.largest[s - 1], largest, rtol=1e-13)
        np.testing.assert_allclose(record.smallest[s - 1], smallest, rtol=1e-12)
        # Two equal eigenvalues of a shear: a rounding error ε moves them by √ε.
        np.testing.assert_allclose(record.radius[s - 1], 0.9**s, rtol=1e-7)
        gain = np.linalg.norm(SHEAR["W"], 2)
        np.testing.assert_allclose(record.bound[s - 1], gain**s, rtol=1e-13)


def test_stretch_draws_its_record():
    """The lines of the picture are the record's numbers: path, ellipses and growth."""
    record = stretch.compute(**CURVED)
    figure = drawn(lambda figure: stretch.draw(figure, record))
    states, circle, growth = figure.axes
    path = next(line for line in states.lines if len(line.get_xydata()) == 5)
    np.testing.assert_array_equal(path.get_xydata(), record.states[:5])
    one, product = (line.get_xydata() for line in circle.lines if "step" in line.get_label())
    for points, s in ((one, 1), (product, 4)):
        radii = np.hypot(*points.T)
        # 181 points of the circle miss the ends of an axis by at most a degree: cos 1° = 0.9998.
        assert radii.max() == pytest.approx(record.largest[s - 1], rel=3e-4)
        assert radii.min() == pytest.approx(record.smallest[s - 1], rel=2e-2)
    drawn_series = {line.get_label(): line.get_ydata() for line in growth.lines}
    np.testing.assert_array_equal(drawn_series["bound"], record.bound)
    np.testing.assert_array_equal(drawn_series[r"$\sigma_{\max}$"], record.largest)
    np.testing.assert_array_equal(drawn_series[r"$\rho$"], record.radius)


def drawn_panels(**state):
    record = stretch.compute(**state)
    return record, drawn(lambda figure: stretch.draw(figure, record)).axes


def test_stretch_shows_every_size():
    """Weights of 3 at (4, 4): all twelve sizes lie within the axis, down to 10⁻⁴⁵."""
    record, (_, _, growth) = drawn_panels(W=[[3, 3], [3, 3]], x=[4, 4], steps=12, activation="tanh")
    low, high = growth.get_ylim()
    for series in (record.largest, record.radius, record.bound):
        assert ((low <= series) & (series <= high)).all()
    assert low < 1e-44
    assert growth.get_title() == "Size of the product"


def test_stretch_shows_zeros_on_the_lower_edge():
    """A logarithmic axis has no 0: they stand on its lower edge, and the title says so."""
    record, (_, _, growth) = drawn_panels(W=[[0, 3], [0, 0]], x=[1, 1], steps=2, activation="tanh")
    assert (record.largest[1:] == 0).all()
    assert growth.get_title().endswith("(0: on the lower edge)")
    marks = [line for line in growth.lines if line.get_transform() == growth.get_xaxis_transform()]
    # σ_max vanishes from the second step on, ρ from the first, and the bound never.
    found = sorted(line.get_xdata().tolist() for line in marks if len(line.get_xdata()) > 2)
    assert found == [list(range(1, 13)), list(range(2, 13))]


def test_stretch_points_to_states_outside():
    """A state beyond the plane leaves a mark on its edge, in its direction; one inside a dot."""
    state = {"W": [[3, 0], [0, 1.5]], "x": [1, 1], "steps": 3, "activation": "identity"}
    record, (states, _, _) = drawn_panels(**state)
    edge = stretch.EDGE
    marks = {line.get_marker(): line.get_xydata()[0] for line in states.lines[3:-1]}
    for point in record.states[1:4]:
        if np.abs(point).max() <= edge:
            np.testing.assert_array_equal(marks["o"], point)
        else:
            angle = np.degrees(np.arctan2(point[1], point[0])) - 90
            np.testing.assert_allclose(marks[(3, 0, angle)], point * edge / np.abs(point).max())
    assert len(marks) == 3


@pytest.mark.parametrize(("b", "says"), [([0, 0], "= 0"), ([0.5, -1], "= (0.5, -1)")])
def test_stretch_says_that_there_is_no_input(b, says):
    """Beside the states stands that there is no input, and which b there is."""
    _, (states, _, _) = drawn_panels(**CURVED, b=b)
    assert states.get_xlabel() == f"no input, $b$ {says}"


def test_a_singular_matrix_flattens_the_circle():
    """Parallel columns give σ_min = 0, not the rounding of 0.1·0.9 − 0.3·0.3."""
    W = [[0.1, 0.3], [0.3, 0.9]]
    assert W[0][0] * W[1][1] != W[0][1] * W[1][0]
    assert (stretch.compute(W, [1, 1], 4, "identity").smallest == 0).all()


def test_stretch_says_when_it_magnifies():
    """An image too small to see is drawn larger by a power of ten, and the legend says so."""
    record = stretch.compute([[0.5, 0], [0, 0.5]], [0, 0], 12, "logistic")
    figure = drawn(lambda figure: stretch.draw(figure, record))
    (label,) = [line.get_label() for line in figure.axes[1].lines if "drawn" in line.get_label()]
    exponent = int(re.search(r"10\^\{(-?\d+)\}", label)[1])
    (line,) = [line for line in figure.axes[1].lines if line.get_label() == label]
    assert np.hypot(*line.get_xydata().T).max() == pytest.approx(
        record.largest[11] * 10.0**exponent
    )
    assert 0.1 < record.largest[11] * 10.0**exponent < 1.4
    assert f"drawn 10^{exponent} times larger" in stretch.describe(record)


def test_stretch_draws_a_map_to_zero():
    """A product that sends the whole circle to 0 is drawn, and described as such, not refused."""
    shown = stretch.show(stretch.compute([[1, 0], [0, 1]], [-1, -1], 3, "relu"))
    assert "product of 3 steps has semi-axes 0 and 0" in shown.alt


def test_stretch_words_follow_the_data():
    """Every number of the alternative text is computed: another state gives another text."""
    record = stretch.compute(**CURVED)
    words = stretch.describe(record)
    J = np.array(CURVED["W"]) * (1 - np.tanh(CURVED["x"]) ** 2)
    largest, smallest = np.linalg.svd(J, compute_uv=False)
    assert f"semi-axes {largest:.3g} and {smallest:.3g}. The product of 4 steps" in words
    assert f"bound on its larger semi-axis is {record.bound[3]:.3g}" in words
    others = [
        {**CURVED, "x": [1.0, 0.6]},
        {**CURVED, "steps": 5},
        {**CURVED, "activation": "logistic"},
        {**CURVED, "W": [[1.1, -0.7], [0.5, 1.0]]},
        {**CURVED, "b": [0.1, 0.0]},
    ]
    assert len({words, *(stretch.describe(stretch.compute(**other)) for other in others)}) == 6
