"""Other programs: the one place where a process is started.

Every child process

- is a list of arguments, never a line for a shell,
- leads a session and a process group of its own, and is killed with that whole group when its time
  is over, when this process is asked to end (:func:`end_all`), when it exits, and, through
  :mod:`~hawx_hw.util.guard`, when it is killed,
- reads nothing from this process's standard input,
- has an environment in which Python never imports from the current folder, make gets none of the
  options of a make around it, and messages are in English and UTF-8,
- may write as much as it likes, of which the end is retained.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hawx_hw.errors import UserError
from hawx_hw.util import guard
from hawx_hw.util.disk import check_space
from hawx_hw.util.environment import environment
from hawx_hw.util.locations import time_limit_factor

__all__ = [
    "Finished",
    "TimeLimitError",
    "ToolError",
    "ToolFailedError",
    "ToolMissingError",
    "allow",
    "end_all",
    "output_lines",
    "run",
]

#: Bytes of an output that are retained.
_KEPT = 16 << 20
#: Between looks at whether a child has ended while something still holds its output open.
_LOOK_SECONDS = 0.25
_CHUNK = 1 << 16


class ToolError(UserError):
    """A program that this one needs is missing, cannot be started or does not end.

    Parameters
    ----------
    tool : str
        Its name.
    what, where, hint : str
        As for :class:`~hawx_hw.errors.UserError`.
    """

    def __init__(self, tool: str, what: str, *, where: str | None = None, hint: str | None = None):
        self.tool = tool
        super().__init__(what, where=where, hint=hint)


class ToolFailedError(ToolError):
    """The program ended with another status than 0."""


class ToolMissingError(ToolError):
    """The program is not there, or cannot be started."""


class TimeLimitError(ToolError):
    """The program did not end in time, and was killed."""


@dataclass(frozen=True)
class Finished:
    """What a program has done.

    Parameters
    ----------
    status : int
        Its exit status; the negative number of the signal that ended it.
    output : str
        What it wrote, or the end of that.
    messages : str
        What it wrote to standard error where that was retained apart.
    cut : bool
        It wrote more than was retained.
    """

    status: int
    output: str
    messages: str = ""
    cut: bool = False

    @property
    def ending(self) -> str:
        """How it ended, as a part of a sentence."""
        if self.status >= 0:
            return f"ended with status {self.status}"
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-self.status).name}"
        return f"was ended by signal {-self.status}"


def run(
    command: Sequence[str],
    *,
    tool: str,
    limit: float,
    folder: Path | None = None,
    temporary: Path | None = None,
    variables: Mapping[str, str] | None = None,
    text: str | None = None,
    separate: bool = False,
    retained: int = _KEPT,
    log: Path | None = None,
    alive: Callable[[], object] | None = None,
    hint: str = "",
) -> Finished:
    """Run a program to its end.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments; where it is a module of Python,
        :func:`~hawx_hw.util.environment.python_command`.
    tool : str
        Its name in messages.
    limit : float
        Seconds, which the user's factor multiplies.
    folder : Path or None
        Where it works; None is the current folder.
    temporary : Path or None
        Where its temporary files go; None leaves TMPDIR as it is.
    variables : mapping of str to str or None
        Environment variables on top of :func:`~hawx_hw.util.environment.environment`.
    text : str or None
        What it reads from standard input; None is nothing.
    separate : bool
        Keep what it writes to standard error apart.
    retained : int
        Bytes of each output that are retained.
    log : Path or None
        A file that gets its output as it comes, up to ``retained`` bytes.
    alive : callable or None
        The limit begins anew whenever its result changes, which should follow from work that is
        done.
    hint : str
        What the user can do where it does not end in time.

    Raises
    ------
    ToolMissingError
        It cannot be started.
    TimeLimitError
        It took longer than ``limit``.
    FullError
        It failed, and there is no room for its files.
    """
    output, messages = _Tail(retained), _Tail(retained)
    with ExitStack() as stack:
        if log is not None:
            file = stack.enter_context(log.open("wb", buffering=0))
            output.copy_to(file)
        child = stack.enter_context(
            _child(command, tool, folder, _variables(temporary, variables), text, separate)
        )
        clock = _Clock(tool, limit, alive, hint)
        for part, is_message in child.parts(clock):
            (messages if is_message else output).add(part)
        status = child.wait(clock)
    done = Finished(status, output.text(), messages.text(), output.cut or messages.cut)
    if status:
        check_space(folder, temporary, log=done.output + done.messages)
    return done


def output_lines(
    command: Sequence[str],
    *,
    tool: str,
    limit: float,
    variables: Mapping[str, str] | None = None,
    hint: str = "",
) -> Generator[str, None, None]:
    """The lines that a program writes to standard output, as they come; its messages are dropped.

    The program is killed where the caller needs no more lines. Parameters and errors are those of
    :func:`run`.

    Returns
    -------
    generator of str
        At its end the program has ended.

    Raises
    ------
    ToolFailedError
        After the last line: its status is not 0.
    """
    with _child(command, tool, None, dict(variables or {}), None, None) as child:
        clock = _Clock(tool, limit, None, hint)
        pending = b""
        for part, _ in child.parts(clock):
            *lines, pending = (pending + part).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
        status = child.wait(clock)
        if status:
            raise ToolFailedError(tool, f"{tool} {Finished(status, '').ending}.")


def end_all() -> None:
    """Kill all children with their groups; none can be started until :func:`allow` is called.

    For a signal that asks this process to end: threads that wait for a child go on, and fail.
    """
    _state.ending = True
    for group in tuple(_state.groups):
        _kill(group)


def allow() -> None:
    """Let children start again after :func:`end_all`."""
    _state.ending = False


def _variables(temporary: Path | None, variables: Mapping[str, str] | None) -> dict[str, str]:
    placed = {} if temporary is None else {"TMPDIR": str(temporary.absolute())}
    return placed | dict(variables or {})


class _State:
    """What this process has started."""

    def __init__(self) -> None:
        self.ending = False
        self.groups: set[int] = set()
        self._lock = threading.Lock()
        self._guard: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def add(self, group: int) -> None:
        with self._lock:
            self.groups.add(group)
            self._tell(b"+%d\n" % group)

    def discard(self, group: int) -> None:
        with self._lock:
            self.groups.discard(group)
            self._tell(b"-%d\n" % group)

    def close(self) -> None:
        """Kill what is left, and let the guard end."""
        if self._owner != os.getpid():
            return
        for group in tuple(self.groups):
            _kill(group)
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(OSError):
                self._guard.stdin.close()
            self._guard.wait()

    def _tell(self, line: bytes) -> None:
        if self._owner != os.getpid():
            # The first child of this process, which may be a fork of one with children of its own.
            self._owner = os.getpid()
            self._guard = _start_guard()
        # Without a guard only a kill of this process leaves its children behind.
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(OSError):
                self._guard.stdin.write(line)


_state = _State()
atexit.register(_state.close)


def _start_guard() -> subprocess.Popen[bytes] | None:
    with suppress(OSError):
        return subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
    return None


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class _Clock:
    """The time that a child has left."""

    def __init__(
        self, tool: str, limit: float, alive: Callable[[], object] | None, hint: str
    ) -> None:
        self._tool = tool
        self._limit = limit * time_limit_factor()
        self._alive = alive or (lambda: None)
        self._hint = hint
        self._state = self._alive()
        self._end = time.monotonic() + self._limit

    def left(self) -> float:
        """Seconds, more than 0.

        Raises
        ------
        TimeLimitError
            There is no time left.
        """
        now = time.monotonic()
        if now >= self._end:
            state = self._alive()
            if state == self._state:
                raise TimeLimitError(
                    self._tool,
                    f"{self._tool} took longer than {self._limit:g} s.",
                    hint=f"HAWX_TIME_LIMITS=10 allows ten times as long. {self._hint}".strip(),
                )
            self._state = state
            self._end = now + self._limit
        return self._end - now


class _Child:
    """A process that runs."""

    def __init__(self, process: subprocess.Popen[bytes], text: bytes):
        self.process = process
        self._text = memoryview(text)

    def parts(self, clock: _Clock) -> Iterator[tuple[bytes, bool]]:
        """What it writes, and whether to standard error, until it has closed its outputs."""
        process = self.process
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    selector.register(stream, selectors.EVENT_READ)
            if process.stdin is not None:
                os.set_blocking(process.stdin.fileno(), False)
                selector.register(process.stdin, selectors.EVENT_WRITE)
            while selector.get_map():
                ready = selector.select(min(clock.left(), _LOOK_SECONDS))
                for key, _ in ready:
                    if key.fileobj is process.stdin:
                        self._feed(selector)
                    elif part := os.read(key.fd, _CHUNK):
                        yield part, key.fileobj is process.stderr
                    else:
                        selector.unregister(key.fileobj)
                if not ready and _has_ended(process):
                    # What it left behind holds its outputs open.
                    _kill(process.pid)

    def _feed(self, selector: selectors.BaseSelector) -> None:
        stream = self.process.stdin
        assert stream is not None
        try:
            self._text = self._text[os.write(stream.fileno(), self._text[:_CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            self._text = memoryview(b"")  # it reads no more
        if not self._text:
            selector.unregister(stream)
            with suppress(OSError):
                stream.close()

    def wait(self, clock: _Clock) -> int:
        """Its status, once it has ended."""
        pause = 0.0005
        while not _has_ended(self.process):
            time.sleep(min(pause, clock.left()))
            pause = min(2 * pause, 0.05)
        # Before it is reaped: until then no other process can have its number.
        _kill(self.process.pid)
        return self.process.wait()


@contextmanager
def _child(
    command: Sequence[str],
    tool: str,
    folder: Path | None,
    variables: Mapping[str, str],
    text: str | None,
    separate: bool | None,
) -> Iterator[_Child]:
    """Start a program; at the end neither it nor what it started runs."""
    errors = {None: subprocess.DEVNULL, False: subprocess.STDOUT, True: subprocess.PIPE}[separate]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            list(command),
            cwd=folder,
            env=environment() | dict(variables),
            stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            start_new_session=True,
        )

    try:
        process = _started(start)
    except (OSError, ValueError) as error:
        raise ToolMissingError(
            tool, f"{tool} cannot be started: {error}", hint="Check the installation: hawx doctor"
        ) from error
    try:
        yield _Child(process, (text or "").encode())
    finally:
        _end(process)


def _started(start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start a child in a thread, which no signal's handler can interrupt before it is registered.

    Where the calling thread is interrupted meanwhile, the child is ended.
    """
    future: Future[subprocess.Popen[bytes]] = Future()

    def work() -> None:
        try:
            process = start()
        except BaseException as error:
            future.set_exception(error)
            return
        _state.add(process.pid)
        future.set_result(process)

    threading.Thread(target=work, name="start", daemon=True).start()
    try:
        process = future.result()
    except BaseException:
        future.add_done_callback(_end_late)
        raise
    if _state.ending:
        _end(process)
        raise UserError("Interrupted: no other program is started any more.")
    return process


def _end_late(future: Future[subprocess.Popen[bytes]]) -> None:
    if future.exception() is None:
        _end(future.result())


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a child with its group if it runs, and forget it."""
    if process.returncode is None:
        _kill(process.pid)
        process.wait()
    _state.discard(process.pid)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a child has ended; it is not reaped where the system can check without."""
    if hasattr(os, "waitid"):
        with suppress(ChildProcessError):
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, process.pid, options) is not None
    return process.poll() is not None


class _Tail:
    """The end of an output."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._content = bytearray()
        self._file: IO[bytes] | None = None
        self._copied = 0
        self.cut = False

    def copy_to(self, file: IO[bytes]) -> None:
        """Write what comes, as far as it is retained, to ``file`` as well."""
        self._file = file

    def add(self, part: bytes) -> None:
        if self._file is not None and self._copied < self._most:
            self._file.write(part)
            self._copied += len(part)
        self._content += part
        # Not with every part: to cut moves all that is retained.
        if len(self._content) > 2 * self._most:
            self._trim()

    def text(self) -> str:
        self._trim()
        return self._content.decode(errors="replace")

    def _trim(self) -> None:
        excess = len(self._content) - self._most
        if excess > 0:
            del self._content[:excess]
            self.cut = True
