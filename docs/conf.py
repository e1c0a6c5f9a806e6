"""The site: `make docs` builds it, and any warning (a link to nowhere, a page that no list names) ends the build.

Source: Sphinx documentation, "Configuration"; MyST-Parser documentation, "Configuration".
"""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = PROJECT["name"]
release = version = PROJECT["version"]
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
nitpicky = True
myst_heading_anchors = 4
smartquotes = False  # Flags are written with two hyphens, and rules with straight quotes.
html_theme = "furo"
html_title = f"orgbot {version}"
html_show_copyright = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["wrap.css"]
