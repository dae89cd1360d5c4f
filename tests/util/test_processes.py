"""Children: their limits, their ends with all that they started, what reaches them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.util import processes
from hawx_hw.util.disk import FullError
from hawx_hw.util.processes import (
    TimeLimitError,
    ToolFailedError,
    ToolMissingError,
    allow,
    end_all,
    output_lines,
    run,
)


def python(code: str, **options):
    options = {"tool": "Python", "limit": 60.0} | options
    return run([sys.executable, "-P", "-S", "-c", code], **options)


#: Starts a process that outlives it, and writes its number.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
"""


def ends(number: int) -> bool:
    """Whether a process is gone within some seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{number}/stat").read_text("utf-8")
        except OSError:
            return True
        if status.rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_output_messages_and_status() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    done = python(code, separate=True)
    assert (done.status, done.output, done.messages) == (3, "out\n", "err\n")
    assert done.ending == "ended with status 3"
    together = python(code)
    assert sorted(together.output.split()) == ["err", "out"]
    assert together.messages == ""


def test_a_failure_for_want_of_room_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.exit('cc1: error writing to a.s: No space left on device')"
    with pytest.raises(FullError) as caught:
        python(code, folder=tmp_path)
    assert caught.value.where == str(tmp_path)


def test_a_signal_is_named() -> None:
    done = python("import os; os.kill(os.getpid(), 11)")
    assert done.ending == "was ended by SIGSEGV"


def test_standard_input_is_empty_or_the_text() -> None:
    echo = "import sys; print(len(sys.stdin.read()))"
    assert python(echo).output == "0\n"
    assert python(echo, text="ä" * 200_000).output == "200000\n"
    assert python("", text="not read" * 100_000).status == 0


def test_one_that_hangs_is_ended_at_its_limit_with_all_that_it_started() -> None:
    started: list[int] = []
    with pytest.raises(TimeLimitError, match=r"^yosys took longer than 0\.5 s\."):
        for line in output_lines(
            [sys.executable, "-S", "-c", PARENT + "time.sleep(600)"], tool="yosys", limit=0.5
        ):
            started.append(int(line))
    assert ends(started[0])


def test_the_hint_of_a_limit_says_how_to_raise_it() -> None:
    with pytest.raises(TimeLimitError) as caught:
        python("import time; time.sleep(600)", limit=0.05, hint="Take less.")
    assert caught.value.exit_status == 2
    assert caught.value.tool == "Python"
    assert caught.value.hint == "HAWX_TIME_LIMITS=10 allows ten times as long. Take less."


def test_the_user_can_raise_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAWX_TIME_LIMITS", "1e4")
    assert python("import time; time.sleep(0.1)", limit=0.01).status == 0


@pytest.mark.parametrize("stdout", ["None", "subprocess.DEVNULL"])
def test_what_an_ended_program_leaves_behind_is_ended(stdout: str) -> None:
    """Whether it holds the output open or not."""
    done = python(PARENT.replace('"])', f'"], stdout={stdout}, stderr={stdout})'))
    assert done.status == 0
    assert ends(int(done.output))


def test_one_that_closes_its_output_and_hangs_is_ended() -> None:
    with pytest.raises(TimeLimitError):
        python("import os, time; os.close(1); os.close(2); time.sleep(600)", limit=0.3)


def test_work_that_goes_on_has_no_limit() -> None:
    counts = iter(range(5))
    done = python("import time; time.sleep(0.4)", limit=0.1, alive=lambda: next(counts, 5))
    assert done.status == 0
    with pytest.raises(TimeLimitError):
        python("import time; time.sleep(600)", limit=0.1, alive=lambda: 1)


def test_endless_output_is_cut_and_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(TimeLimitError):
        python("while True: print('again ' * 100)", limit=0.5, retained=4000, log=log)
    assert log.stat().st_size < 4000 + processes._CHUNK


def test_the_end_of_an_output_is_kept(tmp_path: Path) -> None:
    done = python("for number in range(10_000): print(number)", retained=1000)
    assert done.cut
    assert done.output.endswith("9998\n9999\n")
    assert len(done.output) == 1000
    assert not python("print(1)").cut


def test_a_missing_program() -> None:
    with pytest.raises(ToolMissingError, match=r"^sta cannot be started: .*No such file"):
        run(["/no/such/program"], tool="sta", limit=1.0)
    with pytest.raises(ToolMissingError, match="embedded null"):
        run(["a\0b"], tool="sta", limit=1.0)


def test_lines_come_as_they_are_written() -> None:
    code = "import time; print('first', flush=True); time.sleep(600)"
    lines = output_lines([sys.executable, "-S", "-c", code], tool="Python", limit=60.0)
    assert next(lines) == "first"
    lines.close()
    assert not processes._state.groups


def test_lines_of_a_program_that_fails() -> None:
    code = "print('first'); exit(3)"
    lines = output_lines([sys.executable, "-c", code], tool="Python", limit=60.0)
    assert next(lines) == "first"
    with pytest.raises(ToolFailedError, match=r"^Python ended with status 3"):
        next(lines)


@pytest.fixture
def ending() -> Iterator[None]:
    yield
    allow()


def test_end_all_lets_threads_go_on(ending: None, tmp_path: Path) -> None:
    """As a pool of threads must, whose owner was interrupted and waits for it."""
    done: list[object] = []

    log = tmp_path / "log"

    def work() -> None:
        done.append(python("import time; print('runs', flush=True); time.sleep(600)", log=log))
        try:
            python("")
        except UserError as error:
            done.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    # Only when it writes does its caller have it.
    while thread.is_alive() and not (log.exists() and log.read_text()):
        time.sleep(0.01)
    end_all()
    thread.join(20)
    assert [getattr(done[0], "status", None), str(done[1])] == [
        -signal.SIGKILL,
        "Interrupted: no other program is started any more.",
    ]


KILLED = """
import os, sys
from hawx_hw.util.processes import output_lines
for line in output_lines([sys.executable, "-S", "-c", sys.argv[1]], tool="t", limit=600.0):
    print(line, flush=True)
    {end}
"""


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os._exit(0)", "sys.exit(0)"])
def test_children_end_with_this_process(end: str) -> None:
    """Whatever it dies of; what the child started too."""
    # In one line: a second would end it, whose reader has gone.
    code = PARENT.replace("print(", "print(__import__('os').getpid(), ") + "time.sleep(600)"
    command = [sys.executable, "-c", KILLED.format(end=end), code]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert len(done.stdout.split()) == 2
    assert all(ends(int(child)) for child in done.stdout.split())
