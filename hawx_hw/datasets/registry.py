"""Data sets by name or path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.datasets import cifar10, digits, mnist, npz, roles
from hawx_hw.datasets.dataset import Dataset, Split
from hawx_hw.errors import UserError, shown
from hawx_hw.util.paths import user_path

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["NAMES", "files", "load", "load_validation", "select_count", "sizes"]

_LOADERS: dict[str, Callable[[Progress | None], Dataset]] = {
    "cifar10": lambda progress: cifar10.load(),
    "digits": lambda progress: digits.load(),
    "mnist": mnist.load,
}
_SIZES: dict[str, Callable[[], tuple[int, int]]] = {
    "cifar10": cifar10.sizes,
    "digits": lambda: digits.SIZES,
    "mnist": lambda: mnist.SIZES,
}
#: Training images that select designs.
_SELECT: dict[str, Callable[[], int]] = {
    "cifar10": lambda: roles.select_count([cifar10.sizes()[0] // 10] * 10),
    "digits": lambda: digits.SELECT,
    "mnist": lambda: mnist.SELECT,
}
NAMES = tuple(_LOADERS)
#: The config's key that names a data set.
_KEY = "network.dataset"


def load(
    name_or_path: str, *, base: Path | None = None, progress: Progress | None = None
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name_or_path : str
        One of :data:`NAMES`, or the path of an ``.npz`` file (see :mod:`hawx_hw.datasets.npz`).
    base : Path or None
        Folder that a relative path starts from; None is the current folder.
    progress : callable or None
        Called during a download with the file's name, the bytes received and their total (or None).

    Returns
    -------
    Dataset

    Raises
    ------
    UserError
        Unknown name; files missing, damaged or of the wrong shape.
    """
    if name_or_path in _LOADERS:
        return _LOADERS[name_or_path](progress)
    return npz.load(_file(name_or_path, base))


def load_validation(path: str, *, base: Path | None = None) -> Split:
    """All images of an ``.npz`` file, whatever part they are in.

    Parameters
    ----------
    path : str
    base : Path or None
        See :func:`load`.

    Raises
    ------
    UserError
        The file is missing, damaged or of the wrong shape.
    """
    return npz.load_all(_file(path, base))


def sizes(name_or_path: str, *, base: Path | None = None) -> tuple[int, int]:
    """The numbers of training and test images that :func:`load` gives, in milliseconds.

    Parameters
    ----------
    name_or_path : str
    base : Path or None
        See :func:`load`.

    Raises
    ------
    UserError
        Unknown name; a file that is missing or damaged.
    """
    if name_or_path in _SIZES:
        return _SIZES[name_or_path]()
    return npz.sizes(_file(name_or_path, base))


def select_count(name_or_path: str, *, base: Path | None = None) -> int:
    """How many training images select designs (:mod:`hawx_hw.datasets.roles`), in milliseconds.

    Parameters
    ----------
    name_or_path : str
    base : Path or None
        See :func:`load`.

    Raises
    ------
    UserError
        Unknown name; a file that is missing or damaged.
    """
    if name_or_path in _SELECT:
        return _SELECT[name_or_path]()
    return roles.select_count(npz.class_sizes(_file(name_or_path, base)))


def _file(path: str, base: Path | None) -> Path:
    if not path.endswith(".npz"):
        raise UserError(
            f"Unknown dataset {shown(path)}.",
            hint=f"Use one of {', '.join(NAMES)}, or the path of an .npz file with x and y.",
        )
    return (base or Path()) / user_path(path)


def files(name_or_path: str, *, base: Path | None = None) -> dict[str, Path]:
    """The files that :func:`load` reads and whose contents may change while the name stays.

    Those with known checksums, which :func:`load` compares, are left out.

    Parameters
    ----------
    name_or_path, base
        See :func:`load`.

    Returns
    -------
    dict of str to Path
        By names for messages. A path that was given need not exist; an unknown name has no files.
    """
    if name_or_path == "cifar10":
        return {f"{_KEY} ({path.name})": path for path in cifar10.unchecked_files()}
    if not name_or_path.endswith(".npz"):
        return {}
    return {_KEY: _file(name_or_path, base)}
