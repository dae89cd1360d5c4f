"""What tests of commands share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from hawx_hw.cli import main as cli


@pytest.fixture
def hawx(folder: Path, monkeypatch, capsys):
    """Calls a command in the module's ``folder``: its exit status, output and errors."""
    monkeypatch.chdir(folder)
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        return (end.value.code or 0, *capsys.readouterr())

    yield call
    for number, handler in before:
        signal.signal(number, handler)
