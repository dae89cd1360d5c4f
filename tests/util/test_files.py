"""A file is seen whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hawx_hw.util.files import sha256_file, write_bytes, write_json, write_text


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


def test_files_are_readable_by_others(tmp_path: Path) -> None:
    write_text(tmp_path / "x.txt", "x")
    assert (tmp_path / "x.txt").stat().st_mode & 0o777 == 0o644


def test_sha256(tmp_path: Path) -> None:
    write_bytes(tmp_path / "x", b"abc")
    assert sha256_file(tmp_path / "x") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
