"""MNIST (Y. LeCun, C. Cortes, C. Burges): 60,000 training and 10,000 test images of 28 x 28.

The four official idx files are searched for in each of
:func:`~hawx_hw.util.locations.data_folders`, as ``mnist/NAME.gz`` or, as torchvision stores them,
``MNIST/raw/NAME``, compressed or not. Where none has them they are downloaded into the cache.
Checksums are those of the decompressed content.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.datasets.dataset import Dataset, Split, evenly_spaced
from hawx_hw.datasets.download import DownloadError, fetch
from hawx_hw.datasets.idx import DamagedError, decompress, parse, read_content
from hawx_hw.errors import UserError
from hawx_hw.util.files import write_bytes
from hawx_hw.util.locations import cache_folder, data_folders

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["SELECT", "SIZES", "SOURCES", "load"]

#: Numbers of training and test images.
SIZES = (60_000, 10_000)
#: Of the training images, those that select designs.
SELECT = 9_996

SOURCES = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
_LARGEST_DOWNLOAD = 16 * 2**20
_PLACES = ("mnist/{}.gz", "mnist/{}", "MNIST/raw/{}", "MNIST/raw/{}.gz")


def load(progress: Progress | None = None) -> Dataset:
    """MNIST as 1 x 28 x 28, in its official split.

    Parameters
    ----------
    progress : callable or None
        Gets the bytes received of each download, and of all where that is known.

    Raises
    ------
    UserError
        A file is damaged, or missing and cannot be downloaded.
    """
    train = _split("train", progress)
    test = _split("t10k", progress)
    return Dataset("mnist", 10, train, evenly_spaced(train), test)


def _split(part: str, progress: Progress | None) -> Split:
    images = _array(f"{part}-images-idx3-ubyte", progress)
    labels = _array(f"{part}-labels-idx1-ubyte", progress)
    return Split(images[:, np.newaxis], labels.astype(np.int64))


def _array(name: str, progress: Progress | None) -> np.ndarray:
    path = _find(name)
    if path is None:
        return parse(_download(name, progress), name)
    try:
        return parse(_official(name, path), str(path))
    except UserError as damage:
        if path.parent != cache_folder("mnist"):
            raise
        try:
            return parse(_download(name, progress), name)
        except UserError:
            raise damage from None


def _official(name: str, path: Path) -> bytes:
    """The content of a file, which is the official one."""
    content = read_content(path)
    if not _is_official(name, content):
        raise UserError(
            "The content is not that of the official MNIST file: its SHA-256 differs.",
            where=str(path),
            hint="Remove the file, so that it is fetched again, or put an undamaged one there.",
        )
    return content


def _is_official(name: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == _SHA256[name]


def _find(name: str) -> Path | None:
    for folder in data_folders():
        for place in _PLACES:
            path = folder / place.format(name)
            if path.is_file():
                return path
    return None


def _download(name: str, progress: Progress | None) -> bytes:
    """Download an official file, save it in the cache, and return its decompressed content."""
    reasons = []
    for source in SOURCES:
        url = f"{source}{name}.gz"
        try:
            packed = fetch(url, largest=_LARGEST_DOWNLOAD, progress=progress)
            content = decompress(packed)
        except (DownloadError, DamagedError) as error:
            reasons.append(str(error))
            continue
        if not _is_official(name, content):
            reasons.append(f"{url}: its content is not that of the official file")
            continue
        _save(f"{name}.gz", packed)
        return content
    searched = ", ".join(map(str, data_folders())) or "there is none"
    raise UserError(
        f"MNIST is missing: {name}.gz is in no data folder ({searched}), "
        f"and cannot be downloaded ({'; '.join(reasons)}).",
        where="network.dataset: mnist",
        hint="Put the four official .gz files into a folder mnist/, set HAWX_DATA to its parent, "
        "connect to the internet, or use 'dataset: digits', which needs no files.",
    )


def _save(name: str, packed: bytes) -> None:
    cache = cache_folder("mnist")
    if cache is None:
        return
    path = cache / name
    # Without a writable cache, the next call downloads again; this one succeeds.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, packed)
