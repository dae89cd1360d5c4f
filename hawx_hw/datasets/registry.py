"""Data sets by name or path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.datasets import cifar10, digits, folder_images, mnist, npz, parts, roles
from hawx_hw.datasets.dataset import Dataset, Split, evenly_spaced
from hawx_hw.datasets.options import Options, options_of
from hawx_hw.datasets.parts import Counts
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.source import Source
from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import FileSet
from hawx_hw.util.paths import user_path

if TYPE_CHECKING:
    from hawx_hw.config.models import NetworkConfig
    from hawx_hw.util.progress import Progress

__all__ = [
    "NAMES",
    "configured_files",
    "counts",
    "files",
    "files_of",
    "image_count",
    "load",
    "load_validation",
    "select_count",
    "sizes",
]

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
#: The config's keys that name images.
_KEY, _TEST_KEY, _VALIDATION_KEY = "network.dataset", "network.test", "network.validation"
_PLAIN = Options()


def load(
    name_or_path: str,
    *,
    base: Path | None = None,
    progress: Progress | None = None,
    options: Options = _PLAIN,
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name_or_path : str
        One of :data:`NAMES`, or the path of an ``.npz`` file (:mod:`hawx_hw.datasets.npz`), of a
        folder of images (:mod:`hawx_hw.datasets.folder`) or of a CSV file that lists images
        (:mod:`hawx_hw.datasets.label_table`).
    base : Path or None
        Folder that a relative path starts from; None is the current folder.
    progress : callable or None
        Gets the number of bytes downloaded, or of images read, and that of all (or None).
    options : Options

    Returns
    -------
    Dataset

    Raises
    ------
    UserError
        Unknown name; files missing, damaged, of the wrong shape or not to be understood.
    """
    if name_or_path in _LOADERS:
        _refuse_test(name_or_path, options)
        return _prepared(_LOADERS[name_or_path](progress), options.preparation)
    return parts.load(
        *_sources(name_or_path, base, options),
        options.reading.numbering,
        options.preparation,
        progress,
    )


def load_validation(
    path: str,
    *,
    base: Path | None = None,
    dataset: Dataset | None = None,
    progress: Progress | None = None,
    options: Options = _PLAIN,
) -> Split:
    """All images of an archive, folder or CSV file, whatever part they are in.

    Parameters
    ----------
    path : str
    base : Path or None
        See :func:`load`.
    dataset : Dataset or None
        The data set with whose images they are used: its classes are theirs.
    progress, options
        See :func:`load`.

    Raises
    ------
    UserError
        The file is missing, damaged or of the wrong shape.
    """
    return parts.load_all(
        _source(path, base, options),
        None if dataset is None else dataset.labelling,
        options.reading.numbering,
        options.preparation,
        progress,
    )


def counts(name_or_path: str, *, base: Path | None = None, options: Options = _PLAIN) -> Counts:
    """The numbers of images of a data set, without loading them.

    Parameters
    ----------
    name_or_path, base, options
        See :func:`load`.

    Raises
    ------
    UserError
        Unknown name; a file that is missing or damaged.
    """
    if name_or_path in _SIZES:
        _refuse_test(name_or_path, options)
        train, test = _SIZES[name_or_path]()
        select = _SELECT[name_or_path]()
        return Counts(train, train - select, select, test)
    return parts.counts(*_sources(name_or_path, base, options), options.reading.numbering)


def sizes(
    name_or_path: str, *, base: Path | None = None, options: Options = _PLAIN
) -> tuple[int, int]:
    """The numbers of training and test images that :func:`load` gives; see :func:`counts`."""
    counted = counts(name_or_path, base=base, options=options)
    return counted.train, counted.test


def select_count(name_or_path: str, *, base: Path | None = None, options: Options = _PLAIN) -> int:
    """How many images select designs (:mod:`hawx_hw.datasets.roles`); see :func:`counts`."""
    return counts(name_or_path, base=base, options=options).select


def image_count(path: str, *, base: Path | None = None, options: Options = _PLAIN) -> int:
    """How many images :func:`load_validation` gives, without loading them."""
    return sum(len(each.values) for each in _source(path, base, options).labels.values())


def files(
    name_or_path: str, *, base: Path | None = None, options: Options = _PLAIN
) -> dict[str, Path | FileSet]:
    """The files that :func:`load` reads and whose contents may change while the name stays.

    Those with known checksums, which :func:`load` compares, are left out.

    Parameters
    ----------
    name_or_path, base, options
        See :func:`load`.

    Returns
    -------
    dict of str to Path or FileSet
        By names for messages. A path that was given need not exist; an unknown name has no files.

    Raises
    ------
    UserError
        A folder whose files cannot be listed.
    """
    if name_or_path == "cifar10":
        return {f"{_KEY} ({path.name})": path for path in cifar10.unchecked_files()}
    if name_or_path in NAMES:
        return {}
    given = {_KEY: name_or_path, _TEST_KEY: options.test}
    return {
        key: files_of(path, base=base)
        for key, path in given.items()
        if path is not None and _is_path(path, base)
    }


def files_of(path: str, *, base: Path | None = None) -> Path | FileSet:
    """The files of an archive, folder or CSV file; see :func:`files`."""
    file = _file(path, base)
    return file if file.suffix == ".npz" else folder_images.file_set(file)


def configured_files(network: NetworkConfig, base: Path) -> dict[str, Path | FileSet]:
    """The files of the images that the section ``network`` of a config names; see :func:`files`."""
    named = files(network.dataset, base=base, options=options_of(network))
    if network.validation is None:
        return named
    return {**named, _VALIDATION_KEY: files_of(network.validation, base=base)}


def _refuse_test(name: str, options: Options) -> None:
    if options.test is not None:
        raise UserError(
            f"The data set {name} has a part for test of its own.",
            where=_TEST_KEY,
            hint="Leave it out.",
        )


def _sources(
    name_or_path: str, base: Path | None, options: Options
) -> tuple[Source, Source | None]:
    """Those of the data set and of ``network.test``."""
    source = _source(name_or_path, base, options)
    return source, None if options.test is None else _source(options.test, base, options)


def _source(path: str, base: Path | None, options: Options) -> Source:
    file = _file(path, base)
    if file.suffix == ".npz":
        return npz.open_source(file, options.reading)
    return folder_images.open_source(file)


def _prepared(dataset: Dataset, preparation: Preparation) -> Dataset:
    """A built-in data set with prepared images."""
    if preparation == Preparation():
        return dataset
    train, test = (
        Split(preparation.apply(split.images, dataset.name), split.labels)
        for split in (dataset.train, dataset.test)
    )
    return replace(dataset, train=train, calibration=evenly_spaced(train), test=test)


def _is_path(text: str, base: Path | None) -> bool:
    """Whether it is a path of images, by its ending or because it is a folder."""
    if text.endswith((".npz", ".csv", "/")):
        return True
    try:
        return ((base or Path()) / user_path(text)).is_dir()
    except OSError:
        return False


def _file(path: str, base: Path | None) -> Path:
    if not _is_path(path, base):
        raise UserError(
            f"Unknown dataset {shown(path)}.",
            hint=f"Use one of {', '.join(NAMES)}, or the path of an .npz file with x and y, of a "
            "folder of images, or of a .csv file that lists them.",
        )
    return (base or Path()) / user_path(path)
