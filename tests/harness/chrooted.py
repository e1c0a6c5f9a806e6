"""A Dockerfile's steps, carried out without an engine: each stage on a layer of its own above this machine's own files.

Where an engine takes `FROM python:3.11-slim` from a registry, this takes the machine, with the Python that runs the tests. All
else is done as it is written, as root within a mount namespace and a chroot: RUN, COPY, WORKDIR, ENV, USER. What a step writes
goes into the layer, and nothing into the machine. Source: Dockerfile reference; Linux, "overlayfs", "unshare(1)".
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

from dockerfile_parse import DockerfileParser

MOUNT = """set -e
mount -t overlay overlay -o lowerdir=/,upperdir={layer}/upper,workdir={layer}/work {layer}/root
mount --rbind /dev {layer}/root/dev
mount -t proc proc {layer}/root/proc
cd {layer}/root
exec chroot {layer}/root {words}"""
# The ways to packages that this machine has; what was fetched once is taken from pip's cache.
OURS = ("HOME", "LANG", "PIP_", "SSL_CERT", "REQUESTS_CA", "http", "HTTP", "no_proxy", "NO_PROXY")
PATIENCE = 300
OUR_PYTHON = Path(sys.base_prefix, "bin", "python")  # Under the name that it has in an image.


def why_not() -> str:
    """Why steps can't be carried out here; empty when they can."""
    lacking = [tool for tool in ("unshare", "mount", "chroot") if not shutil.which(tool)]
    if lacking:
        return f"{', '.join(lacking)} is missing"
    if os.geteuid() != 0:
        return "only root may mount layers and change users"
    if "overlay" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        return "the kernel has no overlay"
    return "" if _has_pip(OUR_PYTHON) else f"{OUR_PYTHON} is missing or has no pip, which the image's Python has"


def _has_pip(python: Path) -> bool:
    return python.exists() and subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0  # noqa: S603, PLW1510


class Stage:
    """One stage: its layer, and what its instructions have set so far."""

    def __init__(self, name: str, folder: Path, context: Path) -> None:
        self.name = name
        self._layer = folder / f"stage-{name}"
        self._context = context
        for part in ("upper", "work", "root"):
            (self._layer / part).mkdir(parents=True)
        self.settings = {"PATH": f"{OUR_PYTHON.parent}:{os.environ['PATH']}"}
        self.folder, self.user = Path("/"), "0:0"
        self._let_everybody_reach(OUR_PYTHON.parent)

    def _let_everybody_reach(self, python: Path) -> None:
        """An image's Python is everybody's; this machine's may be at a place that is its owner's alone."""
        closed = [place for place in python.parents if not place.stat().st_mode & stat.S_IXOTH]
        if closed:
            self.run(["chmod", "o+x", *map(str, closed)])

    def path(self, inside: str) -> Path:
        """Where something that this stage has written stands on the machine."""
        return self._layer / "upper" / inside.lstrip("/")

    def take(self, instruction: str, value: str, others: dict[str, Stage]) -> None:
        """One instruction; raises CalledProcessError when it fails. What only describes the image changes nothing here."""
        if instruction == "RUN":
            self.run(["sh", "-c", value])
        elif instruction == "COPY":
            self._copy(shlex.split(value), others)
        elif instruction == "WORKDIR":
            self.folder /= value
            self.path(str(self.folder)).mkdir(parents=True, exist_ok=True)
        elif instruction == "ENV":
            pairs = (pair.split("=", 1) for pair in shlex.split(value))
            self.settings |= {name: Template(text).safe_substitute(self.settings) for name, text in pairs}
        elif instruction == "USER":
            self.user = value

    def _copy(self, words: list[str], others: dict[str, Stage]) -> None:
        start = next((word.partition("=")[2] for word in words if word.startswith("--from=")), "")
        *sources, target = [word for word in words if not word.startswith("--")]
        for source in sources:
            found = others[start].path(source) if start else self._context / source
            place = self.path(str(self.folder / target))
            if found.is_dir():
                if start:  # Of a stage that is over, whose files nobody changes any more.
                    shutil.copytree(found, place, symlinks=True, copy_function=os.link)
                else:
                    shutil.copytree(found, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                into = place / found.name if target.endswith("/") else place
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, into)

    def run(self, words: list[str], *, check: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        """A command in this stage, as its user; `more` are further environment variables."""
        user, _, group = self.user.partition(":")
        inside = ["env", "-i", *(f"{name}={value}" for name, value in (self._machine() | self.settings | more).items())]
        shown = f"cd {shlex.quote(str(self.folder))} && exec {shlex.join(words)}"
        script = MOUNT.format(
            layer=shlex.quote(str(self._layer)),
            words=shlex.join(
                ["setpriv", "--reuid", user, "--regid", group or user, "--clear-groups", *inside, "sh", "-c", shown]
            ),
        )
        return subprocess.run(  # noqa: S603  The Dockerfile's own words.
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],  # noqa: S607  Whichever the machine has.
            capture_output=True,
            text=True,
            check=check,
            timeout=PATIENCE,
        )

    def _machine(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name.startswith(OURS)} | {"PIP_NO_CACHE_DIR": "0"}


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """(INSTRUCTION, value) in order, as a parser of Dockerfiles reads them."""
    structure: list[dict[str, Any]] = DockerfileParser(path=str(dockerfile)).structure
    return ((item["instruction"], item["value"]) for item in structure if item["instruction"] != "COMMENT")


def built(dockerfile: Path, folder: Path) -> Stage:
    """The last stage, with everything done that stands in the file; raises CalledProcessError, whose `stderr` says more."""
    stages: dict[str, Stage] = {}
    for instruction, value in instructions(dockerfile):
        if instruction == "FROM":
            name = value.partition(" AS ")[2] or str(len(stages))
            stages[name] = Stage(name, folder, dockerfile.parent)
        else:
            stages[name].take(instruction, value, stages)
    return stages[name]
