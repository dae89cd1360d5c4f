"""Paths as people write them: what no file can be named is refused, with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.util.paths import check_output, user_path


def test_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert user_path("~/a b.npz") == Path("/home/me/a b.npz")
    assert user_path(Path("a/~b")) == Path("a/~b")
    assert user_path("\u00e9" * 127) == Path("\u00e9" * 127)
    assert user_path("\udcff.npz") == Path("\udcff.npz"), "bytes that are no UTF-8"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("~nosuchuser", r"key: There is no user for the ~ of '~nosuchuser'\. Write the whole path"),
        ("~nosuchuser/a", "There is no user"),
        ("a\0b", r"key: A path holds no NUL, as 'a\\x00b' does"),
        ("b/" + "a" * 256, "key: A name in a path has at most 255 bytes, not 256: 'b/aaa"),
        ("\u00e9" * 128, "has at most 255 bytes, not 256"),
        ("\ud800", r"key: No file can be named '\\ud800'"),
    ],
    ids=range(6),
)
def test_what_is_none(text: str, message: str) -> None:
    with pytest.raises(UserError, match=f"{message}.*$") as caught:
        user_path(text, "key")
    assert len(str(caught.value)) < 300
    with pytest.raises(UserError):
        check_output(Path(text), "--output")


def test_a_file_that_can_be_written(tmp_path: Path) -> None:
    for name in ("a.svg", "new/folder/a.svg"):
        assert check_output(tmp_path / name, "--plot", suffixes=(".png", ".svg")) == tmp_path / name
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.svg").write_text("old")
    check_output(tmp_path / "a.svg", "--plot")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder", "This is a folder. Name a file."),
        ("a.svg/b", "a.svg is not a folder"),
        ("a.svg/b/c", "a.svg is not a folder"),
        ("b.pdf", "The name must end in .png or .svg"),
        ("b" * 250 + ".svg", "The name of a file has at most 235 bytes here"),
        ("locked/b.svg", "locked cannot be written"),
        ("loop/b.svg", "loop is a link to nothing"),
    ],
    ids=range(7),
)
def test_what_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "locked").mkdir()
    (tmp_path / "a.svg").touch()
    (tmp_path / "loop").symlink_to("loop")
    # Whoever is root may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked")
    with pytest.raises(UserError) as caught:
        check_output(
            tmp_path / name, "--plot", suffixes=(".png", ".svg") if name == "b.pdf" else ()
        )
    assert message in str(caught.value)
    assert str(caught.value).startswith("--plot: ")


@pytest.mark.parametrize("path", ["/", ".", ".."])
def test_a_folder_by_its_nature(path: str) -> None:
    with pytest.raises(UserError, match="This is a folder"):
        check_output(Path(path), "--plot")
