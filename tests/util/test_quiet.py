"""What ``--quiet`` does to progress."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from hawx_hw.util.progress import ProgressDisplay, console_for
from hawx_hw.util.quiet import is_quiet, quieten


@pytest.fixture
def quiet() -> Iterator[None]:
    quieten(True)
    yield
    quieten(False)


def test_progress_is_shown_unless_the_user_asks_for_quiet() -> None:
    stream = io.StringIO()
    ProgressDisplay(console_for(stream)).message("emit: running")
    assert stream.getvalue() == "emit: running\n"
    assert not is_quiet()


def test_a_console_made_in_quiet_prints_nothing(quiet: None) -> None:
    stream = io.StringIO()
    with ProgressDisplay(console_for(stream)) as progress:
        progress.begin("emit", "not finished before")
        progress.end("emit", 1.0, "8 x 8")
    assert is_quiet()
    assert stream.getvalue() == ""
