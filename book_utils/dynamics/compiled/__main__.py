"""``python -m book_utils.dynamics.compiled`` prints the activations as activations.h."""

from pathlib import Path

from book_utils.dynamics.compiled.codegen import header

(Path(__file__).parent / "activations.h").write_text(header(), encoding="utf-8")
