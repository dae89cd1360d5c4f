"""Archives: what is read, and that hostile ones end with one error and little memory."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.datasets import arrays
from hawx_hw.datasets.arrays import array_keys, read_arrays
from hawx_hw.errors import UserError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.npz"


def header(shape: str, kind: str = "'|u1'") -> bytes:
    """The beginning of an array in numpy's format, with any shape in it."""
    text = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}}}".encode()
    text = text.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def test_keys_and_arrays(path: Path) -> None:
    np.savez(path, y=np.arange(3), x=np.zeros((3, 2)))
    assert array_keys(path) == ("y", "x")
    assert list(read_arrays(path, ["x"], ["z", "y"])) == ["x", "y"]
    with pytest.raises(UserError, match="The archive has no array 'z'; it has x, y"):
        read_arrays(path, ["z"])


@pytest.mark.parametrize(
    "content",
    [
        header("(1000000000000,)"),
        header("(99999999999999999999,)"),
        header("(-1,)"),
        header("(3,)", "'|O'") + pickle.dumps([1, 2, 3]),
        header("(3,)", "[('a', '|O')]") + pickle.dumps([1, 2, 3]),
        header("(__import__('os').getcwd(),)"),
        header("(3, 3)"),
        b"",
        b"PK\x03\x04",
    ],
)
def test_hostile_members(path: Path, content: bytes) -> None:
    """Objects are never unpickled, and no declared shape is believed."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(UserError) as caught:
        read_arrays(path, ["x"])
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_what_a_pickle_would_do_is_not_done(path: Path, tmp_path: Path) -> None:
    class Touch:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return Path.touch, (tmp_path / "touched",)

    np.savez(path, x=np.array([Touch()], dtype=object))
    with pytest.raises(UserError, match="Object arrays cannot be loaded"):
        read_arrays(path, ["x"])
    assert not (tmp_path / "touched").exists()


def test_a_bomb_is_refused_by_its_declared_size(path: Path, monkeypatch) -> None:
    np.savez_compressed(path, x=np.zeros(100_000, dtype=np.uint8), y=np.zeros(3))
    monkeypatch.setattr(arrays, "BYTES_MAX", 1 << 16)
    with pytest.raises(UserError, match=r"The arrays have 0\.0 GiB when unpacked, more than"):
        read_arrays(path, ["x"])
    # What is not requested does not count.
    assert len(read_arrays(path, ["y"])["y"]) == 3


def test_an_archive_in_an_archive_is_no_array(path: Path) -> None:
    inner = io.BytesIO()
    np.savez(inner, x=np.zeros(3))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", inner.getvalue())
    with pytest.raises(UserError, match="What the archive holds as 'x' is no array"):
        read_arrays(path, ["x"])


def test_names_that_lead_elsewhere_are_names(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../x.npy", header("(1,)") + b"\7")
    assert array_keys(path) == ("../../x",)
    assert read_arrays(path, ["../../x"])["../../x"].tolist() == [7]
    assert [file.name for file in path.parent.iterdir()] == ["a.npz"]
