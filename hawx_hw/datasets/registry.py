"""Data sets by name or path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.datasets import cifar10, digits, mnist, npz
from hawx_hw.datasets.dataset import Dataset
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["NAMES", "load"]

_LOADERS: dict[str, Callable[[Progress | None], Dataset]] = {
    "cifar10": lambda progress: cifar10.load(),
    "digits": lambda progress: digits.load(),
    "mnist": mnist.load,
}
NAMES = tuple(_LOADERS)


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
    if not name_or_path.endswith(".npz"):
        raise UserError(
            f"Unknown dataset {name_or_path!r}.",
            hint=f"Use one of {', '.join(NAMES)}, or the path of an .npz file with x and y.",
        )
    return npz.load((base or Path()) / Path(name_or_path).expanduser())
