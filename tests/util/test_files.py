"""A file is seen whole or not at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hawx_hw.util import files
from hawx_hw.util.files import (
    FileSet,
    open_file,
    read_bytes,
    read_text,
    remove_unfinished,
    sha256_file,
    sha256_of,
    write_bytes,
    write_json,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_content_and_folders(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a" / "b" / "x.bin", b"\0\r\n\xff")
    assert (tmp_path / "a" / "b" / "x.bin").read_bytes() == b"\0\r\n\xff"
    write_text(tmp_path / "x.txt", "um²\n")
    assert (tmp_path / "x.txt").read_bytes() == "um²\n".encode()
    assert names(tmp_path) == ["a", "x.txt"]
    assert names(tmp_path / "a" / "b") == ["x.bin"]


def test_json_is_sorted_and_ends_in_a_newline(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": 1, "a": [True]})
    assert (tmp_path / "x.json").read_text() == '{\n  "a": [\n    true\n  ],\n  "b": 1\n}\n'


def test_json_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", {"a": object()})
    assert (tmp_path / "x.json").read_text() == "1\n"
    assert names(tmp_path) == ["x.json"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "x.txt"
    write_text(path, "old")

    def fail(*arguments: object) -> None:
        # The new text is aside by now, and the old one in its place.
        assert len(names(tmp_path)) == 2
        assert path.read_text() == "old"
        raise OSError("no space left")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="no space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["x.txt"]


#: Begins to write the file that is its argument, prints that, and waits.
WRITES = """
import os, sys
from pathlib import Path
from hawx_hw.util import files
def wait(handle):
    print("writing", flush=True)
    sys.stdin.read()
files.os.fsync = wait
files.write_text(Path(sys.argv[1]), "other")
"""


@pytest.fixture
def writing(tmp_path: Path):
    """A function that starts a process which is writing a file."""
    started = []

    def start(path: Path) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "writing\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_what_a_killed_process_left_is_removed_by_the_next_write(tmp_path: Path, writing) -> None:
    path = tmp_path / "x.txt"
    for other in (path, tmp_path / "x.txt.y"):
        killed = writing(other)
        killed.kill()
        killed.wait()
    (tmp_path / ".x.txt.notes").write_text("mine")
    write_text(path, "new")
    (rest,) = tmp_path.glob(".*.part")
    assert rest.name.startswith(".x.txt.y.")
    remove_unfinished(tmp_path)
    assert names(tmp_path) == [".x.txt.notes", "x.txt"]


def test_what_another_process_is_writing_stays(tmp_path: Path, writing) -> None:
    running = writing(tmp_path / "x.txt")
    remove_unfinished(tmp_path)
    write_text(tmp_path / "x.txt", "new")
    running.communicate("")
    assert (tmp_path / "x.txt").read_text() == "other"
    assert names(tmp_path) == ["x.txt"]


def test_only_files_that_were_written_aside_are_removed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / ".x.abcd1234.part").write_text("")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / ".y.abcd1234.part").symlink_to(tmp_path / "elsewhere" / ".x.abcd1234.part")
    os.mkfifo(folder / "pipe.part")
    remaining = ["x.part", ".x.part", ".x.ABCD1234.part", ".x.abcd1234.part~", "..abcd1234.part"]
    for name in remaining:
        (folder / name).write_text("")
    (folder / ".x.abcd1234.part").write_text("")
    remove_unfinished(folder)
    assert set(names(folder)) == {*remaining, "link", "pipe.part", ".y.abcd1234.part"}
    assert names(tmp_path / "elsewhere") == [".x.abcd1234.part"]


def test_a_file_that_is_taken_for_abandoned_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, moments = files.fcntl.flock, []

    def locked(handle: int, how: int) -> None:
        if not moments:
            moments.append(handle)
            remove_unfinished(tmp_path)
        lock(handle, how)

    monkeypatch.setattr(files.fcntl, "flock", locked)
    write_text(tmp_path / "x.txt", "new")
    assert names(tmp_path) == ["x.txt"]
    assert moments


def test_files_are_readable_by_others(tmp_path: Path) -> None:
    write_text(tmp_path / "x.txt", "x")
    assert (tmp_path / "x.txt").stat().st_mode & 0o777 == 0o644


def test_sha256(tmp_path: Path) -> None:
    write_bytes(tmp_path / "x", b"abc")
    assert sha256_file(tmp_path / "x") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_sha256_of_several_files(tmp_path: Path) -> None:
    """Names and contents count, and where one ends."""
    digests = set()
    for several in ({"a": "1", "b": "2"}, {"a": "1"}, {"b": "1", "a": "2"}, {"a": "1b", "b": ""}):
        for name, content in several.items():
            (tmp_path / name).write_text(content)
        digests.add(sha256_of(FileSet(tmp_path, tuple(sorted(several)))))
    digests.add(sha256_of(FileSet(tmp_path, ("a", "b"), ("gone",))))
    assert len(digests) == 5
    assert sha256_of(tmp_path / "a") == sha256_file(tmp_path / "a")
    assert str(FileSet(tmp_path, ("a",))) == str(tmp_path)
    with pytest.raises(FileNotFoundError):
        sha256_of(FileSet(tmp_path, ("gone",)))


def test_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes("Größe\r\n".encode() + b"\xff")
    assert read_bytes(tmp_path / "x") == "Größe\r\n".encode() + b"\xff"
    assert read_text(tmp_path / "x", errors="replace") == "Größe\n\ufffd"
    with pytest.raises(OSError, match="It is no text in UTF-8"):
        read_text(tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "y")


@pytest.mark.parametrize("read", [read_bytes, read_text, sha256_file])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, read: Callable[[Path], object]) -> None:
    """A pipe without a writer and ``/dev/zero`` never end."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="It is a pipe and not a file"):
        read(tmp_path / "pipe")
    with pytest.raises(OSError, match="It is a device and not a file"):
        read(Path("/dev/zero"))
    with pytest.raises(IsADirectoryError):
        read(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match="No such device"):
            read(tmp_path / "socket")
