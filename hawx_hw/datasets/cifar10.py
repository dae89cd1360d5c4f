"""CIFAR-10 (A. Krizhevsky, 2009): 50,000 training and 10,000 test images of 3 x 32 x 32.

Read from the official binary version: ``data_batch_1.bin`` to ``data_batch_5.bin`` and
``test_batch.bin`` in a folder ``cifar10`` or ``cifar-10-batches-bin`` of one of the data folders.
``test_1000.npz`` (x uint8 (n, 32, 32, 3), y) serves as the test part where ``test_batch.bin`` is
missing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from hawx_hw.datasets.arrays import read_arrays
from hawx_hw.datasets.dataset import Dataset, Split, evenly_spaced
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_bytes
from hawx_hw.util.locations import data_folders

__all__ = ["load", "sizes", "unchecked_files"]

_FOLDERS = ("cifar10", "cifar-10-batches-bin")
#: The files of the test part: the first that is there is read.
_WHOLE, _PARTIAL = "test_batch.bin", "test_1000.npz"
_RECORD = 1 + 3 * 32 * 32
_IMAGES = 10_000
_SHA256 = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
}
_HINT = (
    "Unpack cifar-10-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar.html into a folder "
    "and set HAWX_DATA to that folder, or use 'dataset: digits', which needs no files."
)


def load() -> Dataset:
    """CIFAR-10 in its official split.

    Raises
    ------
    UserError
        A file is missing or damaged.
    """
    train = _joined([_records(_required(name), digest) for name, digest in _SHA256.items()])
    whole = _find(_WHOLE)
    if whole:
        test, note = _records(whole, None), ""
    else:
        test = _part(_required(_PARTIAL, instead=_WHOLE))
        note = f"Only the first {len(test):,} of the 10,000 test images are available."
    return Dataset("cifar10", 10, train, evenly_spaced(train), test, note)


def sizes() -> tuple[int, int]:
    """The numbers of training and test images that :func:`load` gives, without loading them.

    Raises
    ------
    UserError
        The test part is missing.
    """
    train = len(_SHA256) * _IMAGES
    if _find(_WHOLE):
        return train, _IMAGES
    return train, len(read_arrays(_required(_PARTIAL, instead=_WHOLE), ("y",))["y"])


def unchecked_files() -> list[Path]:
    """The file of the test part, of which no checksum is known; none where it is missing."""
    return [path for path in [_find(_WHOLE) or _find(_PARTIAL)] if path is not None]


def _find(name: str) -> Path | None:
    for folder in data_folders():
        for place in _FOLDERS:
            path = folder / place / name
            if path.is_file():
                return path
    return None


def _required(name: str, instead: str | None = None) -> Path:
    path = _find(name)
    if path is None:
        raise UserError(
            f"CIFAR-10 is missing: {instead or name} is in no folder {' or '.join(_FOLDERS)} of "
            "the data folders (HAWX_DATA, the cache).",
            where="network.dataset: cifar10",
            hint=_HINT,
        )
    return path


def _records(path: Path, digest: str | None) -> Split:
    content = read_bytes(path)
    if len(content) != _IMAGES * _RECORD or (
        digest and hashlib.sha256(content).hexdigest() != digest
    ):
        raise UserError(
            "The content is not that of the official CIFAR-10 file.", where=str(path), hint=_HINT
        )
    records = np.frombuffer(content, dtype=np.uint8).reshape(_IMAGES, _RECORD)
    return _checked(records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0], path)


def _part(path: Path) -> Split:
    arrays = read_arrays(path, ("x", "y"))
    x, y = arrays["x"], arrays["y"]
    if x.dtype != np.uint8 or x.shape[1:] != (32, 32, 3) or y.shape != x.shape[:1] or not len(x):
        raise UserError(
            f"x must be uint8 (n, 32, 32, 3) and y (n,), not {x.dtype} {x.shape} and {y.shape}.",
            where=str(path),
        )
    return _checked(np.ascontiguousarray(x.transpose(0, 3, 1, 2)), y, path)


def _checked(images: np.ndarray, labels: np.ndarray, path: Path) -> Split:
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 9:
        raise UserError("Labels must be whole numbers from 0 to 9.", where=str(path), hint=_HINT)
    return Split(images, labels.astype(np.int64))


def _joined(parts: list[Split]) -> Split:
    return Split(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
