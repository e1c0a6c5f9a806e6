"""The site is built strictly, and what stands outside of it leads to where it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation.pages import DOCS, ROOT, links, pages
from tests.harness.tables import each_of

STRICT = ("--fail-on-warning", "--keep-going", "--nitpicky", "--quiet")


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "sphinx", "-b", "dirhtml", *STRICT, "-d", str(target / "trees")]
    return subprocess.run(  # noqa: S603  Sphinx, as `make docs` runs it.
        [*words, str(source), str(target / "html")], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; every warning is an error."""
    target = tmp_path_factory.mktemp("site")
    done = build(DOCS, target)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return target / "html"


def test_every_page_is_in_the_site_and_in_its_list_of_contents(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        place = page.relative_to(DOCS).with_suffix("")
        if place.name != "index":
            assert (site / place / "index.html").is_file(), place
            assert f'href="{place}/"' in home, f"{place} stands in no list of docs/index.md"


def test_the_site_asks_nothing_of_other_hosts(site: Path) -> None:
    """Whoever reads it inside of a company tells nobody."""
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img)[^>]* (?:src|href)="(https?:[^"]+)"', page.read_text(encoding="utf-8")
        )
        assert loaded == [], page


def test_links_to_nowhere_end_the_build(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    shutil.copytree(DOCS / "_static", source / "_static")
    conf = (DOCS / "conf.py").read_text(encoding="utf-8").replace("furo", "basic")
    (source / "conf.py").write_text(conf.replace("Path(__file__).parents[1]", f'Path("{ROOT}")'), encoding="utf-8")
    wrong = "[nowhere](nowhere.md) and [no such part](index.md#no-such-part)"
    (source / "index.md").write_text(f"# Home\n\n{wrong}\n", encoding="utf-8")
    done = build(source, tmp_path)
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr
    assert "no-such-part" in done.stderr


@each_of("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    """As they are followed where the repository is read, which knows no site."""
    gone = [target for target in links(page) if not (page.parent / target.partition("#")[0]).exists()]
    assert gone == []


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    readme = ROOT / "README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 70
    led_to = {(readme.parent / target).resolve() for target in links(readme)}
    everything = {page for page in DOCS.rglob("*.md") if page.name not in ("index.md", "where-what-belongs.md")}
    assert everything - led_to == set()


def test_make_docs_builds_it_as_strictly() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (line,) = [line for line in makefile.splitlines() if "-m sphinx" in line]
    assert set(STRICT) <= set(line.split())
