"""Progress of long work, with the time left: a bar on a terminal, plain lines elsewhere, or none.

Work that counts its parts (images, batches) tells how many are done. Work that cannot, such as a
compiler's run, has an estimate instead: how long it took the last time.
"""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from hawx_hw.util.files import write_json

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = [
    "BarDisplay",
    "Display",
    "Durations",
    "LineDisplay",
    "Progress",
    "SilentDisplay",
    "Task",
    "display_for",
]

#: Work shorter than this many seconds shows no progress.
_QUIET_SECONDS = 2.0
_LINE_SECONDS = 5.0
_TICK_SECONDS = 0.2
#: An estimate is never taken as fulfilled before the work says so.
_LONGEST_ESTIMATED_SHARE = 0.99


class Task:
    """One piece of work under way.

    Parameters
    ----------
    label : str
        What is done, such as ``"accuracy of the integer network"``.
    estimate : float or None
        Seconds that it may take, for as long as it has not told how many parts there are.
    clock : callable
        Gives seconds, ever growing.
    """

    def __init__(
        self, label: str, estimate: float | None, clock: Callable[[], float] = time.monotonic
    ):
        self.label = label
        self._estimate = estimate
        self._clock = clock
        self._start = clock()
        self._done = 0
        self._total: int | None = None
        self._first: tuple[float, int] | None = None

    def update(self, done: int, total: int | None) -> None:
        """Tell that ``done`` of ``total`` parts are done; ``total`` is None where unknown."""
        self._done, self._total = done, total
        if total and self._first is None:
            self._first = self.elapsed, done

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    @property
    def share(self) -> float | None:
        """Part of the work that is done, in [0, 1]; None where there is no telling."""
        if self._total:
            return min(self._done / self._total, 1.0)
        if self._estimate:
            return min(self.elapsed / self._estimate, _LONGEST_ESTIMATED_SHARE)
        return None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the present speed; None where there is no telling."""
        share, elapsed = self.share, self.elapsed
        if self._total and self._first and self._done > self._first[1]:
            # What came before the first count was preparation, and tells nothing of the speed.
            since, before = self._first
            return (elapsed - since) * (self._total - self._done) / (self._done - before)
        if self._estimate:
            return max(self._estimate - elapsed, 0.0)
        if not share:
            return None
        return elapsed * (1 - share) / share

    def describe(self) -> str:
        """Share and time left in words, such as ``"40 %, about 12 s left"``."""
        left = self.seconds_left
        if self.share is None or left is None:
            return f"{_duration(self.elapsed)} so far"
        return f"{100 * self.share:.0f} %, about {_duration(left)} left"


class Display(Protocol):
    """Where messages and the tasks under way are shown."""

    def message(self, text: str) -> None:
        """Show a line that stays."""

    def refresh(self, tasks: Sequence[Task]) -> None:
        """Show how far the tasks are, the innermost last; called several times a second."""

    def finish(self, task: Task) -> None:
        """Show ``task`` no more."""

    def close(self) -> None:
        """Give the terminal back."""


class SilentDisplay:
    """Shows nothing."""

    def message(self, text: str) -> None:
        """Drop the line."""

    def refresh(self, tasks: Sequence[Task]) -> None:
        """Show nothing."""

    def finish(self, task: Task) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Nothing is held."""


class LineDisplay:
    """Plain lines, one every few seconds, for logs and pipes.

    Parameters
    ----------
    stream : text file
    """

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._next: dict[Task, float] = {}

    def message(self, text: str) -> None:
        """Print ``text``."""
        print(text, file=self._stream, flush=True)

    def refresh(self, tasks: Sequence[Task]) -> None:
        """Print a line about the innermost task, where its last one is five seconds old."""
        task = tasks[-1]
        if task.elapsed >= self._next.get(task, _QUIET_SECONDS):
            self._next[task] = task.elapsed + _LINE_SECONDS
            self.message(f"  {task.label}: {task.describe()}")

    def finish(self, task: Task) -> None:
        """Forget ``task``."""
        self._next.pop(task, None)

    def close(self) -> None:
        """Nothing is held."""


