"""Explorables: figures that a reader moves, in a notebook and in a page without a kernel.

A folder with a ``widget.py`` is an explorable; nobody keeps a list.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    """The names of all explorables, in alphabetical order."""
    return sorted(path.parent.name for path in HERE.glob("*/widget.py"))


def explorable(name: str) -> type:
    """The widget class of that name."""
    from book_utils.widgets.base import Explorable

    if name not in names():
        raise ValueError(f"explorable: got {name!r}, expects one of {', '.join(names())}")
    module = import_module(f"{__name__}.{name}.widget")
    found = [c for c in vars(module).values() if isinstance(c, type) and c is not Explorable]
    return next(c for c in found if issubclass(c, Explorable))


def kernel_text(name: str) -> str:
    """The text that kernel.js of that explorable has to have."""
    from book_utils.widgets.codegen import kernel

    package = f"{__name__}.{name}"
    return kernel(package, import_module(f"{package}.kernel").formulas())


def export(folder: Path) -> list[Path]:
    """Write what a page without a kernel loads: the runtime, and a module per explorable."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {name: explorable(name).module() for name in names()}
    texts["runtime"] = (HERE / "runtime.js").read_text(encoding="utf-8")
    written = []
    for name, text in sorted(texts.items()):
        written.append(folder / f"{name}.js")
        written[-1].write_text(text, encoding="utf-8")
    return written
