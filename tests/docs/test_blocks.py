"""docs/blocks.md is generated from the code, and its commands run."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest

from hawx_hw.cli import main as cli

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "blocks.md").read_text()
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def test_page_is_current() -> None:
    page = runpy.run_path(str(DOCS / "generate_blocks.py"))["document"]()
    assert page == PAGE, "run: python docs/generate_blocks.py"


# Proofs, syntheses and imports have tests of their own.
@pytest.mark.parametrize("command", [c for c in COMMANDS if c[1] in ("list", "show")])
def test_commands(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    with pytest.raises(SystemExit) as end:
        cli.main(command)
    assert not end.value.code
