import io
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from hawx_hw.util.progress import (
    BarDisplay,
    Durations,
    LineDisplay,
    Progress,
    SilentDisplay,
    Task,
    display_for,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_counted_task_extrapolates_its_speed() -> None:
    clock = Clock()
    task = Task("images", None, clock)
    task.update(25, 100)
    clock.now += 10
    assert task.share == 0.25
    assert task.seconds_left == 30
    assert task.describe() == "25 %, about 30 s left"


def test_estimated_task_runs_down_and_never_ends_early() -> None:
    clock = Clock()
    task = Task("build", 200.0, clock)
    clock.now += 50
    assert task.describe() == "25 %, about 2 min 30 s left"
    clock.now += 1000
    assert task.describe() == "99 %, about 0 s left"


def test_count_beats_the_estimate() -> None:
    """The speed is that since the first count: what came before was preparation."""
    clock = Clock()
    task = Task("images", 1000.0, clock)
    clock.now += 30
    task.update(1, 4)
    assert task.describe() == "25 %, about 16 min 10 s left"
    clock.now += 6
    task.update(3, 4)
    assert task.describe() == "75 %, about 3 s left"


@pytest.mark.parametrize("counted", [(0, 10), (7, None)])
def test_task_without_a_hint_says_how_long_it_has_run(counted: tuple[int, int | None]) -> None:
    clock = Clock()
    task = Task("work", None, clock)
    task.update(*counted)
    clock.now += 3 * 3600 + 120
    assert task.seconds_left is None
    if counted[1] is None:
        assert task.describe() == "3 h 02 min so far"


def test_lines_start_after_two_seconds_and_come_every_five() -> None:
    clock, stream = Clock(), io.StringIO()
    task, around = Task("build", 20.0, clock), Task("verify", None, clock)
    display = LineDisplay(stream)
    for _ in range(40):
        clock.now += 0.25
        display.refresh([around, task])
    assert stream.getvalue().splitlines() == [
        "  build: 10 %, about 18 s left",
        "  build: 35 %, about 13 s left",
    ]


def test_bar_appears_for_long_work_only_and_goes_away() -> None:
    clock, stream = Clock(), Terminal()
    display = BarDisplay(stream)
    task = Task("build", 20.0, clock)
    clock.now += 1
    display.refresh([task])
    assert stream.getvalue() == ""
    clock.now += 9
    display.refresh([task])
    display.message("a line [that] stays")
    display.finish(task)
    display.close()
    assert "build" in stream.getvalue()
    assert "50 %, about 10 s left" in stream.getvalue()
    assert "a line [that] stays" in stream.getvalue()


def test_display_suits_the_stream() -> None:
    assert isinstance(display_for(io.StringIO()), LineDisplay)
    assert isinstance(display_for(Terminal()), BarDisplay)
    assert isinstance(display_for(Terminal(), silent=True), SilentDisplay)


def test_progress_shows_messages_and_running_tasks() -> None:
    shown: list[str] = []

    class Recorder(SilentDisplay):
        def message(self, text: str) -> None:
            shown.append(text)

        def refresh(self, tasks: Sequence[Task]) -> None:
            shown.extend(task.label for task in tasks)
            seen.set()

        def finish(self, task: Task) -> None:
            shown.append(f"end of {task.label}")

    seen = threading.Event()
    with Progress(Recorder()) as progress:
        progress.message("hello")
        with progress.task("work"):
            assert seen.wait(10)
    assert shown[0] == "hello"
    assert "work" in shown
    assert shown[-1] == "end of work"


def test_durations_outlive_the_run(tmp_path: Path) -> None:
    path = tmp_path / "durations.json"
    with Progress(SilentDisplay(), Durations(path)) as progress:
        with progress.task("build", estimate=30.0):
            pass
        with pytest.raises(RuntimeError, match="stop"), progress.task("broken", estimate=30.0):
            raise RuntimeError("stop")
    assert set(json.loads(path.read_text())) == {"build"}


def test_duration_of_the_last_time_is_the_estimate(tmp_path: Path) -> None:
    path = tmp_path / "durations.json"
    Durations(path).record("build", 40.0)
    with (
        Progress(SilentDisplay(), Durations(path)) as progress,
        progress.task("build", estimate=30.0) as task,
    ):
        assert task.seconds_left == pytest.approx(40.0, abs=1.0)


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": "x", "b": -1, "c": NaN}', ""])
def test_damaged_durations_only_cost_the_estimates(tmp_path: Path, text: str) -> None:
    path = tmp_path / "durations.json"
    path.write_text(text)
    assert [Durations(path).get(key) for key in "abc"] == [None, None, None]
