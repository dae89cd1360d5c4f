"""Progress of long work, with the time left: bars on a terminal, plain lines elsewhere, or none.

Work that counts its parts (images, batches) calls a :data:`Progress`. Work that cannot, such as a
compiler's run, has an estimate instead: how long it took the last time.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from rich import progress as bars
from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Column
from rich.text import Text

from hawx_hw.util.files import read_text, write_json
from hawx_hw.util.json_text import read_json
from hawx_hw.util.quiet import is_quiet

__all__ = ["Durations", "Progress", "ProgressDisplay", "Task", "console_for"]

Progress = Callable[[int, int | None], None]
"""Called with the number of parts that are done and of all, which is None where unknown."""

#: Work shorter than this many seconds shows no progress.
_QUIET_SECONDS = 2.0
_LINE_SECONDS = 5.0
#: The longer work has gone on, the rarer its lines: a part of that time, up to half a minute.
_LINE_SHARE, _LONGEST_LINE_SECONDS = 0.2, 30.0
_TICK_SECONDS = 0.2
#: Characters of a bar, and of its words.
_SHORTEST_BAR, _LONGEST_BAR, _STATE_WIDTH = 6, 40, 29
#: Characters of the name and of the time in a line that is left behind.
_WORK_WIDTH, _TOOK_WIDTH = 13, 10
#: An estimate never passes for the end of the work.
_LONGEST_ESTIMATED_SHARE = 0.99


def console_for(stream: TextIO | None = None, *, silent: bool = False) -> Console:
    """A console that prints texts to ``stream`` (standard error where None) as they are.

    It prints nothing where ``silent``, or where the user asked for quiet.
    """
    return Console(
        file=sys.stderr if stream is None else stream,
        quiet=silent or is_quiet(),
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
    )


class Durations:
    """How long each kind of work took the last time, recorded in a file.

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
            content = read_json(read_text(path)) if path else {}
        except (OSError, ValueError):
            content = {}
        if isinstance(content, dict):
            self._seconds = {
                str(key): float(value)
                for key, value in content.items()
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


class Task:
    """One piece of work under way, made by :meth:`ProgressDisplay.task`."""

    def __init__(self, owner: bars.Progress, number: bars.TaskID):
        self._owner = owner
        self._number = number

    def update(self, done: int, total: int | None) -> None:
        """Report ``done`` of ``total`` parts, as a :data:`Progress`."""
        self._owner.update(self._number, completed=done, total=total)


class ProgressDisplay:
    """Shows what a run is doing. Use it as a context manager, so that the terminal is given back.

    Parameters
    ----------
    console : Console
    durations : Durations or None
        Estimates of work that does not count its parts.
    clock : callable
        Gives seconds, ever growing.
    """

    def __init__(
        self,
        console: Console,
        durations: Durations | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.durations = durations or Durations(None)
        self._console = console
        self._clock = clock
        self._draws = console.is_terminal and not console.is_dumb_terminal
        # Beside the shortest bar and its words, with a space between each.
        longest = max(console.width - _SHORTEST_BAR - _STATE_WIDTH - 2, 8)
        bar = _BarColumn()
        self._bars = _Bars(
            bars.TextColumn(
                "  {task.description}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", max_width=longest),
            ),
            bar,
            _StateColumn(table_column=Column(no_wrap=True, min_width=_STATE_WIDTH)),
            console=console,
            transient=True,
            refresh_per_second=1 / _TICK_SECONDS,
            get_time=clock,
            # The speed is that since the first count: what came before was preparation.
            speed_estimate_period=math.inf,
        )
        self._bars.bar = bar
        self._next_line: dict[bars.TaskID, float] = {}
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._console.quiet:
            return self
        if self._draws:
            self._bars.start()
        else:
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
        if self._draws and not self._console.quiet:
            self._bars.stop()

    def message(self, text: str) -> None:
        """Show a line that stays."""
        self._console.print(text)

    def begin(self, work: str, reason: str) -> None:
        """Show that a piece of work begins: a line in a log; on a terminal its bar shows that."""
        if not self._draws:
            self.message(f"{work}: running ({reason})")

    def end(self, work: str, seconds: float, result: str = "", reason: str = "") -> None:
        """Leave a line behind on a piece of work that is done.

        Parameters
        ----------
        work : str
        seconds : float
            That it took.
        result : str
            What it came to, in a few words.
        reason : str
            Why it was done; shown on a terminal where the line has room for it.
        """
        took = f"{seconds:.1f} s"
        if not self._draws:
            self.message(f"{work}: done in {took}{f': {result}' if result else ''}")
            return
        line = f"{work:<{_WORK_WIDTH}}{took:>{_TOOK_WIDTH}}  {result}"
        if reason and len(line) + len(reason) + 3 <= self._console.width:
            line = f"{line} ({reason})"
        self._console.print(Text(line.rstrip()))

    def unchanged(self, work: str) -> None:
        """Leave a line behind on a piece of work that need not be done."""
        if not self._draws:
            self.message(f"{work}: up to date")
            return
        self._console.print(Text(f"{work:<{_WORK_WIDTH}}{'up to date':>{_TOOK_WIDTH}}", "dim"))

    @contextmanager
    def task(self, label: str, *, estimate: float | None = None) -> Iterator[Task]:
        """Show a piece of work for as long as the context lasts.

        Parameters
        ----------
        label : str
            Names the work; the same work has the same label in every run.
        estimate : float or None
            Seconds to assume where no earlier run is recorded; None records none.
        """
        likely = self.durations.get(label, estimate)
        start = self._clock()
        number = self._bars.add_task(label, total=None, estimate=likely)
        try:
            yield Task(self._bars, number)
            if estimate is not None:
                self.durations.record(label, self._clock() - start)
        finally:
            self._bars.remove_task(number)
            self._next_line.pop(number, None)

    def refresh(self) -> None:
        """Redraw the bars, or print a line on the innermost task where that is due."""
        if self._draws:
            self._bars.refresh()
        elif tasks := self._bars.tasks:
            task, elapsed = tasks[-1], tasks[-1].elapsed or 0.0
            if elapsed >= self._next_line.get(task.id, _QUIET_SECONDS):
                pause = min(max(_LINE_SECONDS, _LINE_SHARE * elapsed), _LONGEST_LINE_SECONDS)
                self._next_line[task.id] = elapsed + pause
                self.message(f"  {task.description}: {_state(task)}")

    def _tick(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            self.refresh()


class _Bars(bars.Progress):
    """Bars of the tasks that are known to be long, as wide as their names leave room for."""

    #: The one that it was made with.
    bar: _BarColumn

    def get_renderables(self) -> Iterable[RenderableType]:
        long = [task for task in self.tasks if (task.elapsed or 0.0) >= _QUIET_SECONDS]
        if long:
            name = 2 + max(len(task.description) for task in long)
            room = self.console.width - name - _STATE_WIDTH - 2
            self.bar.width = min(max(room, _SHORTEST_BAR), _LONGEST_BAR)
            yield self.make_tasks_table(long)


class _BarColumn(bars.ProgressColumn):
    """The share that is done; a pulse where it is unknown."""

    #: Characters.
    width: int

    def render(self, task: bars.Task) -> RenderableType:
        share = _share(task)
        return ProgressBar(
            total=None if share is None else 1.0,
            completed=share or 0.0,
            width=self.width,
            animation_time=task.get_time(),
        )


class _StateColumn(bars.ProgressColumn):
    """Share and time left in words."""

    def render(self, task: bars.Task) -> RenderableType:
        return Text(_state(task))


def _share(task: bars.Task) -> float | None:
    """Part of the work that is done, in [0, 1]; None where unknown."""
    if task.total:
        return min(task.completed / task.total, 1.0)
    estimate = task.fields["estimate"]
    if estimate:
        return float(min((task.elapsed or 0.0) / estimate, _LONGEST_ESTIMATED_SHARE))
    return None


def _seconds_left(task: bars.Task) -> float | None:
    """Seconds until the end at the present speed; None where unknown."""
    elapsed, share, estimate = task.elapsed or 0.0, _share(task), task.fields["estimate"]
    if task.total and task.speed:
        return (task.total - task.completed) / task.speed
    if estimate:
        return float(max(estimate - elapsed, 0.0))
    return elapsed * (1 - share) / share if share else None


def _state(task: bars.Task) -> str:
    """Share and time left, such as ``"40 %, about 12 s left"``."""
    share, left = _share(task), _seconds_left(task)
    if share is None or left is None:
        return f"{_duration(task.elapsed or 0.0)} so far"
    return f"{100 * share:.0f} %, about {_duration(left)} left"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
