"""The truth about a whole space: what every assignment of it really does."""

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

__all__ = ["SCHEMA", "Parts", "Truth", "load_truth", "save_truth"]

SCHEMA = 1
_MEND = "Remove the file; the truth is computed again."
#: Costs are asked for in parts of this many vectors.
_PART = 2**16


@dataclass(frozen=True, eq=False)
class Truth:
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
        found: np.ndarray = self.right[self.space.numbers(vectors)].astype(np.int64)
        return found

    def points(self, cost: Cost) -> np.ndarray:
        """Points of accuracy lost and the cost of every assignment: float64 ``(size, 2)``."""
        found = np.empty((self.space.size, 2))
        found[:, 0] = 100 * (self.exact - self.right.astype(np.float64)) / self.images
        for start in range(0, self.space.size, _PART):
            numbers = np.arange(start, min(start + _PART, self.space.size))
            found[numbers, 1] = cost(self.space.vectors(numbers))[cost.objective]
        return found

    def front(self, cost: Cost) -> tuple[np.ndarray, np.ndarray]:
        """The true Pareto front: numbers of its vectors int64 ``(n,)``, and points ``(n, 2)``."""
        points = self.points(cost)
        numbers = pareto(points)
        return numbers, points[numbers]


def save_truth(truth: Truth, path: Path) -> None:
    """Write the truth as ``.npz``."""
    _write(
        path,
        schema=np.array(SCHEMA),
        key=np.array(truth.key),
        space=np.array(space_key(truth.space)),
        counts=np.array([truth.images, truth.exact]),
        right=truth.right.astype(np.int32),
        seconds=np.array(truth.seconds),
    )


def load_truth(path: Path, space: Space) -> Truth:
    """Read what :func:`save_truth` wrote.

    Raises
    ------
    UserError
        The file is missing or damaged, or of another space or version.
    """
    found = _read(path)
    if found is None:
        raise UserError("There is no truth yet", where=str(path), hint="Compute it.")
    try:
        if int(found["schema"]) != SCHEMA or str(found["space"]) != space_key(space):
            raise UserError(
                "This truth is of another space or version", where=str(path), hint=_MEND
            )
        images, exact = found["counts"].tolist()
        key, seconds = str(found["key"]), float(found["seconds"])
        return Truth(space, key, images, exact, found["right"], seconds)
    except (KeyError, ValueError) as error:
        raise UserError(
            f"The truth cannot be read: {error}", where=str(path), hint=_MEND
        ) from error


class Parts:
    """Parts of a truth in a folder, each written when it is done.

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
        found = _read(self._path(number))
        if found is None or str(found["key"]) != self._key:
            return None
        return found["right"], float(found["seconds"])

    def put(self, number: int, right: np.ndarray, seconds: float) -> None:
        """Keep a part."""
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


def _read(path: Path) -> dict[str, np.ndarray] | None:
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"The file cannot be read: {error}", where=str(path), hint=_MEND) from error
