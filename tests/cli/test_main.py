"""The command line: what it prints where, and its exit statuses."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import hawx_hw
from hawx_hw.cli import main as cli
from hawx_hw.config.load import schema_text
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.pipeline import order
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.quantize.result import DatasetSummary, NetworkAccuracy, QuantizeResult, RolesSummary
from tests.report.samples import VERIFY

CONFIG = """\
name: tiny
network:
  model: lenet5
  dataset: digits
accelerator:
  rows: 4
"""
QUANTIZED = QuantizeResult(
    model="lenet5",
    dataset=DatasetSummary(
        name="digits",
        classes=10,
        shape=(1, 28, 28),
        train_images=1,
        test_images=1000,
        sha256="ab",
        note="",
    ),
    roles=RolesSummary(learn=1, select=0, test=1000, unseen=False),
    calibration_images=1,
    accuracy=NetworkAccuracy(float=0.9915, int8=0.99, images=1000),
    parameters=1,
)
#: So that a process in another folder finds the package.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(hawx_hw.__file__).parents[1])}


def quantize(context: Context) -> None:
    context.write(QUANTIZED)
    (context.output / "quantized.npz").touch()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder with a config, and a pipeline whose stages take no time."""
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    use(monkeypatch, quantize=quantize)
    # main() installs handlers; the tests' own come back afterwards.
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    yield tmp_path
    for number, handler in before:
        signal.signal(number, handler)


def use(monkeypatch: pytest.MonkeyPatch, **runs) -> None:
    chosen = tuple(Stage(name, run, settings=("network", "verify")) for name, run in runs.items())
    monkeypatch.setattr(order, "STAGES", chosen)


def hawx(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    return end.value.code or 0


def test_summary_of_a_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hawx("run", "tiny.yaml") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "tiny (0 s)",
        "The integer network is right on 99.00 % of 1,000 test images (float 99.15 %).",
        "accuracy  float 99.15 %, int8 99.00 % on 1,000 test images",
        "files     build/tiny/report.html; beside it summary.json",
        "more      hawx summary tiny.yaml --section all",
    ]
    running, done = err.splitlines()
    assert running == "quantize: running (not finished before)"
    assert done.startswith("quantize: done in ")
    assert done.endswith(" s: float 99.15 %, int8 99.00 %")
    assert hawx("run", "tiny.yaml") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "tiny (up to date)"
    assert err == "quantize: up to date\n"
    assert hawx("summary", "tiny.yaml") == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize("place", [0, 1, 2])
def test_quiet_is_the_verdict_and_the_files(folder: Path, capsys, place: int) -> None:
    words = ["run", "tiny.yaml"]
    words.insert(place, "--quiet")
    assert hawx(*words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "The integer network is right on 99.00 % of 1,000 test images (float 99.15 %).",
        "files  build/tiny/report.html; beside it summary.json",
    ]
    assert hawx("run", "tiny.yaml", "--until", "paint", "--quiet") == 2
    assert capsys.readouterr().err.startswith("hawx: --until: There is no stage 'paint'.")
    assert hawx("run", "tiny.yaml") == 0
    assert capsys.readouterr().err == "quantize: up to date\n"


def test_summary_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hawx("run", "tiny.yaml", "--json", "--build", "elsewhere") == 0
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert content["name"] == "tiny"
    assert content["folder"] == "elsewhere/tiny"
    assert content["stages"]["quantize"]["ran"] is True
    assert content["results"]["quantize"] == QUANTIZED.as_dict()
    assert content["files"] == {
        "integer graph": "elsewhere/tiny/quantized.npz",
        "report": "elsewhere/tiny/report.html",
        "numbers, for programs": "elsewhere/tiny/summary.json",
    }
    assert err == ""


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (
            UserError("There is no such layer.", where="network.model", hint="Take another."),
            2,
            "hawx: tiny.yaml:3: network.model: There is no such layer. Take another.",
        ),
        (UserError("A tool is missing."), 2, "hawx: A tool is missing."),
        (VerificationError("3 of 20 images differ."), 1, "hawx: 3 of 20 images differ."),
        (
            ZeroDivisionError("of the house"),
            70,
            "hawx: internal error: ZeroDivisionError: of the house "
            "(--debug shows the traceback; please report it)",
        ),
        # What the system refuses is not an error of this program.
        (
            OSError(errno.ENOSPC, "No space left on device", "build/tiny/x"),
            2,
            "hawx: build/tiny/x: No space left on device. Make room, or choose other folders with "
            "--build, HAWX_CACHE and TMPDIR.",
        ),
        (OSError(errno.EIO, "Input/output error"), 2, "hawx: Input/output error"),
        (
            OSError(errno.ENAMETOOLONG, "File name too long", "a" * 300),
            2,
            f"hawx: {'a' * 100}...{'a' * 100}: File name too long",
        ),
        (MemoryError(), 2, "hawx: There is not enough memory for this."),
        # Files may contain what a terminal obeys, and half characters.
        (
            UserError("There is no 'a\x1b[31m\udc80\u202e\n\u00e9'.", where="x.npz"),
            2,
            "hawx: x.npz: There is no 'a\\x1b[31m\\udc80\\u202e \u00e9'.",
        ),
        (
            UserError("a" * 1990 + "b" * 1990),
            2,
            f"hawx: {'a' * 1000} ... {'b' * 1000}",
        ),
    ],
    ids=lambda value: None if isinstance(value, int) else "",
)
def test_an_error_is_one_message_without_traceback(
    folder: Path, monkeypatch, capsys, error: Exception, status: int, message: str
) -> None:
    def fail(context: Context) -> None:
        raise error

    use(monkeypatch, quantize=fail)
    assert hawx("run", "tiny.yaml") == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["quantize: running (not finished before)", message]


