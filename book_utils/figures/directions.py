"""How far matrices with the same eigenvalues stretch: the unit circle and its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils import validate
from book_utils.figures.still import BLUE, FAINT, GREEN, ORANGE, Still, drawn

POINTS = 240


@dataclass(frozen=True)
class Image:
    """What one matrix does to the unit circle; columns of ``ellipse`` are points."""

    matrix: np.ndarray
    ellipse: np.ndarray
    norm: float
    farthest: np.ndarray
    """The image of the direction that is stretched most: its length is the norm."""
    radius: float
    along: np.ndarray | None
    """The image of an eigenvector for the largest eigenvalue, if that is real."""


@dataclass(frozen=True)
class Record:
    images: dict[str, Image]


def compute(matrices: Mapping[str, Sequence[Sequence[float]]]) -> Record:
    """The images of the unit circle under 2 by 2 matrices, by their names."""
    angles = np.linspace(0, 2 * np.pi, POINTS + 1)
    circle = np.array([np.cos(angles), np.sin(angles)])
    return Record({name: _image(A, circle) for name, A in matrices.items()})


def _image(matrix: Sequence[Sequence[float]], circle: np.ndarray) -> Image:
    A = validate.array("matrix", matrix, (2, 2)).astype(float)
    left, stretches, _ = np.linalg.svd(A)
    values, vectors = np.linalg.eig(A)
    largest = int(np.argmax(np.abs(values)))
    real = np.isreal(values[largest])
    along = _upward(A @ np.real(vectors[:, largest])) if real else None
    farthest = _upward(stretches[0] * left[:, 0])
    return Image(A, A @ circle, stretches[0], farthest, np.abs(values).max(), along)


def _upward(point: np.ndarray) -> np.ndarray:
    """Of a point and its negative the one to the right, so that the picture is always the same."""
    return point if point[0] > 0 or (point[0] == 0 and point[1] > 0) else -point


def draw(figure: Figure, record: Record) -> None:
    """One panel for each matrix, all to one scale."""
    places = figure.subplots(1, len(record.images), squeeze=False)[0]
    edge = 1.1 * max(np.abs(image.ellipse).max() for image in record.images.values())
    for ax, (name, image) in zip(places, record.images.items(), strict=True):
        _draw_one(ax, image, edge)
        ax.set_title(
            f"{name}\n$\\sigma_{{\\max}}$ = {image.norm:.2f}, $\\rho$ = {image.radius:.2f}"
        )
    lines = {line.get_label(): line for ax in places for line in ax.lines}
    figure.legend(lines.values(), lines, loc="outside lower center", ncols=2)


def _draw_one(ax: Axes, image: Image, edge: float) -> None:
    ticks = range(-int(edge), int(edge) + 1)
    ax.set(xlim=(-edge, edge), ylim=(-edge, edge), aspect="equal", xticks=ticks, yticks=ticks)
    angles = np.linspace(0, 2 * np.pi, POINTS + 1)
    ax.plot(np.cos(angles), np.sin(angles), color=FAINT, linewidth=1.2, label="unit circle")
    ax.plot(*image.ellipse, color=BLUE, label="its image")
    ax.plot(*_from_zero(image.farthest), color=ORANGE, label=r"farthest, $\sigma_{\max}$")
    if image.along is not None:
        ends = _from_zero(image.along)
        ax.plot(*ends, color=GREEN, linestyle=(0, (3, 2)), label=r"eigenvector, $\rho$")


def _from_zero(point: np.ndarray) -> np.ndarray:
    return np.column_stack([np.zeros(2), point])


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for name, image in record.images.items():
        (a, b), (c, d) = image.matrix
        where = ""
        if image.along is not None:
            where = f", {_angle(image):.0f} degrees from the eigenvector's image"
        parts.append(
            f"{name}, [[{a:g}, {b:g}], [{c:g}, {d:g}]]: the farthest point of the image is "
            f"{image.norm:.3g} from the centre{where}; the spectral radius is {image.radius:.3g}"
        )
    return "The unit circle and its image under each matrix. " + ". ".join(parts)


def _angle(image: Image) -> float:
    """Between the farthest point and the eigenvector's image, in degrees, at most 90."""
    both = abs(image.farthest @ image.along)
    lengths = np.linalg.norm(image.farthest) * np.linalg.norm(image.along)
    return abs(float(np.degrees(np.arccos(min(1.0, both / lengths)))))


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The image of the unit circle under each matrix (blue). Orange: to the farthest point of "
        "the image; its distance is the norm. Green, dashed: the image of the eigenvector for the "
        "largest eigenvalue; its distance is the spectral radius. Where the two coincide, green "
        "lies on orange."
    )
    figure = drawn(lambda figure: draw(figure, record), (4.2, 3.2))
    return Still(figure, describe(record) + ".", caption)
