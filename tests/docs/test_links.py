"""Links, paths and commands on the pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from hawx_hw.cli import main as cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_PATH = re.compile(r"`((?:hawx_hw|benchmarks|configs|docs|tests|sim|rtl_templates)/[\w./]*)`")
_COMMAND = re.compile(r"\bhawx ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?")


def anchors(page: Path) -> set[str]:
    """Anchors of the headings of a page, by GitHub's rule."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        path = page.parent / target if target else page
        assert path.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(path), f"{page.name} links to {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths(page: Path) -> None:
    for path in _PATH.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), f"{page.name} names {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands(page: Path) -> None:
    commands = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    # A summary has a line of hawx scores.
    code = re.findall(
        r"`hawx [^`]*`|^(?:    )?hawx (?!scores  ).*$",
        page.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    for line in code:
        for name, second in _COMMAND.findall(line.split("#")[0]):
            assert name in commands, f"{page.name}: {line}"
            if hasattr(commands[name], "commands") and second:
                assert second in commands[name].commands, f"{page.name}: {line}"
