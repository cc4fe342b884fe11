"""What every explorable is: a live widget beside a still picture of the same state.

In JupyterLab, Binder and Colab the widget view is shown. A stored notebook and the published page
keep the still figure with its state; there ``runtime.js`` puts the live view in its place.
"""

from __future__ import annotations

import inspect
import json
import re
from abc import abstractmethod
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from book_utils import validate
from book_utils.figures import Still

HERE = Path(__file__).parent


class Explorable(anywidget.AnyWidget):
    """A widget whose folder holds ``view.js`` and ``style.css`` and the generated ``kernel.js``.

    Its state is what its traits tagged ``state=True`` hold.
    """

    name: ClassVar[str]
    _view: ClassVar[str]
    _style: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # traitlets makes a subclass for each instance; its traits must not be covered again.
        if Explorable in cls.__bases__:
            folder = Path(inspect.getfile(cls)).parent
            cls.name = folder.name
            cls._esm = cls._view = bundle(folder)
            cls._css = cls._style = _read(HERE / "shared" / "explorable.css") + _read(
                folder / "style.css"
            )
        super().__init_subclass__(**kwargs)

    @abstractmethod
    def still(self) -> Still:
        """The picture of the present state."""

    def state(self) -> dict[str, Any]:
        """What the view needs to start where the widget stands."""
        return self.trait_values(state=True)

    @classmethod
    def module(cls) -> str:
        """The module for a page without a kernel: the view, with its style as an export."""
        css = json.dumps(cls._style, ensure_ascii=False)
        return f"{cls._view}\nexport const css = {css};\n"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        still = self.still()
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data["text/html"] = self._figure(still)
        # Without the address that a repr has, so that a stored output stays the same.
        data["text/plain"] = f"Explorable: {still.caption}"
        return data, metadata

    def _figure(self, still: Still) -> str:
        state = json.dumps(self.state(), sort_keys=True)
        return (
            f'<figure class="explorable" data-explorable="{self.name}" '
            f'data-state="{escape(state)}">{still.image()}'
            f"<figcaption>{escape(still.caption)}"
            "<noscript> Scripts are off, so this figure stands still.</noscript>"
            "</figcaption></figure>"
        )


class Numbers(traitlets.TraitType):
    """Numbers within ±limit in an array of one shape, kept as nested lists for the front end.

    The shape () is that of a single number.
    """

    def __init__(self, default: Any, *, shape: tuple[int, ...], limit: float) -> None:
        self.shape, self.limit = shape, limit
        super().__init__(default_value=default)

    def validate(self, obj: Any, value: Any) -> list:
        name = self.name or "value"
        array = validate.array(name, value, self.shape)
        if abs(array).max() > self.limit:
            what = "numbers" if self.shape else "a number"
            raise ValueError(
                f"{name}: got {value!r}, expects {what} from {-self.limit:g} to {self.limit:g}"
            )
        return array.astype(float).tolist()


class Within(traitlets.Float):
    """A number from ``low`` to ``high``."""

    def __init__(self, default: float, low: float, high: float) -> None:
        self.low, self.high = low, high
        super().__init__(default_value=default)

    def validate(self, obj: Any, value: Any) -> float:
        if not self.low <= super().validate(obj, value) <= self.high:
            raise ValueError(f"{self.name}: got {value:g}, expects {self.low:g} to {self.high:g}")
        return float(value)


class Count(traitlets.Int):
    """A whole number from ``low`` to ``high``."""

    def __init__(self, default: int, low: int, high: int) -> None:
        self.low, self.high = low, high
        super().__init__(default_value=default)

    def validate(self, obj: Any, value: Any) -> int:
        if not self.low <= super().validate(obj, value) <= self.high:
            raise ValueError(f"{self.name}: got {value}, expects {self.low} to {self.high}")
        return int(value)


class Choice(traitlets.Unicode):
    """One of some names."""

    def __init__(self, default: str, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(default_value=default)

    def validate(self, obj: Any, value: Any) -> str:
        if value not in self.names:
            known = ", ".join(self.names)
            raise ValueError(f"{self.name}: got {value!r}, expects one of {known}")
        return value


IMPORT = re.compile(r'^import\s+(\{[^}]*\})\s+from\s+"([^"]+)";\n', flags=re.MULTILINE)
EXPORT = re.compile(r"^export (?:const|function) (\w+)", flags=re.MULTILINE)


def bundle(folder: Path) -> str:
    """The view with all it imports, as one module: a notebook cannot load files beside it.

    Each imported file becomes an object that holds its exports, after the files that it imports
    itself. What it does not export stays inside, so no two files can take each other's names.
    """
    bundled: dict[Path, str] = {}

    def linked(path: Path) -> str:
        """The text of a file, with names taken from objects in place of its imports."""
        text = _read(path)
        for _, source in IMPORT.findall(text):
            add((path.parent / source).resolve())
        return IMPORT.sub(lambda found: f"const {found[1]} = {_object(found[2])};\n", text)

    def add(path: Path) -> None:
        if path not in bundled:
            text = linked(path)
            exports = ", ".join(EXPORT.findall(text))
            inside = re.sub(r"^export ", "", text, flags=re.MULTILINE)
            bundled[path] = (
                f"const {_object(path.name)} = (() => {{\n{inside}return {{ {exports} }};\n}})();\n"
            )

    view = linked(folder / "view.js")
    return "\n".join([*bundled.values(), view])


def _object(source: str) -> str:
    return f"${Path(source).stem}"


def _read(path: Path) -> str:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path.parent.name}/{path.name} is missing; an explorable needs view.js, style.css "
            "and kernel.js, which `python -m book_utils.widgets` makes"
        )
    return path.read_text(encoding="utf-8")
