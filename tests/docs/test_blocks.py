"""docs/blocks.md: its formulas are right, and its commands run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from hawx_hw.blocks import Block
from hawx_hw.cli import main as cli
from tests.blocks.arithmetic.test_sign_magnitude import Pair, UnsignedPair

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "blocks.md").read_text()
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def s(code: int) -> int:
    """The sign, in the page's own words."""
    assert "`s(x)` is -1 for negative numbers and 1 for all others, also for 0" in " ".join(
        PAGE.split()
    )
    return -1 if code < 0 else 1


@pytest.mark.parametrize(
    ("block", "formula"), [(Pair(), r"s\(a\) s\(b\) U.*?"), (UnsignedPair(), r"s\(a\) U.*?")]
)
@pytest.mark.parametrize("a", [-128, -1, 0, 127])
@pytest.mark.parametrize("b", [-128, -1, 0, 127])
def test_formulas_of_sign_and_magnitude(block: Block, formula: str, a: int, b: int) -> None:
    """They state the hardware's products, also where a factor is 0 and the product is not."""
    match = re.search(f"`({formula})`", PAGE)
    assert match is not None
    text = re.sub(r"\|(\w)\|", r"abs(\1)", match[1]).replace(") ", ") * ")
    names = {"s": s, "U": lambda x, y: 256 * x + y, "a": a, "b": b, "u": b + 128}
    assert eval(text, names) == block.raw_table[a + 128, b + 128]


# Proofs, syntheses and imports have tests of their own.
@pytest.mark.parametrize("command", [c for c in COMMANDS if c[1] in ("list", "show")])
def test_commands(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    with pytest.raises(SystemExit) as end:
        cli.main(command)
    assert not end.value.code
