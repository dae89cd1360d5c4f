"""Calls of the user's own Python code: what it does wrong becomes an error with its place."""

from __future__ import annotations

import contextlib
import functools
import os
import reprlib
import signal
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from hawx_hw.errors import UserError

__all__ = ["call", "place", "shown"]

#: Seconds that one call may take: a module may import a large library, or tabulate in plain Python.
_LIMIT = 120.0
#: Functions of ``os`` that end the process; the others that do call one of them.
_ENDS = ("_exit", "abort", "execv", "execve")
#: Longest message of the user's code that is shown whole.
_MESSAGE = 400
_HINT_EXIT = "Remove the call that ends Python, or put it under if __name__ == '__main__'."
_HINT_LIMIT = "Look for a loop without an end, or for something that it waits for."


class _OutOfTimeError(BaseException):
    """The call took too long. No ``Exception``, which the code that is called may catch."""


def call(name: str, problem: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``function``, which is the user's code, or runs it.

    It runs in this process with the user's rights. What it raises becomes an error, also
    ``SystemExit``, without which ``sys.exit()`` would end the program as if it had succeeded;
    signals that end the program still do. It has a time limit where the system and the thread
    have timers. What it prints goes to standard error, since standard output may be JSON, and the
    current folder is the same afterwards.

    Parameters
    ----------
    name : str
        Name of the block or network, for errors.
    problem : str
        What an exception means, such as ``"multiply() fails"``.
    function : callable
    arguments : any

    Raises
    ------
    UserError
        The code raised something, ended Python or took too long.
    """
    try:
        with (
            _same_folder(),
            _time_limit(_LIMIT),
            _without_ends(),
            contextlib.redirect_stdout(sys.stderr),
        ):
            return function(*arguments)
    except UserError:
        raise
    except BaseException as error:
        if _is_signal(error):
            raise
        raise _explained(name, problem, error) from error


def shown(value: Any) -> str:
    """A short text for a value of the user's code, even where its own ``repr`` fails."""
    try:
        return reprlib.repr(value)
    except Exception:
        return f"a value of type {type(value).__name__}"


def _explained(name: str, problem: str, error: BaseException) -> UserError:
    where = place(error)
    if isinstance(error, _OutOfTimeError):
        return UserError(
            f"{problem}: it did not end within {_LIMIT:.0f} s{where}", where=name, hint=_HINT_LIMIT
        )
    try:
        text = " ".join(str(error).split())
    except Exception:  # the text of an error of the user's own class is the user's code too
        text = "(no message)"
    if len(text) > _MESSAGE:
        text = f"{text[:_MESSAGE]} ..."
    kind = f"{type(error).__name__}: {text}" if text else type(error).__name__
    hint = _HINT_EXIT if isinstance(error, SystemExit) else None
    return UserError(f"{problem}: {kind}{where}", where=name, hint=hint)


def place(error: BaseException) -> str:
    """File and line in the user's code, the last one where it calls libraries: `` (FILE:LINE)``.

    Empty where the error was raised without the user's code.
    """
    libraries = (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"))
    others = (*libraries, str(Path(__file__).parents[1]), "<")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(others)
    ]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def _is_signal(error: BaseException) -> bool:
    """Whether the handler of a signal raised it, and not the code that ran at that time."""
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    if isinstance(error, KeyboardInterrupt) and signal.default_int_handler in handlers:
        return True
    codes = [getattr(handler, "__code__", None) for handler in handlers]
    return any(frame.f_code in codes for frame, _ in traceback.walk_tb(error.__traceback__))


@contextlib.contextmanager
def _same_folder() -> Iterator[None]:
    """Return to the current folder afterwards, if there is one."""
    try:
        folder = Path.cwd()
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.chdir(folder)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`_OutOfTimeError` in the main thread after some seconds.

    A timer that runs already remains: the limit of an outer call counts.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
        or signal.getitimer(signal.ITIMER_REAL)[0] > 0
    ):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise _OutOfTimeError

    before = signal.signal(signal.SIGALRM, stop)
    # Again after each second: the code may catch everything in a loop.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        # None: the handler was not set by Python, which cannot set it again.
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)


@contextlib.contextmanager
def _without_ends() -> Iterator[None]:
    """Make what ends this process raise ``SystemExit``, except in processes that the code starts.

    ``os._exit``, ``os.abort``, and ``os.exec...``, which puts another program in its place.
    """
    process = os.getpid()
    originals = {name: getattr(os, name) for name in _ENDS}

    def refuse(name: str, *arguments: Any) -> None:
        if os.getpid() != process:
            originals[name](*arguments)
        raise SystemExit(f"os.{name}{arguments!r}")

    for name in _ENDS:
        setattr(os, name, functools.partial(refuse, name))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(os, name, original)
