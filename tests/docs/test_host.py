"""The page of the tops and of the host program."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from hawx_hw.cli.main import app
from hawx_hw.host.protocol import SILENCE_SECONDS, Command, Status
from tests.host.networks import lenet5_on_an_array

PAGE = (Path(__file__).parents[2] / "docs" / "host.md").read_text("utf-8")


def test_the_statuses() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert {name: int(number) for number, name in rows} == dict(Status.__members__)
    broken = min(status for status in Status if status >= Status.BAD_CRC)
    assert f"statuses from {broken} on" in PAGE


def test_the_commands() -> None:
    rows = re.findall(r"^\| `(.)` (\w+) \|", PAGE, re.MULTILINE)
    assert rows == [(each.value.decode(), each.name.lower()) for each in Command]


def test_the_silence() -> None:
    assert f"silent for {SILENCE_SECONDS} to {2 * SILENCE_SECONDS} s" in PAGE


def test_the_options() -> None:
    command = typer.main.get_command(app)
    options = {
        name
        for parameter in command.commands["host"].params
        for name in parameter.opts
        if name.startswith("--") and name not in ("--debug", "--help")
    }
    assert set(re.findall(r"^\| `(--\w+)", PAGE, re.MULTILINE)) == options


def test_the_bytes_of_an_image() -> None:
    signature = lenet5_on_an_array().signature()
    each = signature.image_layout.bytes + signature.result_layout.bytes + 2
    assert f": {each} for LeNet-5" in PAGE
    assert (2048 // each, 3 * 2048 // each) == (2, 7)
