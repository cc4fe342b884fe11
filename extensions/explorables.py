"""Explorables without a kernel: a Sphinx extension.

A stored notebook holds each explorable as a still figure with its state. This writes the modules
that bring them to life into ``_static/explorables`` and loads the runtime on the pages that
show one, and on no other.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from book_utils import widgets

FOLDER = "explorables"

logger = logging.getLogger(__name__)


def write_modules(app: Sphinx) -> None:
    """Write them before the pages: a page's link to a script carries the script's checksum."""
    if app.builder.format == "html":
        widgets.export(Path(app.outdir) / "_static" / FOLDER)


def add_runtime(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the runtime on a page that shows an explorable."""
    shown = set(re.findall(r'data-explorable="([^"]*)"', context.get("body", "")))
    for name in sorted(shown - set(widgets.names())):
        known = ", ".join(widgets.names())
        logger.warning("explorable: got %r, expects one of %s", name, known, location=pagename)
    if shown:
        app.add_js_file(f"{FOLDER}/runtime.js", type="module")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the two steps with Sphinx."""
    app.connect("builder-inited", write_modules)
    app.connect("html-page-context", add_runtime)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
