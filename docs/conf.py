"""How Sphinx builds the documentation site: nox -s site.

The source folder is that of the project, so that a link from page to page is the same here and in the repository.
"""

from __future__ import annotations

from pathlib import Path

import tomllib

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"

project = "keras2to3"
release = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_nb", "sphinx_copybutton"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "docs/**.ipynb", "examples/*.md"]
exclude_patterns = [".*", "build", "migrated"]

myst_heading_anchors = 6  # a link names a heading as it does in the repository
nb_execution_mode = "off"  # the tests run the notebook

html_theme = "furo"
html_title = f"keras2to3 {release}"
html_extra_path = ["redirect"]  # the root of the site leads to the first page
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
