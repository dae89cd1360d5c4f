"""The page names tests and code that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_everything_named_is_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    names = re.findall(r"`((?:tests|hawx_hw)/[\w./]+)`", text)
    assert len(names) > 20
    assert [name for name in names if not (ROOT / name).exists()] == []
