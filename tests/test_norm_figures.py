"""The figures of the chapter on norms: their data are what they say, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.figures import directions, gelfand

PAIR = {"normal": [[1.5, 0.5], [0.5, 1.5]], "not normal": [[2, 3], [0, 1]]}
THREE = {
    "normal": [[0.7, 0.2], [0.2, 0.7]],
    "two eigenvalues": [[0.9, 10], [0, 0.5]],
    "one eigenvalue": [[0.9, 10], [0, 0.9]],
}


@pytest.fixture(scope="module")
def images():
    return directions.compute(PAIR)


@pytest.fixture(scope="module")
def roots():
    return gelfand.compute(THREE)


def test_no_point_of_the_image_is_farther_than_the_norm(images):
    """The ellipse reaches to the norm and not beyond, and the marked point lies on that circle."""
    for image in images.images.values():
        lengths = np.linalg.norm(image.ellipse, axis=0)
        assert lengths.max() <= image.norm * (1 + 1e-12)
        assert lengths.max() == pytest.approx(image.norm, rel=1e-3)  # 240 points of a circle
        assert np.linalg.norm(image.farthest) == pytest.approx(image.norm, rel=1e-12)


def test_the_image_of_the_eigenvector_is_as_long_as_the_radius(images):
    """An eigenvector of length 1 is stretched by ρ; for the normal matrix that is the norm."""
    for image in images.images.values():
        assert np.linalg.norm(image.along) == pytest.approx(image.radius, rel=1e-12)
        assert image.radius == pytest.approx(2, rel=1e-12)
    assert images.images["normal"].norm == pytest.approx(2, rel=1e-12)
    assert images.images["not normal"].norm == pytest.approx(np.sqrt(7 + np.sqrt(45)), rel=1e-12)


def test_a_rotation_has_no_direction_to_mark():
    """Where the largest eigenvalue is complex there is no real eigenvector, and none is drawn."""
    record = directions.compute({"rotation": [[0, -1], [1, 0]]})
    assert record.images["rotation"].along is None
    figure = Figure()
    directions.draw(figure, record)
    assert len(figure.axes[0].lines) == 3
    assert "degrees" not in directions.describe(record)


def test_the_circles_show_their_data(images):
    """Ellipse, farthest point and eigenvector are drawn where they are."""
    figure = Figure()
    directions.draw(figure, images)
    for ax, image in zip(figure.axes, images.images.values(), strict=True):
        _, ellipse, farthest, along = ax.lines
        np.testing.assert_array_equal(ellipse.get_xydata().T, image.ellipse)
        np.testing.assert_array_equal(farthest.get_xydata()[1], image.farthest)
        np.testing.assert_array_equal(along.get_xydata()[1], image.along)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 4


def test_roots_are_those_of_the_powers(roots):
    """Each root is that of the norm of the matrix power, and never below the radius."""
    for name, matrix in THREE.items():
        for k in (1, 2, 7, 40):
            power = np.linalg.norm(np.linalg.matrix_power(np.array(matrix), k), 2)
            assert roots.roots[name][k - 1] == pytest.approx(power ** (1 / k), rel=1e-12)
        assert roots.radius[name] == pytest.approx(0.9, rel=1e-7)
        assert roots.roots[name].min() > 0.9 * (1 - 1e-12)


def test_roots_come_down_to_the_radius_in_their_own_time(roots):
    """A normal matrix is there at once; with a double eigenvalue it takes longest."""
    last = {name: values[-1] for name, values in roots.roots.items()}
    assert last["normal"] == pytest.approx(0.9, rel=1e-12)
    assert 0.9 < last["two eigenvalues"] < last["one eigenvalue"] < 1


def test_roots_of_a_vanishing_power_are_refused():
    """A matrix with a power 0 has no place on a logarithmic axis, and is refused by name."""
    with pytest.raises(ValueError, match=r"shift: got a matrix with A\^2 = 0"):
        gelfand.compute({"shift": [[0, 1], [0, 0]]})


def test_the_lines_show_their_data(roots):
    """Each line is the record's, and a thin line stands at the radius."""
    figure = Figure()
    gelfand.draw(figure, roots)
    *lines, thin = figure.axes[0].lines
    for line, values in zip(lines, roots.roots.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert thin.get_ydata()[0] == pytest.approx(0.9)


def test_the_words_follow_the_data(images, roots):
    """Alternative texts are computed: other data, other numbers in them."""
    assert "3.7 from the centre" in directions.describe(images)
    other = {name: replace(image, norm=7.25) for name, image in images.images.items()}
    assert "7.25 from the centre" in directions.describe(replace(images, images=other))
    assert "10.1 at k = 1" in gelfand.describe(roots)
    doubled = {name: 2 * values for name, values in roots.roots.items()}
    assert "20.2 at k = 1" in gelfand.describe(replace(roots, roots=doubled))
    assert directions.show(images).alt
    assert gelfand.show(roots).alt
