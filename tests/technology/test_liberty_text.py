"""The text of liberty files: packed ones, encodings, and what is damaged."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.technology.liberty_text import is_liberty, read_text, read_unpacked

TEXT = "library (µ) {\n}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.lib"
    path.write_bytes(TEXT.encode(encoding))
    assert read_text(path) == TEXT


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.lib"
    path.write_bytes(TEXT.replace("\n", end).encode())
    assert read_text(path) == TEXT


def test_packed_files_of_one_or_several_members(tmp_path: Path) -> None:
    path = tmp_path / "a.lib.gz"
    path.write_bytes(gzip.compress(TEXT[:5].encode()) + gzip.compress(TEXT[5:].encode()))
    assert read_text(path) == TEXT
    assert read_unpacked(path) == TEXT.encode()


@pytest.mark.parametrize(
    "content",
    [gzip.compress(TEXT.encode(), mtime=0)[:-9], TEXT.encode(), b"\x1f\x8b", b"\x1f\x8b" * 20],
    ids=["cut", "not packed", "head", "heads"],
)
def test_damaged_archives(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.lib.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="The liberty file is damaged: ") as caught:
        read_text(path)
    assert (caught.value.exit_status, caught.value.where) == (2, str(path))
    assert caught.value.hint == "Fetch it again."


@pytest.mark.parametrize("name", ["a.lib", "a.lib.gz"])
def test_empty_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (b"", gzip.compress(b" \n") if name.endswith("gz") else b" \n"):
        path.write_bytes(content)
        with pytest.raises(UserError, match="is empty") as caught:
            read_text(path)
        assert caught.value.where == str(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="The liberty file cannot be read: ") as caught:
        read_text(tmp_path)
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize(
    ("name", "is_one"), [("a.lib", True), ("a.b.lib.gz", True), ("a.gz", False), ("lib", False)]
)
def test_names(name: str, is_one: bool) -> None:
    assert is_liberty(Path("folder.lib") / name) == is_one
