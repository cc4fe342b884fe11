"""Plain links to a numbered statement: ``[text](chapter.ipynb#label)``.

Such a link works in a notebook and on GitHub as well, where the role ``prf:ref`` would be shown
as it is typed. Myst looks for the label among the headings of the chapter only; here the
statements join them.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


def add_statements(app: Sphinx, _doctree: nodes.document) -> None:
    docname = app.env.docname
    slugs = dict(app.env.metadata[docname].get("myst_slugs", {}))
    for label, statement in getattr(app.env, "proof_list", {}).items():
        if statement["docname"] == docname:
            slugs[label] = (0, label, label)
    app.env.metadata[docname]["myst_slugs"] = slugs


def setup(app: Sphinx) -> dict:
    app.connect("doctree-read", add_statements)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
