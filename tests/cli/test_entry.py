"""The start of the command: signals while it imports, and what its children inherit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import hawx_hw

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(hawx_hw.__file__).parents[1])}
#: Sends a signal to itself when a library is imported.
INTERRUPTED = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Finder())
{before}
from hawx_hw.cli.entry import main
main()
"""


def start(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_libraries_are_imported(number: int) -> None:
    done = start(INTERRUPTED.format(number=int(number), before=""), "--version")
    assert done.returncode == 128 + number
    assert done.stderr == "hawx: interrupted\n"
    assert done.stdout == ""


def test_a_signal_that_is_ignored_remains_so() -> None:
    """As in a job that nohup starts."""
    before = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    done = start(INTERRUPTED.format(number=int(signal.SIGHUP), before=before), "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("hawx ")


def test_what_libraries_start_does_not_import_from_the_current_folder() -> None:
    code = """
import os, sys
from hawx_hw.cli import main as cli, entry
cli.main = lambda arguments: print(os.environ["PYTHONSAFEPATH"], arguments)
entry.main()
"""
    assert start(code, "doctor").stdout == "1 ['doctor']\n"
