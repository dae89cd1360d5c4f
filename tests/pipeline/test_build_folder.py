import json
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
        folder.publish(stage, staging, {"settings": {"rows": 1}})


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
    assert manifest.inputs == {"settings": {"rows": 1}}
    assert folder.damaged(manifest) == []
    (tmp_path / "a").write_text("3")
    (tmp_path / "b").unlink()
    assert folder.damaged(manifest) == ["a", "b"]


def record(inputs: object, outputs: object) -> str:
    return json.dumps({"schema": 1, "inputs": inputs, "outputs": outputs})


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "7", "[" * 100_000, '{"schema": 2, "inputs": {}, "outputs": {}}'),
        *(
            '{"schema": 1}',
            record({}, []),
            record([], {}),
            record({}, None),
            record({"files": 1}, {}),
        ),
        *(record({}, {"a": 1}), record({}, {"a": ["x"]}), record({}, [["a", "x"]])),
    ],
)
def test_an_unreadable_record_is_none(tmp_path: Path, text: str) -> None:
    folder = BuildFolder(tmp_path)
    with folder.locked():
        finished(folder, "emit", a="1")
    (tmp_path / ".stages" / "emit.json").write_text(text)
    assert folder.manifest("emit") is None


OUTSIDE = [
    *("../victim", "../victim/file", "a/../../victim", "/", "//", "{victim}", "{victim}/file"),
    *("", ".", "./a", "a/.", "a//b", "a/", "..", "a/..", "link/file", "link", "a\0b", "x" * 300),
    *(".stages/lock", ".stages", ".work", ".work/verify", "circle/x"),
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_record_removes_nothing_outside_the_folder(tmp_path: Path, name: str) -> None:
    """Whatever it names: the stage has not finished, and only what is the stage's is touched."""
    victim, path = tmp_path / "victim", tmp_path / "build"
    victim.mkdir()
    (victim / "file").write_text("precious")
    folder = BuildFolder(path)
    with folder.locked():
        (folder.scratch("verify") / "cache").write_text("1")
        finished(folder, "pick", design="mine")
        (path / "link").symlink_to(victim)
        (path / "circle").symlink_to("circle")
        text = record({"settings": {}}, {name.format(victim=victim): "0" * 64, "a": "0" * 64})
        (path / ".stages" / "emit.json").write_text(text)
        assert folder.manifest("emit") is None
        folder.withdraw("emit")
        assert not (path / ".stages" / "emit.json").exists()
        finished(folder, "emit", a="1")
        assert folder.manifest("pick") is not None
    assert (victim / "file").read_text() == "precious"
    assert (path / ".work" / "verify" / "cache").read_text() == "1"
    assert (path / "design").read_text() == "mine"
    assert (path / ".stages" / "lock").is_file()


def test_ordinary_names_are_taken(tmp_path: Path) -> None:
    names = ("a", "rtl/b.v", ".hidden", "um² x", "...", "-")
    folder = BuildFolder(tmp_path)
    with folder.locked(), folder.staging("emit") as staging:
        for name in names:
            (staging / name).parent.mkdir(exist_ok=True)
            (staging / name).write_text(name)
        folder.publish("emit", staging, {})
    manifest = folder.manifest("emit")
    assert manifest is not None
    assert set(manifest.outputs) == set(names)


def test_a_build_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "build").symlink_to("disk")
    folder = BuildFolder(tmp_path / "build")
    with folder.locked():
        finished(folder, "emit", a="1")
    assert folder.manifest("emit") is not None


@pytest.mark.parametrize("name", [".stages", ".stages/lock", ".work"])
def test_links_in_the_place_of_our_own_files_are_refused(tmp_path: Path, name: str) -> None:
    victim, path = tmp_path / "victim", tmp_path / "build"
    (path / ".stages").mkdir(parents=True)
    (victim / "emit.x1.part").mkdir(parents=True)
    (victim / "file").write_text("precious")
    if name == ".stages":
        (path / name).rmdir()
    (path / name).symlink_to(victim / "file" if name.endswith("lock") else victim)
    with pytest.raises(UserError) as caught, BuildFolder(path).locked():
        pass
    assert str(caught.value) == (
        f"{path / name}: This is a link, and must not be one: files are written and removed here. "
        "Remove the link."
    )
    assert (victim / "file").read_text() == "precious"
    assert (victim / "emit.x1.part").is_dir()


def test_a_link_in_the_place_of_a_stages_scratch_folder_is_refused(tmp_path: Path) -> None:
    folder = BuildFolder(tmp_path)
    with folder.locked():
        (tmp_path / ".work").mkdir()
        (tmp_path / ".work" / "verify").symlink_to(tmp_path)
        with pytest.raises(UserError, match="This is a link"):
            folder.scratch("verify")


def test_a_link_in_the_place_of_a_result_is_replaced(tmp_path: Path) -> None:
    folder, victim = BuildFolder(tmp_path / "build"), tmp_path / "victim"
    victim.mkdir()
    (victim / "a").write_text("precious")
    with folder.locked():
        finished(folder, "emit", rtl="1")
        (tmp_path / "build" / "rtl").unlink()
        (tmp_path / "build" / "rtl").symlink_to(victim)
        finished(folder, "emit", rtl="2")
    assert (victim / "a").read_text() == "precious"
    assert (tmp_path / "build" / "rtl").read_text() == "2"


@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_a_record_that_is_no_file_counts_as_none(tmp_path: Path, kind: str) -> None:
    folder, path = BuildFolder(tmp_path), tmp_path / ".stages" / "emit.json"
    with folder.locked():
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero")
        assert folder.manifest("emit") is None
        finished(folder, "emit", a="1")
        assert folder.manifest("emit") is not None


#: Writes a file of the folder that is its argument, and is killed while it does.
KILLED = """
import os, sys
from pathlib import Path
from hawx_hw.util import files
files.os.fsync = lambda handle: os.kill(os.getpid(), 9)
files.write_text(Path(sys.argv[1]), "half")
"""


def test_locking_removes_files_that_a_killed_run_was_writing(tmp_path: Path) -> None:
    places = ["search.json", ".stages/emit.json", ".work/search/evaluations.npz", "profile/x.svg"]
    for place in places:
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / place)], check=False)
        (left,) = (tmp_path / place).parent.glob(".*.part")
        assert left.read_text() == "half"
    older = tmp_path / ".work" / "verify" / ".sim-verilator-3"
    older.mkdir(parents=True)
    scratch = tmp_path / ".work" / "verify" / ".scratch" / "sim-abcd1234"
    (scratch / "files").mkdir(parents=True)
    (scratch / "lock").write_text("")
    mine = tmp_path / ".notes.part"
    mine.write_text("mine")
    with BuildFolder(tmp_path).locked():
        left_over = [path for path in tmp_path.rglob("*.part") if path != mine]
        assert left_over == []
        assert mine.exists()
        assert not older.exists()
        assert not scratch.exists()


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
