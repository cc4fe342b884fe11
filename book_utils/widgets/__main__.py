"""``python -m book_utils.widgets`` prints the arithmetic of every explorable as kernel.js."""

from book_utils.widgets import HERE, kernel_text, names

for name in names():
    path = HERE / name / "kernel.js"
    # A widget reads its kernel when it is imported, so there has to be one.
    path.touch()
    text = kernel_text(name)
    path.write_text(text, encoding="utf-8")
    print(f"{name}/kernel.js: {len(text.encode())} bytes")
