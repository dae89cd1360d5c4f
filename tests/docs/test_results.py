"""docs/results.md lists what every page has measured."""

from __future__ import annotations

import re
from datetime import date

from tests.docs.pages import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "results.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| \[[^\]]+\]\(([^)]+)\) \| `([^`]+)` \| ([\d-]+) \|$", PAGE, re.MULTILINE)
#: Commands that break things, or compare two folders: no table comes of them.
WITHOUT_A_TABLE = {"mutations"}


def scripts(text: str) -> set[str]:
    """Names of the benchmarks that a page shows the command of."""
    return set(re.findall(r"python benchmarks/(\w+)\.py", text))


def test_every_benchmark_of_a_page_is_listed() -> None:
    for page in DOCS.rglob("*.md"):
        missing = scripts(page.read_text("utf-8")) - scripts(PAGE) - WITHOUT_A_TABLE
        assert sorted(missing) == [], page


def test_every_line_has_a_page_with_its_command_and_a_day() -> None:
    assert len(LINES) == PAGE.count("| 2026-") > 30
    for target, command, day in LINES:
        text = (DOCS / target.partition("#")[0]).read_text("utf-8")
        name = re.match(r"python (benchmarks/\w+\.py)|hawx (\w+ ?\w+)", command)
        assert name is not None, command
        words = name[1] or name[2].replace(" CONFIG", "")
        assert words.split()[0] in text, f"{target} has nothing of {command}"
        date.fromisoformat(day)
