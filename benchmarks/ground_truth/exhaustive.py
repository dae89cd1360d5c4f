"""Exhaustive ground truth of a space: the images that are right under every assignment."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.errors import UserError
from hawx_hw.search.cost import Cost
from hawx_hw.search.oracle import space_key
from hawx_hw.search.pareto import pareto
from hawx_hw.util.files import write_bytes

__all__ = [
    "SCHEMA",
    "GroundTruth",
    "Parts",
    "load_ground_truth",
    "read_arrays",
    "save_ground_truth",
]

SCHEMA = 1
_HINT = "Remove the file; it is computed again."
#: Costs are asked for in parts of this many vectors.
_PART = 2**16


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """Images that are right under every assignment of a space. It is an oracle, too.

    Parameters
    ----------
    space : Space
    key : str
        That of the oracle that the counts are of.
    images, exact : int
        Number of images, and how many are right in the exact network.
    right : ndarray of int32
        ``(size,)``, by the number of the vector (:meth:`Space.vectors`).
    seconds : float
        Of processors, added up over threads and workers.
    """

    space: Space
    key: str
    images: int
    exact: int
    right: np.ndarray
    seconds: float

    def __post_init__(self) -> None:
        if self.right.shape != (self.space.size,):
            raise ValueError(f"right must be of {self.space.size}, not {self.right.shape}")

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Images that are right under each vector: int64 ``(n,)``."""
        counts: np.ndarray = self.right[self.space.numbers(vectors)].astype(np.int64)
        return counts

    def points(self, cost: Cost) -> np.ndarray:
        """Accuracy drop and cost of every assignment: float64 ``(size, 2)``."""
        points = np.empty((self.space.size, 2))
        points[:, 0] = 100 * (self.exact - self.right.astype(np.float64)) / self.images
        for start in range(0, self.space.size, _PART):
            numbers = np.arange(start, min(start + _PART, self.space.size))
            points[numbers, 1] = cost(self.space.vectors(numbers))[cost.objective]
        return points

    def front(self, cost: Cost) -> tuple[np.ndarray, np.ndarray]:
        """The front of all assignments: their numbers int64 ``(n,)``, and points ``(n, 2)``."""
        points = self.points(cost)
        numbers = pareto(points)
        return numbers, points[numbers]


def save_ground_truth(exhaustive: GroundTruth, path: Path) -> None:
    """Write it as ``.npz``."""
    _write(
        path,
        schema=np.array(SCHEMA),
        key=np.array(exhaustive.key),
        space=np.array(space_key(exhaustive.space)),
        counts=np.array([exhaustive.images, exhaustive.exact]),
        right=exhaustive.right.astype(np.int32),
        seconds=np.array(exhaustive.seconds),
    )


def load_ground_truth(path: Path, space: Space) -> GroundTruth:
    """Read what :func:`save_ground_truth` wrote.

    Raises
    ------
    UserError
        The file is missing or damaged, or of another space or version.
    """
    arrays = read_arrays(path)
    if arrays is None:
        raise UserError("Nothing was computed yet", where=str(path), hint="Compute it.")
    try:
        if int(arrays["schema"]) != SCHEMA or str(arrays["space"]) != space_key(space):
            raise UserError("This is of another space or version", where=str(path), hint=_HINT)
        images, exact = arrays["counts"].tolist()
        key, seconds = str(arrays["key"]), float(arrays["seconds"])
        return GroundTruth(space, key, images, exact, arrays["right"], seconds)
    except (KeyError, ValueError) as error:
        raise UserError(f"The file cannot be read: {error}", where=str(path), hint=_HINT) from error


class Parts:
    """Parts of an exhaustive ground truth in a folder, each written when it is done.

    Parameters
    ----------
    folder : Path
    key : str
        Parts of another key are computed again.
    """

    def __init__(self, folder: Path, key: str):
        self._folder = folder
        self._key = key

    def get(self, number: int) -> tuple[np.ndarray, float] | None:
        """Counts and seconds of a part; None where it is not there yet.

        Raises
        ------
        UserError
            The file is damaged.
        """
        arrays = read_arrays(self._path(number))
        if arrays is None or str(arrays["key"]) != self._key:
            return None
        return arrays["right"], float(arrays["seconds"])

    def put(self, number: int, right: np.ndarray, seconds: float) -> None:
        """Write a part."""
        _write(
            self._path(number),
            key=np.array(self._key),
            right=right.astype(np.int32),
            seconds=np.array(seconds),
        )

    def _path(self, number: int) -> Path:
        return self._folder / f"part-{number:05d}.npz"


def _write(path: Path, **arrays: np.ndarray) -> None:
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def read_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays of an ``.npz``; None where there is none.

    Raises
    ------
    UserError
        The file is damaged.
    """
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"The file cannot be read: {error}", where=str(path), hint=_HINT) from error
