"""The images of a folder as one array, decoded once.

Images are decoded in several threads, in order. What comes of it is cached under a key of
everything that it depends on: the contents and names of the files, what is done to the images, and
the versions of the decoders, which decide the pixels of lossy formats.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.datasets.array_cache import read_array, write_array
from hawx_hw.datasets.arrays import BYTES_MAX
from hawx_hw.datasets.folder import Listing, list_images
from hawx_hw.datasets.image_files import DecodedImage, decode, quiet_decoder
from hawx_hw.datasets.label_table import Entry, check_inside
from hawx_hw.datasets.labels import Labels
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.source import Source
from hawx_hw.errors import UserError, printable
from hawx_hw.util.files import FileSet, read_bytes

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["FILE_BYTES_MAX", "file_set", "open_source"]

#: Bytes of the largest file that is read.
FILE_BYTES_MAX = 256 << 20
_BATCH = 64
#: Counts up when the same files give other pixels.
_RULES = 1
_PARTS = ("train", "test", "val")


@dataclass(frozen=True, eq=False)
class _Images:
    """All images of a folder, and what a user should know of them.

    Parameters
    ----------
    array : ndarray of uint8, ``(n, C, H, W)``
    notes : tuple of str
    """

    array: np.ndarray
    notes: tuple[str, ...]


def open_source(path: Path) -> Source:
    """The images of a folder or of a CSV file; none is opened yet.

    Raises
    ------
    UserError
        See :func:`~hawx_hw.datasets.folder.list_images`; or there are none for training.
    """
    listing = list_images(path)
    by_part = {
        part: np.array([entry.label for entry in listing.entries if entry.part == part], dtype=str)
        for part in _PARTS
    }
    labels = {part: Labels(texts) for part, texts in by_part.items() if len(texts)}
    if "train" not in labels:
        raise UserError(
            f"There are images for {' and '.join(labels)}, and none for training, which calibrate.",
            where=str(path),
            hint="Add a part train, or name these images for test as network.test, beside a "
            "network.dataset.",
        )

    def images(
        preparation: Preparation, progress: Progress | None
    ) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
        every = _images(listing, preparation, progress)
        places = {
            part: [at for at, entry in enumerate(listing.entries) if entry.part == part]
            for part in labels
        }
        taken = {part: _take(every.array, at) for part, at in places.items()}
        return taken, (*every.notes, *_left_out(listing))

    return Source(
        listing.name, str(path), labels, images, listing.listed, class_names=listing.empty
    )


def file_set(path: Path) -> FileSet:
    """Everything that the pixels, labels and notes of a folder or CSV file depend on.

    Raises
    ------
    UserError
        See :func:`~hawx_hw.datasets.folder.list_images`.
    """
    listing = list_images(path)
    names = (*listing.tables, *(entry.file for entry in listing.entries))
    # Files that are left out are named in a note, and not read.
    return FileSet(listing.root, tuple(sorted(set(names))), listing.others)


def _take(array: np.ndarray, at: list[int]) -> np.ndarray:
    """The images at ascending places; without a copy where they are a single stretch."""
    if at[-1] - at[0] + 1 == len(at):
        return array[at[0] : at[-1] + 1]
    return array[at]


def _left_out(listing: Listing) -> tuple[str, ...]:
    count = len(listing.others)
    if not count:
        return ()
    files, more = (f"{count:,} files are", " ...") if count > 1 else ("A file is", "")
    return (f"{files} no image and left out: {printable(listing.others[0])}{more}.",)


def _images(listing: Listing, preparation: Preparation, progress: Progress | None) -> _Images:
    key = _key(listing, preparation)
    if (cached := read_array(key)) is not None:
        return _Images(cached.array, cached.notes)
    collected = _Collected(listing, preparation)
    for at, image in enumerate(_decoded(listing)):
        collected.add(at, image)
        if progress:
            progress(at + 1, len(listing.entries))
    result = collected.result()
    write_array(key, result.array, result.notes)
    return result


def _key(listing: Listing, preparation: Preparation) -> str:
    from PIL import __version__, features

    state = hashlib.sha256()
    decoders = [__version__, *(features.version(name) for name in ("jpg", "zlib", "webp"))]
    parts = [_RULES, decoders, preparation.channels, preparation.resize, preparation.fit]
    state.update(json.dumps(parts).encode())
    for entry in listing.entries:
        state.update(f"\0{entry.file}\0".encode())
        state.update(hashlib.sha256(_content(listing, entry)).digest())
    return state.hexdigest()


def _decoded(listing: Listing) -> Iterator[DecodedImage]:
    affinity = getattr(os, "sched_getaffinity", None)
    threads = len(affinity(0)) if affinity else os.cpu_count() or 1

    def read(entry: Entry) -> DecodedImage:
        return decode(_content(listing, entry), str(listing.root / entry.file))

    with quiet_decoder(), ThreadPoolExecutor(min(threads, 8)) as pool:
        for start in range(0, len(listing.entries), _BATCH):
            yield from pool.map(read, listing.entries[start : start + _BATCH])


def _content(listing: Listing, entry: Entry) -> bytes:
    path = listing.root / entry.file
    try:
        if path.is_symlink():
            check_inside(path, listing.root, entry.file)
        if (size := path.stat().st_size) > FILE_BYTES_MAX:
            raise UserError(
                f"The file has {size:,} bytes, more than {FILE_BYTES_MAX:,}.", where=str(path)
            )
        return read_bytes(path)
    except OSError as error:
        raise UserError(
            f"The file cannot be read: {error.strerror or error}.", where=str(path)
        ) from error


class _Collected:
    """Images of one size in one array, which becomes RGB with the first that is."""

    def __init__(self, listing: Listing, preparation: Preparation):
        self._entries: Sequence[Entry] = listing.entries
        self._root = listing.root
        self._preparation = preparation
        self._array = np.empty((0, 0, 0, 0), dtype=np.uint8)
        self._transparent: list[int] = []
        self._grey: list[int] = []

    def add(self, at: int, image: DecodedImage) -> None:
        """Put an image at its place."""
        where = self._where(at)
        pixels = self._preparation.apply(image.pixels[np.newaxis], where)[0]
        if at == 0:
            self._array = self._empty(pixels.shape)
        if pixels.shape[1:] != self._array.shape[2:]:
            self._refuse(at, pixels.shape)
        if len(pixels) > self._array.shape[1]:
            self._check_size((len(self._entries), *pixels.shape))
            self._array = np.repeat(self._array, len(pixels), axis=1)
        self._array[at] = pixels
        if image.transparent:
            self._transparent.append(at)
        if len(pixels) == 1:
            self._grey.append(at)

    def result(self) -> _Images:
        """All of them."""
        notes = []
        if self._transparent:
            notes.append(
                f"{self._counted(self._transparent)} transparency, which is dropped "
                f"({printable(self._entries[self._transparent[0]].file)})."
            )
        if self._grey and self._array.shape[1] == 3:
            notes.append(
                f"{self._counted(self._grey)} no color and become RGB like the others "
                f"({printable(self._entries[self._grey[0]].file)})."
            )
        return _Images(self._array, tuple(notes))

    def _counted(self, which: list[int]) -> str:
        verb = "has" if len(which) == 1 else "have"
        return f"{len(which):,} of {len(self._entries):,} images {verb}"

    def _empty(self, shape: tuple[int, ...]) -> np.ndarray:
        self._check_size((len(self._entries), *shape))
        return np.empty((len(self._entries), *shape), dtype=np.uint8)

    def _check_size(self, shape: tuple[int, ...]) -> None:
        size = 1
        for length in shape:
            size *= length
        if size > BYTES_MAX:
            raise UserError(
                f"{shape[0]:,} images of shape {shape[1:]} have {size / 2**30:,.1f} GiB, more than "
                f"{BYTES_MAX >> 30} GiB.",
                where=str(self._root),
                hint="State a smaller network.preprocess.resize: [H, W], or take fewer images.",
            )

    def _refuse(self, at: int, shape: tuple[int, ...]) -> None:
        raise UserError(
            f"The image has {shape[1]} x {shape[2]} pixels, and {self._entries[0].file} has "
            f"{self._array.shape[2]} x {self._array.shape[3]}.",
            where=self._where(at),
            hint="State network.preprocess.resize: [H, W] and fit: stretch, crop or pad, by which "
            "all come to one size.",
        )

    def _where(self, at: int) -> str:
        return str(self._root / self._entries[at].file)
