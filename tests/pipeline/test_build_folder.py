import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.pipeline.build_folder import BuildFolder

HOLD = """
import sys, time
from pathlib import Path
from hawx_hw.pipeline.build_folder import BuildFolder
with BuildFolder(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    time.sleep(60)
"""


def finished(folder: BuildFolder, stage: str, **files: str) -> None:
    with folder.staging(stage) as staging:
        for name, text in files.items():
            (staging / name).write_text(text)
        folder.publish(stage, staging, {"settings": 1})


def test_one_run_at_a_time_and_death_ends_the_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(UserError) as caught, BuildFolder(tmp_path).locked():
            pass
        assert str(caught.value) == (
            f"{tmp_path}: Another run (process {other.pid}) works in this folder. "
            "Wait for its end, or stop it."
        )
        os.kill(other.pid, signal.SIGKILL)
    with BuildFolder(tmp_path).locked():
        pass


def test_a_process_keeps_itself_out_too(tmp_path: Path) -> None:
    with BuildFolder(tmp_path).locked():
        with pytest.raises(UserError) as caught, BuildFolder(tmp_path).locked():
            pass
        assert f"Another run (process {os.getpid()}) works" in str(caught.value)


def test_locking_removes_what_a_killed_run_left(tmp_path: Path) -> None:
    rest = tmp_path / ".stages" / "emit.x1.part"
    rest.mkdir(parents=True)
    (rest / "half.v").write_text("mod")
    with BuildFolder(tmp_path).locked():
        assert not rest.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file")
    with pytest.raises(UserError) as caught, BuildFolder(tmp_path / "build").locked():
        pass
    assert str(caught.value) == (
        f"{tmp_path / 'build'}: The build folder cannot be written: Not a directory."
    )


def test_records(tmp_path: Path) -> None:
    folder = BuildFolder(tmp_path)
    with folder.locked():
        assert folder.manifest("emit") is None
        finished(folder, "emit", a="1", b="2")
        manifest = folder.manifest("emit")
    assert manifest is not None
    assert manifest.inputs == {"settings": 1}
    assert folder.damaged(manifest) == []
    (tmp_path / "a").write_text("3")
    (tmp_path / "b").unlink()
    assert folder.damaged(manifest) == ["a", "b"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": 2, "inputs": {}, "outputs": {}}', '{"schema": 1}']
)
def test_an_unreadable_record_is_none(tmp_path: Path, text: str) -> None:
    folder = BuildFolder(tmp_path)
    with folder.locked():
        finished(folder, "emit", a="1")
    (tmp_path / ".stages" / "emit.json").write_text(text)
    assert folder.manifest("emit") is None


def test_a_folder_may_take_the_place_of_a_file(tmp_path: Path) -> None:
    folder = BuildFolder(tmp_path)
    with folder.locked():
        finished(folder, "emit", rtl="a file")
        with folder.staging("emit") as staging:
            (staging / "rtl").mkdir()
            (staging / "rtl" / "pe.v").write_text("module")
            folder.publish("emit", staging, {})
        finished(folder, "synth", b="1")
        assert (tmp_path / "rtl" / "pe.v").read_text() == "module"
        finished(folder, "emit", rtl="a file again")
    assert (tmp_path / "rtl").read_text() == "a file again"
    assert (tmp_path / "b").read_text() == "1"


def test_scratch_stays(tmp_path: Path) -> None:
    folder = BuildFolder(tmp_path)
    (folder.scratch("verify") / "cache").write_text("1")
    with folder.locked():
        assert (folder.scratch("verify") / "cache").read_text() == "1"
