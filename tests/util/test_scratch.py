"""Scratch folders: removed at the end, and after a kill on the next start."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.util import scratch
from hawx_hw.util.scratch import remove_abandoned, scratch_folder

#: Makes a scratch folder with a file in it, prints its path, and waits for a line.
_PROCESS = """
from hawx_hw.util.scratch import scratch_folder
with scratch_folder("other") as folder:
    (folder / "file").write_text("content")
    print(folder, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    scratch._sweep.cache_clear()
    return tmp_path / "cache"


@pytest.fixture
def process():
    """A function that starts a process with a scratch folder; gives both."""
    started = []

    def start() -> tuple[subprocess.Popen, Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _folders(cache: Path) -> list[Path]:
    return [path for path in (cache / "scratch").iterdir() if path.is_dir()]


def test_an_empty_folder_of_ours_is_removed_at_the_end(cache: Path) -> None:
    with scratch_folder("kernels") as folder:
        assert folder.is_relative_to(cache / "scratch")
        assert folder.parent.name.startswith("kernels-")
        assert not list(folder.iterdir())
        (folder / "below").mkdir()
        (folder / "below" / "file").write_text("content")
    assert not _folders(cache)


def test_it_is_removed_after_an_error(cache: Path) -> None:
    with pytest.raises(ValueError, match="reason"), scratch_folder("kernels"):
        raise ValueError("reason")
    assert not _folders(cache)


def test_two_at_a_time_are_apart() -> None:
    with scratch_folder("kernels") as first, scratch_folder("kernels") as second:
        (first / "file").write_text("content")
        assert not list(second.iterdir())


def test_many_threads_at_once(cache: Path) -> None:
    def use(number: int) -> list[str]:
        with scratch_folder("kernels") as folder:
            (folder / str(number)).write_text("content")
            return [path.name for path in folder.iterdir()]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(40))) == [[str(number)] for number in range(40)]
    assert not _folders(cache)


def test_the_root_may_be_given(tmp_path: Path, cache: Path) -> None:
    with scratch_folder("sim", tmp_path / "work" / ".scratch") as folder:
        assert folder.is_relative_to(tmp_path / "work" / ".scratch")
    assert not cache.exists()


def test_a_killed_process_leaves_nothing_after_the_next_start(cache: Path, process) -> None:
    killed, folder = process()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert (folder / "file").exists()
    with scratch_folder("mine"):
        assert [path.name.split("-")[0] for path in _folders(cache)] == ["mine"]
    assert not _folders(cache)


def test_what_a_killed_process_left_is_removed_without_a_new_folder(cache: Path, process) -> None:
    killed, _ = process()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    _, in_use = process()
    scratch._sweep.cache_clear()
    remove_abandoned()
    assert _folders(cache) == [in_use.parent]