@pytest.mark.parametrize("place", [0, 2])
def test_debug_shows_the_traceback(folder: Path, monkeypatch, capsys, place: int) -> None:
    def fail(context: Context) -> None:
        raise UserError("It is broken.")

    use(monkeypatch, quantize=fail)
    words = ["run", "tiny.yaml"]
    words.insert(place, "--debug")
    assert hawx(*words) == 2
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert err.splitlines()[-1] == "hawx: It is broken."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("run", "tiny"),
            "hawx: There is no config 'tiny', neither as a path nor in configs/. ",
        ),
        (
            ("run", "tiny.yaml", "--until", "paint"),
            "hawx: --until: There is no stage 'paint'. The stages are quantize.",
        ),
        (("run", "bad.yaml"), "hawx: bad.yaml:1: nane: There is no such key. Did you mean name?"),
        (
            ("train", "--output", "weights.pt"),
            "hawx: --output: weights.pt: The checkpoint's name must end in .safetensors.",
        ),
        (
            ("train", "--output", "nowhere/weights.safetensors"),
            "hawx: --output: nowhere/weights.safetensors: There is no folder nowhere. Create it.",
        ),
        (("train", "--dataset", "letters"), "hawx: --dataset: Unknown dataset 'letters'. "),
    ],
)
def test_bad_input(folder: Path, capsys, arguments: tuple[str, ...], message: str) -> None:
    (folder / "bad.yaml").write_text(CONFIG.replace("name:", "nane:"))
    assert hawx(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    # A loaded machine may show progress, which is indented.
    lines = [line for line in err.splitlines() if not line.startswith("  ")]
    assert len(lines) == 1
    assert lines[0].startswith(message)


@pytest.mark.parametrize("arguments", [("paint",), ("run",), ("verify", "x", "--images", "-1")])
def test_usage_errors(folder: Path, capsys, arguments: tuple[str, ...]) -> None:
    assert hawx(*arguments) == 2
    assert "Usage: hawx" in capsys.readouterr().err


def test_a_current_folder_that_is_gone(tmp_path: Path, monkeypatch, capsys) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for command in (["run", "tiny.yaml"], ["store", "stats"], ["train"]):
        assert hawx(*command) == 2
        assert capsys.readouterr().err == (
            "hawx: The current folder does not exist any more. Change to one that does.\n"
        )


def test_zero_images_are_a_failed_verification(folder: Path, capsys) -> None:
    assert hawx("verify", "tiny.yaml", "--images", "0") == 1
    assert capsys.readouterr().err == (
        "hawx: Zero images were asked for: nothing would be compared.\n"
    )


def test_options_override_the_config(folder: Path, monkeypatch) -> None:
    seen = []

    def verify(context: Context) -> None:
        seen.append(context.config.verify.images)
        context.write(VERIFY)

    use(monkeypatch, verify=verify)
    assert hawx("verify", "tiny.yaml", "--images", "7") == 0
    assert hawx("verify", "tiny.yaml") == 0
    assert seen == [7, 20]


@pytest.mark.parametrize("command", ["run", "emit", "verify", "predict", "synth", "power"])
def test_index_has_one_meaning_in_every_command_that_builds(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr(cli, "run_job", lambda *_, **options: seen.update(options))
    assert hawx(command, "tiny.yaml", "--index", "3") == 0
    assert seen["index"] == 3


def test_version_and_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert hawx("--version") == 0
    assert capsys.readouterr().out == f"hawx {hawx_hw.__version__}\n"
    assert hawx("schema") == 0
    assert capsys.readouterr().out == schema_text()


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert hawx("doctor", "--json") == 0
    tools = json.loads(capsys.readouterr().out)
    assert hawx("doctor") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["tool", "version", "unlocks", "to", "install"]
    assert len(lines) == len(tools) + 1


HEAVY = ("torch", "numpy", "amaranth", "cocotb", "pyosys", "pydantic_core", "sklearn", "rich")


def test_help_imports_no_heavy_library() -> None:
    """benchmarks/startup.py measures the time."""
    code = (
        "import sys\n"
        "from hawx_hw.cli.main import main\n"
        "try:\n    main(['--help'])\n"
        "finally:\n"
        f"    print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert run.stderr == "[]\n"
    assert "Usage: hawx" in run.stdout


SLOW_STAGE = """
import time
from collections.abc import Iterator
from pathlib import Path
from hawx_hw.cli import main as cli
from hawx_hw.pipeline import order
from hawx_hw.pipeline.stage import Stage

def first(context):
    (context.output / "quantize.json").write_text("{}")

def second(context):
    (context.output / "half").write_text("half")
    Path("started").touch()
    time.sleep(60)

order.STAGES = (Stage("quantize", first), Stage("emit", second))
cli.main(["run", "tiny.yaml"])
"""


def test_a_locale_that_is_not_utf_8(folder: Path) -> None:
    place = folder / "é 日本"
    place.mkdir()
    (place / "tiny.yaml").write_text(f"# é 日本\n{CONFIG}", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "hawx_hw", "run", str(place / "tiny.yaml"), "--until", "nothing"],
        env=ENVIRONMENT | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"There is no stage 'nothing'" in done.stderr


def test_a_warning_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def warn(context: Context) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            # What catch_warnings sets in its place is for the time within.
            warnings.showwarning = cli._show_warning
            warnings.warn("the store\nis locked", stacklevel=1)
        quantize(context)

    use(monkeypatch, quantize=warn)
    assert hawx("run", "tiny.yaml") == 0
    assert "hawx: warning: the store is locked" in capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interruption_is_one_line_and_keeps_finished_stages(
    folder: Path, number: int, status: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_STAGE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        deadline = time.monotonic() + 30
        while not (folder / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert out == ""
    assert err.splitlines()[-1] == (
        "hawx: interrupted; finished stages are kept, and the next call goes on from there"
    )
    assert "Traceback" not in err
    build = folder / "build" / "tiny"
    assert (build / "quantize.json").exists()
    assert not (build / "half").exists()
    assert sorted(p.name for p in (build / ".stages").iterdir()) == ["lock", "quantize.json"]


#: Waits for children in threads, as proofs of blocks do.
POOL = """
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from hawx_hw.cli import main as cli
from hawx_hw.pipeline import order
from hawx_hw.pipeline.stage import Stage
from hawx_hw.util.processes import run

def wait(number):
    code = "import os, pathlib, time; pathlib.Path(f'child-{os.getpid()}').touch(); time.sleep(600)"
    run([sys.executable, "-S", "-c", code], tool="t", limit=600.0)

def quantize(context):
    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            pool.submit(wait, number)
        time.sleep(600)

order.STAGES = (Stage("quantize", quantize),)
cli.main(["run", "tiny.yaml"])
"""


def test_interruption_ends_children_and_the_threads_that_wait_for_them(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", POOL], stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        deadline = time.monotonic() + 60
        while len(list(folder.glob("child-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("hawx: interrupted; finished stages are kept")
    children = [path.name.removeprefix("child-") for path in folder.glob("child-*")]
    # At the interruption each of the two threads may start one more, which is ended, too.
    assert 2 <= len(children) <= 4
    assert not any(Path("/proc", number).exists() for number in children)


@pytest.mark.parametrize(
    "swallowing",
    [
        # Where an object is removed.
        "    class Removed:\n        def __del__(self): os.kill(os.getpid(), 2)\n    Removed()\n",
        # In a library that catches everything, and then fails.
        "    try: os.kill(os.getpid(), 2)\n    except BaseException: raise ValueError from None\n",
        "    try: os.kill(os.getpid(), 2)\n    except BaseException: return\n",
    ],
)
def test_an_interruption_that_something_swallows(folder: Path, swallowing: str) -> None:
    code = "import os\n" + SLOW_STAGE.replace("    time.sleep", f"{swallowing}    time.sleep")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1].startswith("hawx: interrupted; finished stages are kept")
    assert "Traceback" not in done.stderr


def test_a_second_signal_ends_what_does_not_heed_the_first(folder: Path) -> None:
    code = SLOW_STAGE.replace(
        "    time.sleep(60)\n",
        "    while True:\n"
        "        try: time.sleep(60)\n"
        "        except BaseException: Path('heedless').touch()\n",
    ).replace("cli.main(", "cli._SAME_SECONDS = float(sys.argv[1])\ncli.main(")
    command = [sys.executable, "-c", f"import sys\n{code}"]

    def signalled(seconds: str) -> tuple[int, str]:
        with subprocess.Popen(
            [*command, seconds], stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as process:
            for name in ("started", "heedless"):
                deadline = time.monotonic() + 60
                while not (folder / name).exists() and time.monotonic() < deadline:
                    time.sleep(0.02)
                process.send_signal(signal.SIGINT)
            if seconds != "0":
                time.sleep(0.3)
                assert process.poll() is None
                process.kill()
            err = process.communicate(timeout=60)[1]
        return process.returncode, err.splitlines()[-1]

    assert signalled("0") == (130, "hawx: interrupted")
    for name in ("started", "heedless"):
        (folder / name).unlink()
    # At the same time as the first, it is the same.
    assert signalled("1000")[0] == -signal.SIGKILL
