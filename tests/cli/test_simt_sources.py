"""Images of programs: which files are taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.cli.simt_sources import runnable
from hawx_hw.errors import UserError
from tests.cli.test_simt import SOURCE


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("k.s").write_text(SOURCE, encoding="utf-8")


def test_files_of_codes() -> None:
    codes = np.arange(-3, 3).reshape(1, 2, 3)
    np.save("x.npy", codes)
    np.savez("one.npz", image=codes.astype(np.int8))
    np.savez_compressed("two.npz", codes=codes, labels=np.zeros(3, dtype=int))
    for name in ("x.npy", "one.npz", "two.npz"):
        chosen = runnable("k.s", name, Path("build"), silent=True)
        assert chosen.activations is not None
        assert chosen.activations.dtype == np.int8
        assert chosen.activations.tolist() == [[-3, -2, -1, 0], [1, 2, 0, 0]]
        assert chosen.plan is None
    assert runnable("k.s", None, Path("build"), silent=True).activations is None


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "x.npz: This archive has 0 arrays"),
        (
            {"a": np.zeros(1, dtype=int), "b": np.zeros(1, dtype=int)},
            "This archive has 2 arrays: a, b. Give it one, or one of the name codes.",
        ),
        ({"a": np.zeros(1)}, "x.npz: This holds no integers"),
        ({"a": np.array([255])}, r"Codes must be in \[-128, 127\]. The code of a pixel in"),
    ],
)
def test_archives_that_are_refused(arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez("x.npz", **arrays)
    with pytest.raises(UserError, match=message):
        runnable("k.s", "x.npz", Path("build"), silent=True)


def test_other_files_are_refused() -> None:
    Path("x.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UserError, match="This is no array of numpy"):
        runnable("k.s", "x.npz", Path("build"), silent=True)
    # The number of an image is of a config's data set.
    with pytest.raises(UserError, match="a source has none"):
        runnable("k.s", "3", Path("build"), silent=True)