class BarDisplay:
    """A bar that goes away when its work is done, for terminals.

    Parameters
    ----------
    stream : text file
        A terminal.
    """

    def __init__(self, stream: TextIO):
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        columns = (
            TextColumn("  {task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[state]}", markup=False),
        )
        self._bars = Bars(*columns, console=self._console, transient=True, auto_refresh=False)
        self._rows: dict[Task, TaskID] = {}

    def message(self, text: str) -> None:
        """Print ``text`` above the bars."""
        self._console.print(text, markup=False)

    def refresh(self, tasks: Sequence[Task]) -> None:
        """Draw a bar for each task that is known to be long."""
        for task in tasks:
            self._draw(task)

    def _draw(self, task: Task) -> None:
        if task not in self._rows:
            if task.elapsed < _QUIET_SECONDS:
                return
            if not self._rows:
                self._bars.start()
            self._rows[task] = self._bars.add_task(task.label, total=None, state="")
        share = task.share
        self._bars.update(
            self._rows[task],
            total=None if share is None else 1.0,
            completed=share or 0.0,
            state=task.describe(),
            refresh=True,
        )

    def finish(self, task: Task) -> None:
        """Remove the bar."""
        row = self._rows.pop(task, None)
        if row is not None:
            self._bars.remove_task(row)
            if not self._rows:
                self._bars.stop()

    def close(self) -> None:
        """Remove all bars."""
        for task in list(self._rows):
            self.finish(task)


def display_for(stream: TextIO | None = None, *, silent: bool = False) -> Display:
    """The display that suits ``stream`` (standard error where None)."""
    if silent:
        return SilentDisplay()
    stream = sys.stderr if stream is None else stream
    return BarDisplay(stream) if stream.isatty() else LineDisplay(stream)


class Durations:
    """How long each kind of work took the last time, kept in a file.

    A missing or unreadable file only costs the estimates.

    Parameters
    ----------
    path : Path or None
        A JSON file; None remembers nothing.
    """

    def __init__(self, path: Path | None):
        self._path = path
        self._seconds: dict[str, float] = {}
        try:
            found = json.loads(path.read_text("utf-8")) if path else {}
        except (OSError, ValueError):
            found = {}
        if isinstance(found, dict):
            self._seconds = {
                str(key): float(value)
                for key, value in found.items()
                if isinstance(value, (int, float)) and math.isfinite(value) and value > 0
            }

    def get(self, key: str, default: float | None = None) -> float | None:
        """Seconds of the last time."""
        return self._seconds.get(key, default)

    def record(self, key: str, seconds: float) -> None:
        """Remember that the work took ``seconds``."""
        self._seconds[key] = round(seconds, 1)
        if self._path:
            write_json(self._path, self._seconds)


class Progress:
    """Shows what a run is doing. Use it as a context manager, so that the terminal is given back.

    Parameters
    ----------
    display : Display
    durations : Durations or None
        Estimates of work that does not count its parts.
    """

    def __init__(self, display: Display, durations: Durations | None = None):
        self._display = display
        self.durations = durations or Durations(None)
        self._tasks: list[Task] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._stop.clear()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
        self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._ticker:
            self._ticker.join()
        with self._lock:
            self._display.close()

    def message(self, text: str) -> None:
        """Show a line that stays."""
        with self._lock:
            self._display.message(text)

    @contextmanager
    def task(self, label: str, *, estimate: float | None = None) -> Iterator[Task]:
        """Show a piece of work for as long as the context lasts.

        Parameters
        ----------
        label : str
            Names the work; the same work has the same label in every run.
        estimate : float or None
            Seconds to assume where no earlier run tells better.
        """
        task = Task(label, self.durations.get(label, estimate))
        with self._lock:
            self._tasks.append(task)
        try:
            yield task
            if estimate is not None:
                self.durations.record(label, task.elapsed)
        finally:
            with self._lock:
                self._tasks.remove(task)
                self._display.finish(task)

    def _tick(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            with self._lock:
                if self._tasks:
                    self._display.refresh(self._tasks)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
