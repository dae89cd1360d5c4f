"""A tool that ran out of room is reported as such, whatever it wrote."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from hawx_hw.util.disk import FullError, check_space

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on a file system with next to no room."""
    folder = tmp_path / "full"
    folder.mkdir()
    usage = shutil.disk_usage
    monkeypatch.setattr(
        "shutil.disk_usage", lambda path: Usage(9, 9, 4096) if path == folder else usage(path)
    )
    return folder


def test_room(tmp_path: Path) -> None:
    check_space(tmp_path, None, tmp_path / "missing", log="error: unexpected token")
    check_space()


def test_no_room(full: Path, tmp_path: Path) -> None:
    with pytest.raises(FullError) as caught:
        check_space(None, tmp_path, full)
    assert str(caught.value) == (
        f"{full}: There is no space left on the device. "
        "Make room, or choose other folders with --build, HAWX_CACHE and TMPDIR."
    )


@pytest.mark.parametrize("text", ["No space left on device", "Disk quota exceeded"])
def test_no_room_any_more_when_the_tool_ended(text: str, tmp_path: Path) -> None:
    """It removes what it has written when it fails."""
    with pytest.raises(FullError) as caught:
        check_space(tmp_path, log=f"ld: final link failed: {text}\n")
    assert caught.value.where == str(tmp_path)
    with pytest.raises(FullError):
        check_space(log=text)
