"""The example of docs/how-to/write-a-block.md is short, keeps the contract, and is proven."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import CODES
from hawx_hw.cli import main as cli
from hawx_hw.errors import UserError
from hawx_hw.simulation.simulators import find_simulator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-block.md"
NAME = "python:my_blocks:MiddleWeight"


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (text,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "my_blocks.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    yield text
    sys.modules.pop("my_blocks", None)


def test_length(code: str) -> None:
    assert len(code.splitlines()) < 40


def test_products(code: str) -> None:
    block = by_name(NAME)
    expected = [[(a - a % 8 + 4) * b for b in range(-128, 128)] for a in range(-128, 128)]
    assert np.array_equal(block.table, expected)
    factors = block.factors()
    assert factors is not None
    assert np.array_equal(factors[0] @ factors[1].T, np.multiply.outer(CODES // 8 * 8 + 4, CODES))


def test_commands(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    commands = [line.split()[1:] for line in blocks[0].splitlines()]
    assert [command[:3] for command in commands] == [
        ["blocks", "show", NAME],
        ["blocks", "prove", NAME],
    ]
    # The quicker simulator for one small circuit.
    try:
        commands[1] += ["--simulator", find_simulator("icarus").name]
    except UserError:
        commands[1] += ["--simulator", "verilator"]
    for command in commands:
        with pytest.raises(SystemExit) as end:
            cli.main(command)
        assert not end.value.code, capsys.readouterr().err
    assert (tmp_path / "errors.png").is_file()
    (tmp_path / "my_blocks.py").write_text(code.replace("as_signed() * self.b", "as_signed()"))
    sys.modules.pop("my_blocks")
    with pytest.raises(SystemExit) as end:
        cli.main(commands[1])
    assert end.value.code == 1
    assert "1 of 1 proofs failed" in capsys.readouterr().err