def test_where_nothing_can_be_written_nothing_is_abandoned(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("no folder", encoding="utf-8")
    (tmp_path / f"hawx_hw-{os.getuid()}").write_text("no folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    remove_abandoned()


def test_folders_in_use_are_left_alone(cache: Path, process) -> None:
    running, folder = process()
    with scratch_folder("mine") as mine:
        assert (folder / "file").read_text() == "content"
        _, other = process()  # its start sweeps too
        assert mine.exists()
        assert other.exists()
    running.communicate("\n")
    assert not folder.exists()
    assert _folders(cache) == [other.parent]


def test_only_folders_with_our_lock_and_nothing_else_are_removed(tmp_path: Path) -> None:
    root = tmp_path / "work"
    files = {
        "ours": ["lock", "files/a/b"],
        "ours-early": ["lock"],
        "results": ["files/table.csv"],
        "project": ["lock", "files/a", "notes.txt"],
        "directory": ["lock/content"],
    }
    for folder, names in files.items():
        for name in names:
            (root / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (root / folder / name).write_text("content")
    (root / "empty").mkdir()
    (root / "file").write_text("content")
    (tmp_path / "elsewhere" / "files").mkdir(parents=True)
    (tmp_path / "elsewhere" / "lock").write_text("")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    with scratch_folder("mine", root):
        pass
    left = {path.name for path in root.iterdir()}
    assert left == {"results", "project", "directory", "empty", "file", "link", "lock"}
    for folder in left & files.keys():
        assert all((root / folder / name).is_file() for name in files[folder])
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == {"files", "lock"}


def test_an_empty_folder_that_was_killed_before_its_lock_is_removed(tmp_path: Path) -> None:
    for name in ("sim-abcd_123", "sim-with_file"):
        (tmp_path / name).mkdir()
    (tmp_path / "sim-with_file" / "file").write_text("content")
    with scratch_folder("mine", tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "sim-with_file"}


@pytest.mark.parametrize("kind", ["missing", "link", "file"])
def test_a_root_that_is_no_folder_is_left_alone(tmp_path: Path, kind: str) -> None:
    root, ours = tmp_path / "root", tmp_path / "elsewhere" / "sim-abcd1234"
    (ours / "files").mkdir(parents=True)
    (ours / "lock").write_text("")
    if kind == "link":
        root.symlink_to(tmp_path / "elsewhere")
    elif kind == "file":
        root.write_text("")
    remove_abandoned(root)
    assert ours.exists()
    assert root.exists() == (kind != "missing")


def test_the_lock_goes_last(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed while it removes its folder leaves one that is removed later."""
    removed = []
    monkeypatch.setattr(scratch.shutil, "rmtree", lambda path, **_: removed.append(path))
    with scratch_folder("mine") as folder:
        pass
    assert removed == [folder, folder.parent]


def test_where_the_cache_cannot_be_written(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("no folder", encoding="utf-8")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder("mine") as folder:
        assert folder.is_relative_to(tmp_path / f"hawx_hw-{os.getuid()}")


@pytest.mark.parametrize("name", ["a b", "a$HOME", "a#b", "a'b", 'a"b', "a\\b", "a\nb", "é"])
def test_its_path_is_plain(
    name: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What tools cannot take is left out: in the cache, in TMPDIR, and behind a link."""
    for place in (tmp_path / name, tmp_path / "plain"):
        place.mkdir()
    (tmp_path / "link").symlink_to(tmp_path / name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / name))
    monkeypatch.setattr(scratch, "_SYSTEM", (str(tmp_path / "plain"),))
    for place in (tmp_path / name, tmp_path / "link"):
        monkeypatch.setenv("HAWX_CACHE", str(place))
        with scratch_folder("mine") as folder:
            assert folder.is_relative_to(tmp_path / "plain")


def test_a_link_that_another_user_may_have_made_is_not_followed(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("no folder", encoding="utf-8")
    (tmp_path / "victim").mkdir()
    (tmp_path / f"hawx_hw-{os.getuid()}").symlink_to(tmp_path / "victim")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_SYSTEM", (str(tmp_path / "other"),))
    with scratch_folder("mine") as folder:
        assert folder.is_relative_to(tmp_path / "other")


def test_a_full_cache_is_left_out(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullError(OSError):
        pass

    temporary = tempfile.TemporaryFile

    def full(*, dir: Path, **options: object) -> object:
        if dir == cache / "scratch":
            raise FullError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return temporary(dir=dir, **options)

    monkeypatch.setattr(scratch.tempfile, "TemporaryFile", full)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder("mine") as folder:
        assert folder.is_relative_to(tmp_path / f"hawx_hw-{os.getuid()}")


def test_where_nothing_can_be_written(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("no folder", encoding="utf-8")
    (tmp_path / f"hawx_hw-{os.getuid()}").write_text("no folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_SYSTEM", ())
    with pytest.raises(UserError, match="Set HAWX_CACHE or TMPDIR to one") as caught:
        with scratch_folder("mine"):
            pass
    assert caught.value.where == str(cache / "scratch")


def test_a_given_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="file/below: The folder cannot be written"):
        with scratch_folder("mine", tmp_path / "file" / "below"):
            pass
