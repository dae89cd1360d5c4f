"""What is shown of long work: bars, lines or nothing, and how the time left is estimated."""

import io
import json
import re
import time
from pathlib import Path

import pytest

from hawx_hw.util.progress import Durations, ProgressDisplay, console_for


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Shown:
    """A display of plain lines on a clock that is set by hand; never entered, so nothing ticks."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.stream = io.StringIO()
        self.display = ProgressDisplay(console_for(self.stream), clock=self.clock)

    def line(self) -> str:
        """What a refresh prints now; the clock must be where a line is due."""
        self.stream.seek(0)
        self.stream.truncate()
        self.display.refresh()
        return self.stream.getvalue()


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_counted_work_extrapolates_its_speed(shown: Shown) -> None:
    with shown.display.task("images") as task:
        task.update(25, 100)
        shown.clock.now += 10
        assert shown.line() == "  images: 25 %, about 30 s left\n"


def test_estimated_work_runs_down_and_never_ends_early(shown: Shown) -> None:
    with shown.display.task("build", estimate=200.0):
        shown.clock.now += 50
        assert shown.line() == "  build: 25 %, about 2 min 30 s left\n"
        shown.clock.now += 1000
        assert shown.line() == "  build: 99 %, about 0 s left\n"


def test_a_count_beats_the_estimate(shown: Shown) -> None:
    """The speed is that since the first count: what came before was preparation."""
    with shown.display.task("images", estimate=1000.0) as task:
        shown.clock.now += 30
        task.update(1, 4)
        assert shown.line() == "  images: 25 %, about 16 min 10 s left\n"
        shown.clock.now += 6
        task.update(3, 4)
        assert shown.line() == "  images: 75 %, about 3 s left\n"


def test_counts_that_are_minutes_apart_give_a_speed(shown: Shown) -> None:
    with shown.display.task("designs") as task:
        for done in (1, 2, 3):
            shown.clock.now += 600
            task.update(done, 9)
        assert shown.line() == "  designs: 33 %, about 1 h 00 min left\n"


@pytest.mark.parametrize("counted", [(0, 10), (7, None)])
def test_work_without_a_hint_shows_how_long_it_has_run(
    shown: Shown, counted: tuple[int, int | None]
) -> None:
    with shown.display.task("work") as task:
        task.update(*counted)
        shown.clock.now += 3 * 3600 + 120
        assert shown.line() == "  work: 3 h 02 min so far\n"


def test_lines_start_after_two_seconds_and_come_every_five(shown: Shown) -> None:
    with shown.display.task("verify"), shown.display.task("build", estimate=20.0):
        for _ in range(40):
            shown.clock.now += 0.25
            shown.display.refresh()
    assert shown.stream.getvalue().splitlines() == [
        "  build: 10 %, about 18 s left",
        "  build: 35 %, about 13 s left",
    ]


def test_work_that_has_ended_is_not_shown(shown: Shown) -> None:
    with shown.display.task("work"):
        pass
    shown.clock.now += 10
    assert shown.line() == ""


def test_a_bar_appears_for_long_work_only_and_goes_away() -> None:
    clock, stream = Clock(), Terminal()
    with ProgressDisplay(console_for(stream), clock=clock) as display:
        with display.task("build", estimate=20.0):
            clock.now += 1
            display.refresh()
            assert "build" not in stream.getvalue()
            clock.now += 9
            display.refresh()
            display.message("a line [that] stays :smile:")
        drawn = stream.getvalue()
        assert "build" in drawn
        assert "━" in drawn
        assert "50 %, about 10 s left" in drawn
        assert "a line [that] stays :smile:\n" in drawn
        stream.truncate(0)
        display.refresh()
    assert "build" not in stream.getvalue()
    assert "\x1b[?25h" in stream.getvalue(), "the cursor is back"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_bar_is_one_line_of_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    clock, stream = Clock(), Terminal()
    label = "comparing the Verilog with a new emission"
    with ProgressDisplay(console_for(stream), clock=clock) as display:
        with display.task(label, estimate=7000.0):
            clock.now += 10
            display.refresh()
        drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).replace("\r", "")
    (line,) = {each for each in drawn.splitlines() if "left" in each}
    assert len(line) <= width
    assert (line.count("━") + line.count("╸") + line.count("╺")) == (40 if width == 120 else 6)
    assert "0 %, about 1 h 56 min left" in line and "━" in line
    assert (label in line) == (width >= 80)


def test_lines_are_rarer_the_longer_work_takes(shown: Shown) -> None:
    with shown.display.task("search"):
        for _ in range(3600):
            shown.clock.now += 1
            shown.display.refresh()
    lines = shown.stream.getvalue().splitlines()
    assert lines[:4] == [f"  search: {seconds} s so far" for seconds in (2, 7, 12, 17)]
    # At most half a minute apart.
    assert 3600 / 30 <= len(lines) < 140


@pytest.mark.parametrize(
    ("result", "reason", "line"),
    [
        ("8 x 8", "seed changed", "emit              1.2 s  8 x 8 (seed changed)"),
        ("8 x 8", "x" * 60, "emit              1.2 s  8 x 8"),
        ("", "", "emit              1.2 s"),
    ],
)
def test_what_work_leaves_behind_on_a_terminal(
    result: str, reason: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    display = ProgressDisplay(console_for(stream))
    display.begin("emit", reason)
    display.end("emit", 1.23, result, reason)
    assert stream.getvalue() == f"{line}\n"


def test_what_work_leaves_behind_in_a_log(shown: Shown) -> None:
    shown.display.begin("emit", "seed changed")
    shown.display.end("emit", 1.23, "8 x 8", "seed changed")
    shown.display.unchanged("synth")
    assert shown.stream.getvalue().splitlines() == [
        "emit: running (seed changed)", "emit: done in 1.2 s: 8 x 8", "synth: up to date",
    ]  # fmt: skip


def test_lines_come_by_themselves_where_there_is_no_terminal() -> None:
    clock, stream = Clock(), io.StringIO()
    with ProgressDisplay(console_for(stream), clock=clock) as display:
        display.message("first: running")
        with display.task("work"):
            clock.now += 3
            end = time.monotonic() + 60
            while "work" not in stream.getvalue() and time.monotonic() < end:
                time.sleep(0.01)
    assert stream.getvalue() == "first: running\n  work: 3 s so far\n"


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["lines", "bars"])
def test_silence(stream: io.StringIO) -> None:
    clock = Clock()
    with ProgressDisplay(console_for(stream, silent=True), clock=clock) as display:
        display.message("first: running")
        with display.task("work") as task:
            clock.now += 3
            task.update(1, 2)
            display.refresh()
    assert stream.getvalue() == ""


def test_lines_are_neither_wrapped_nor_marked_up() -> None:
    stream = io.StringIO()
    text = f"[bold]{'x' * 300}[/bold] 'text' 12 :smile: " + "word " * 60 + "end"
    console_for(stream).print(text)
    assert stream.getvalue() == f"{text}\n"


def test_durations_outlive_the_run(tmp_path: Path) -> None:
    path = tmp_path / "durations.json"
    clock = Clock()
    display = ProgressDisplay(console_for(silent=True), Durations(path), clock)
    with display.task("build", estimate=30.0):
        clock.now += 12.34
    with display.task("counted"):
        clock.now += 12.34
    with pytest.raises(RuntimeError, match="stop"), display.task("broken", estimate=30.0):
        raise RuntimeError("stop")
    assert json.loads(path.read_text()) == {"build": 12.3}


def test_the_duration_of_the_last_time_is_the_estimate(tmp_path: Path, shown: Shown) -> None:
    path = tmp_path / "durations.json"
    Durations(path).record("build", 40.0)
    shown.display.durations = Durations(path)
    with shown.display.task("build", estimate=30.0):
        shown.clock.now += 10
        assert shown.line() == "  build: 25 %, about 30 s left\n"


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": "x", "b": -1, "c": NaN}', ""])
def test_damaged_durations_only_cost_the_estimates(tmp_path: Path, text: str) -> None:
    path = tmp_path / "durations.json"
    path.write_text(text)
    assert [Durations(path).get(key) for key in "abc"] == [None, None, None]
