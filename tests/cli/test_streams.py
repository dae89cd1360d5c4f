"""Standard output and error that are closed, full, or without a reader."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hawx_hw

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(hawx_hw.__file__).parents[1])}
PREFIX = "hawx: Standard output cannot be written: "
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which ``hawx`` is the command; ``$?`` comes last on standard error."""
    command = f"hawx() {{ '{sys.executable}' -m hawx_hw \"$@\"; }}\n{line}\necho $? >&3"
    return subprocess.run(
        ["bash", "-c", f"exec 3>&2\n{command}"],
        env=ENVIRONMENT | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("hawx schema > /dev/full", "No space left on device.", marks=full),
        pytest.param("hawx --version > /dev/full", "No space left on device.", marks=full),
        ("hawx schema >&-", "Bad file descriptor."),
    ],
)
def test_output_that_cannot_be_written(line: str, message: str) -> None:
    assert shell(line).stderr.splitlines() == [PREFIX + message, "2"]


def test_all_streams_closed() -> None:
    """No file that is opened gets the number of one of them."""
    assert shell("hawx schema <&- >&- 2>&-").stderr == "2\n"


@pytest.mark.parametrize("target", [pytest.param("> /dev/full", marks=full), ">&-"])
def test_messages_that_cannot_be_written_change_no_status(target: str) -> None:
    assert shell(f"hawx run nothing 2{target}").stderr == "2\n"
    done = shell(f"hawx --version 2{target}")
    assert (done.stdout[:5], done.stderr) == ("hawx ", "0\n")


def test_a_reader_that_has_gone_is_no_failed_verification() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "hawx_hw", "schema"],
            env=ENVIRONMENT, stdout=gone, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (141, "")


def test_characters_that_the_encoding_lacks() -> None:
    code = (
        "from hawx_hw.cli.streams import protect_streams; protect_streams(); print('5 \\u00d7 5')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=True
    )
    assert done.stdout == b"5 \\xd7 5\n"
