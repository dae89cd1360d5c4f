"""The versions in constraints.txt are those of every Python that the package promises."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]


def test_pins_admit_the_oldest_python() -> None:
    """An environment is set up with the system's Python, such as Debian 12's 3.11.2."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    pins = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    checked = 0
    for name, version in pins:
        try:
            stated = metadata(name)
        except PackageNotFoundError:
            continue
        if stated["Version"] == version:
            assert oldest in SpecifierSet(stated["Requires-Python"] or ""), (name, version)
            checked += 1
    assert checked > 100
