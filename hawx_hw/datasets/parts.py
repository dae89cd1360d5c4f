"""The parts of a user's data set: which of its images are for training, selection and test.

A part for test is stated by the files, or by ``network.test``, all images of which are for test. If
there is none, images that the files state for validation are for test; they were not learned from.
If there are none either, the fifth image of every five of each class is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.datasets import roles
from hawx_hw.datasets.dataset import Dataset, Split, evenly_spaced, every_fifth_of_class
from hawx_hw.datasets.labels import Classes, classes_of
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.reading import Numbering
from hawx_hw.datasets.sanity import doubts
from hawx_hw.datasets.source import Source
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Counts", "counts", "load", "load_all"]

_VAL_TESTS = "There is no part for test: the images for validation are for test."
_NO_TEST = (
    "Give more images, or state a part for test: x_test and y_test in an archive, a folder test/, "
    "a field split; or name images for test as network.test, which may be these: then they "
    "calibrate and test."
)


@dataclass(frozen=True)
class Counts:
    """Numbers of images.

    Parameters
    ----------
    train : int
        Of the training part.
    learn, select, test : int
        By their roles; see :mod:`hawx_hw.datasets.roles`.
    """

    train: int
    learn: int
    select: int
    test: int


def load(
    source: Source,
    test: Source | None,
    numbering: Numbering | None,
    preparation: Preparation,
    progress: Progress | None = None,
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    source : Source
    test : Source or None
        All of its images are for test.
    numbering : str or None
        See :class:`~hawx_hw.datasets.reading.Reading`.
    preparation : Preparation
    progress : callable or None
        Gets the number of images read, and of all.

    Raises
    ------
    UserError
        Files that are damaged or not understood, or no part for test.
    """
    classes, numbered = _numbered(source, test, numbering)
    _check_one_test(source, test)
    images, notes = source.images(preparation, progress)
    splits = {part: Split(images[part], numbered[part]) for part in images}
    if test is not None:
        splits["test"] = load_all(test, classes, numbering, preparation, progress)
    notes = (classes.note, *notes)
    if "test" not in splits and "val" in splits:
        splits["test"] = splits.pop("val")
        notes = (*notes, _VAL_TESTS)
    if "test" not in splits:
        splits["train"], splits["test"] = every_fifth_of_class(splits["train"])
    _check_shapes(splits, source.where)
    train = splits["train"]
    if not len(splits["test"]):
        raise UserError(
            "Too few images for a test part: no class has five.", where=source.where, hint=_NO_TEST
        )
    return Dataset(
        source.name,
        classes.count,
        train,
        evenly_spaced(train),
        splits["test"],
        note=" ".join(filter(None, notes)),
        doubts=doubts(train, splits["test"], classes.count, counted=classes.counted),
        validation=splits.get("val"),
        labelling=classes,
    )


def load_all(
    source: Source,
    classes: Classes | None,
    numbering: Numbering | None,
    preparation: Preparation,
    progress: Progress | None = None,
) -> Split:
    """All images of all parts, in the order train, val, test.

    Parameters
    ----------
    source : Source
    classes : Classes or None
        Those of the data set that they belong to, in which labels are looked up unless the source
        has a list of its own. None: by its own labels.
    numbering, preparation, progress
        See :func:`load`.

    Raises
    ------
    UserError
        As :func:`load`, or a label that the data set has not.
    """
    if classes is None or source.listed is not None:
        classes = _classes([source], numbering)
    numbered = _by(classes, source)
    images, _ = source.images(preparation, progress)
    order = [part for part in ("train", "test", "val") if part in images]
    splits = {str(part): Split(images[part], numbered[part]) for part in order}
    _check_shapes(splits, source.where)
    if len(order) == 1:
        return splits[order[0]]
    return Split(
        np.concatenate([splits[part].images for part in order]),
        np.concatenate([splits[part].labels for part in order]),
    )


def counts(source: Source, test: Source | None, numbering: Numbering | None) -> Counts:
    """The numbers of images that :func:`load` gives, by the labels alone.

    Raises
    ------
    UserError
        As :func:`load`, for the labels.
    """
    _, numbered = _numbered(source, test, numbering)
    _check_one_test(source, test)
    per_class = np.unique(numbered["train"], return_counts=True)[1]
    val = len(numbered["val"]) if "val" in numbered else None
    if test is not None:
        tested = sum(len(labels.values) for labels in test.labels.values())
    elif "test" in numbered:
        tested = len(numbered["test"])
    elif val is not None:
        tested, val = val, None
    else:
        tested = int((per_class // 5).sum())
        per_class = per_class - per_class // 5
    train = int(per_class.sum())
    if val is not None:
        return Counts(train, train, val, tested)
    select = roles.select_count(per_class.tolist())
    return Counts(train, train - select, select, tested)


def _classes(sources: Sequence[Source], numbering: Numbering | None) -> Classes:
    first = sources[0]
    listed = next((each.listed for each in sources if each.listed is not None), None)
    return classes_of(
        [labels for each in sources for labels in each.labels.values()],
        numbering=numbering,
        listed=listed,
        stated=next((each.stated for each in sources if each.stated is not None), None),
        names=[name for each in sources for name in each.class_names],
        key=first.label_key("train"),
        where=first.where,
    )


def _numbered(
    source: Source, test: Source | None, numbering: Numbering | None
) -> tuple[Classes, dict[str, np.ndarray]]:
    """The classes of both, and the class of each image of the first."""
    classes = _classes([source] if test is None else [source, test], numbering)
    if test is not None and test.listed is not None and len(test.listed.names) != classes.count:
        raise UserError(
            f"{test.listed.source} has {len(test.listed.names):,} classes, and the data set "
            f"{classes.count:,}.",
            where=f"network.test: {test.where}",
            hint="Give both the same list of classes.",
        )
    return classes, _by(classes, source)


def _by(classes: Classes, source: Source) -> dict[str, np.ndarray]:
    return {
        part: classes.number(labels, source.label_key(part), source.where)
        for part, labels in source.labels.items()
    }


def _check_one_test(source: Source, test: Source | None) -> None:
    if test is not None and "test" in source.labels:
        raise UserError(
            "The data set has a part for test of its own.",
            where=f"network.test: {source.where}",
            hint="Leave network.test out, or that part.",
        )


def _check_shapes(splits: Mapping[str, Split], where: str) -> None:
    shape = splits["train"].images.shape[1:] if "train" in splits else None
    for part, split in splits.items():
        if shape is not None and split.images.shape[1:] != shape:
            raise UserError(
                f"The images of {part} are of shape {split.images.shape[1:]}, and those of train "
                f"of {shape}.",
                where=where,
                hint="State network.preprocess.resize: [H, W] and network.preprocess.channels, to "
                "which all are brought.",
            )
