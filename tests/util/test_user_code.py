"""Calls of the user's code: whatever it does becomes an error with its place, or is undone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest

from hawx_hw.errors import UserError
from hawx_hw.util import user_code
from hawx_hw.util.user_code import call, shown


def run(text: str) -> Any:
    """What ``result`` is after ``text`` was run as the user's module."""
    scope: dict[str, Any] = {}
    call("python:mine:X", "It fails", exec, compile(text, "/home/mine.py", "exec"), scope)
    return scope.get("result")


def test_result_and_arguments() -> None:
    assert call("n", "p", max, 3, 5) == 5
    assert run("result = 7") == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", r"It fails: ZeroDivisionError: division by zero \(mine\.py:1\)"),
        ("import sys\nsys.exit()", r"It fails: SystemExit \(mine\.py:2\)\. Remove the call that"),
        ("import sys\nsys.exit(0)", r"It fails: SystemExit: 0 \(mine\.py:2\)"),
        ("exit()", r"SystemExit: None \(mine\.py:1\)"),
        ("raise SystemExit('done')", "SystemExit: done"),
        ("import os\nos._exit(0)", r"SystemExit: os\._exit\(0,\) \(mine\.py:2\)"),
        ("import os\nos.abort()", r"SystemExit: os\.abort\(\) \(mine\.py:2\)"),
        ("import os\nos.execl('/bin/true', 'a')", r"SystemExit: os.execv.*\(mine\.py:2\)"),
        ("import os\nos.execvpe('true', ['true'], {})", r"SystemExit: os.execve.*\(mine\.py:2\)"),
        ("raise ValueError('a ' * 9999)", r"ValueError: (a ){200} \.\.\. \(mine\.py:1\)"),
        ("raise GeneratorExit", r"GeneratorExit \(mine"),
        ("class Stop(BaseException): pass\nraise Stop('a\\n b')", r"Stop: a b \(mine\.py:2\)"),
        (
            "class Bad(Exception):\n    def __str__(self): return 1 / 0\nraise Bad",
            r"Bad: \(no message\) \(mine\.py:3\)",
        ),
        ("def f(): f()\nf()", "RecursionError: maximum recursion"),
        ("import json\njson.loads('{')", r"JSONDecodeError: .* \(mine\.py:2\)"),
    ],
)
def test_what_it_raises(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        run(text)
    assert str(raised.value).startswith("python:mine:X: ")


def test_errors_of_ours_pass_unchanged() -> None:
    def fail() -> NoReturn:
        raise UserError("Wrong", hint="Do this.")

    with pytest.raises(UserError, match=r"^Wrong\. Do this\.$"):
        call("n", "p", fail)


class _SignalError(BaseException):
    pass


def _handle(number: int, frame: FrameType | None) -> NoReturn:
    raise _SignalError


@pytest.fixture
def handlers() -> Iterator[None]:
    """The handlers of signals come back after the test."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_a_signal_ends_the_program_and_not_the_block() -> None:
    signal.signal(signal.SIGTERM, _handle)
    with pytest.raises(_SignalError):
        run("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        run("import os, signal\nos.kill(os.getpid(), signal.SIGINT)")
    # With another handler for Ctrl-C the block itself must have raised it.
    signal.signal(signal.SIGINT, _handle)
    with pytest.raises(UserError, match=r"KeyboardInterrupt \(mine"):
        run("raise KeyboardInterrupt")


@pytest.mark.parametrize(
    "text",
    [
        "while True: pass",
        "while True:\n    try:\n        while True: pass\n    except Exception: pass",
        "import time\ntime.sleep(9999)",
        "import os\nos.read(os.pipe()[0], 1)",
        "import threading\nthreading.Event().wait()",
    ],
)
def test_endless_code(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(user_code, "_LIMIT", 0.05)
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(UserError, match=r"It fails: it did not end within .*mine\.py:.*a loop"):
        run(text)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_thread_and_an_outer_timer_have_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_code, "_LIMIT", 0.001)
    results = []
    thread = threading.Thread(target=lambda: results.append(call("n", "p", time.sleep, 0.02)))
    thread.start()
    thread.join()
    assert results == [None]
    monkeypatch.setattr(user_code, "_LIMIT", 60.0)
    assert call("n", "p", lambda: call("n", "p", signal.getitimer, signal.ITIMER_REAL))[0] > 1


def test_its_output_and_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path.cwd()
    run(f"import os\nos.chdir({str(tmp_path)!r})\nprint('hello')")
    assert Path.cwd() == folder
    assert capsys.readouterr() == ("", "hello\n")


def test_processes_that_it_starts_may_end() -> None:
    # Those of the standard library end with os._exit.
    text = """\
import os
process = os.fork()
if not process:
    os._exit(7)
result = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
"""
    assert run(text) == 7
    assert os._exit.__module__ == "posix"


def test_values_are_shown_whatever_their_repr() -> None:
    assert shown(3) == "3"
    # Python refuses to write such a number.
    assert shown(10**5000) == "a value of type int"
    assert len(shown("x" * 10_000)) < 100
