"""The config's data set, as stages read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.compensation.assigned import AssignmentImages
    from hawx_hw.config.models import Config
    from hawx_hw.datasets import Counts, Dataset, Split
    from hawx_hw.datasets.roles import Roles
    from hawx_hw.graph.graph import Graph
    from hawx_hw.pipeline.stage import Context
    from hawx_hw.retraining.designs import TrainingImages
    from hawx_hw.util.files import FileSet
    from hawx_hw.util.progress import Progress

__all__ = [
    "GRAPH",
    "assignment_images",
    "check_count",
    "check_images",
    "check_option",
    "check_select_images",
    "dataset_files",
    "dataset_of",
    "image_codes",
    "load_dataset",
    "load_roles",
    "roles_of",
    "select_images",
    "training_codes",
    "training_images",
    "validation_of",
]

#: Name of the files of the quantized graph, without suffix.
GRAPH = "quantized"
#: Sections of the config whose images are of the test part.
_ON_TEST_IMAGES = ("verify", "power")


def check_images(config: Config, base: Path, *keys: str) -> None:
    """Refuse numbers of images that the data set does not have; its images are not loaded.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    keys : str
        Keys of the config that ask for images, such as ``verify.images``. One that is left out, or
        whose section is, asks for no more than there are.

    Raises
    ------
    UserError
        There are fewer, or there is no such data set.
    """
    training, test = _sizes(config, base)
    for key in keys:
        section, _, name = key.partition(".")
        settings = getattr(config, section)
        if settings is not None and name in settings.model_fields_set:
            of_test = section in _ON_TEST_IMAGES
            part, there = ("test", test) if of_test else ("training", training)
            check_count(getattr(settings, name), there, part, key)


def check_select_images(config: Config, base: Path) -> None:
    """Refuse a ``search.select_images`` that is more images than there are to select.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that the config's relative paths start from.

    Raises
    ------
    UserError
        There are fewer, or there is no such data set.
    """
    if config.search is None or config.search.select_images is None:
        return
    there = select_images(config, base)
    check_count(config.search.select_images, there, "selection", "search.select_images")


def select_images(config: Config, base: Path) -> int:
    """How many images there are to select.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    """
    from hawx_hw import datasets

    if (given := config.network.validation) is not None:
        options = datasets.options_of(config.network)
        with blame("network.validation"):
            return datasets.image_count(given, base=base, options=options)
    return _counts(config, base).select


def check_option(count: int, config: Config, base: Path, part: str, option: str) -> None:
    """As :func:`check_images`, for an option of the command line.

    Parameters
    ----------
    count : int
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    part : str
        ``training`` or ``test``.
    option : str
        Its name, for the error.
    """
    training, test = _sizes(config, base)
    check_count(count, training if part == "training" else test, part, option)


def _sizes(config: Config, base: Path) -> tuple[int, int]:
    """The numbers of images for learning and for test."""
    counts = _counts(config, base)
    learn = counts.learn if config.network.validation is None else counts.train
    return learn, counts.test


def _counts(config: Config, base: Path) -> Counts:
    from hawx_hw import datasets

    network = config.network
    with blame("network.dataset"):
        return datasets.counts(network.dataset, base=base, options=datasets.options_of(network))


def check_count(count: int, there: int, part: str, where: str) -> None:
    """Refuse more images of a part of a data set than there are.

    Parameters
    ----------
    count, there : int
    part : str
        Its name.
    where : str
        The key or option that asks for ``count``.

    Raises
    ------
    UserError
    """
    if count > there:
        raise UserError(
            f"There are only {there:,} {part} images, not {count:,}",
            where=where,
            hint=f"Ask for {there:,} or fewer.",
        )


def load_dataset(context: Context) -> Dataset:
    """The config's data set; a download shows its progress."""
    with context.progress.task("loading the data set") as task:
        return dataset_of(context.config, context.base, task.update)


def dataset_of(config: Config, base: Path, progress: Progress | None = None) -> Dataset:
    """As :func:`load_dataset`, outside of a run.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    progress : callable or None
        See :func:`hawx_hw.datasets.load`.
    """
    from hawx_hw import datasets

    network = config.network
    with blame("network.dataset"):
        return datasets.load(
            network.dataset, base=base, progress=progress, options=datasets.options_of(network)
        )


def load_roles(context: Context) -> Roles:
    """The roles of the images of the config's data set, and of its validation images.

    Raises
    ------
    UserError
        See :func:`~hawx_hw.datasets.roles.roles`.
    """
    return roles_of(load_dataset(context), context.config, context.base)


def roles_of(dataset: Dataset, config: Config, base: Path) -> Roles:
    """As :func:`load_roles`, of a data set that was loaded.

    Parameters
    ----------
    dataset : Dataset
        The config's.
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    """
    from hawx_hw.datasets.roles import roles

    with blame("network.validation"):
        return roles(dataset, validation_of(dataset, config, base))


def validation_of(dataset: Dataset, config: Config, base: Path) -> Split | None:
    """The images that a config names as ``network.validation``; None where it names none.

    Parameters
    ----------
    dataset, config, base
        See :func:`roles_of`.
    """
    from hawx_hw import datasets

    given = config.network.validation
    if given is None:
        return None
    with blame("network.validation"):
        return datasets.load_validation(
            given, base=base, dataset=dataset, options=datasets.options_of(config.network)
        )


def dataset_files(config: Config, base: Path) -> dict[str, Path | FileSet]:
    """The config's files of images whose contents may change while their names stay."""
    from hawx_hw import datasets

    return datasets.configured_files(config.network, base)


def image_codes(context: Context, section: str, graph: Graph) -> np.ndarray:
    """Input codes of the test images that a section asks for, evenly spaced over the test set.

    Parameters
    ----------
    context : Context
    section : str
        ``verify`` or ``power``; its ``images`` are at most so many where the config leaves them
        out.
    graph : Graph
        The network that takes them.

    Returns
    -------
    ndarray of int8, shape (count, channels, height, width)

    Raises
    ------
    UserError
        There are fewer test images, or the network takes others.
    """
    from hawx_hw.datasets.dataset import evenly_spaced

    test, settings = load_dataset(context).test, getattr(context.config, section)
    if "images" in settings.model_fields_set:
        check_count(settings.images, len(test), "test", f"{section}.images")
    return _codes(evenly_spaced(test, settings.images).images, graph, context)


def training_codes(context: Context, count: int, graph: Graph) -> np.ndarray:
    """Input codes of ``count`` images for learning, evenly spaced; of all where there are fewer.

    Parameters
    ----------
    context : Context
    count : int
    graph : Graph
        The network that takes them.

    Returns
    -------
    ndarray of int8, shape (count, channels, height, width)

    Raises
    ------
    UserError
        The network takes other images.
    """
    return _codes(load_roles(context).proposing(count).images, graph, context)


def _codes(images: np.ndarray, graph: Graph, context: Context) -> np.ndarray:

    shape = graph.tensors[graph.input].shape
    if images.shape[1:] != shape:
        raise UserError(
            f"The integer graph in {context.folder} takes images of shape {shape}, and those of "
            f"the data set have {images.shape[1:]}.",
            where="network.dataset",
            hint=f"Remove the folder {context.folder} and run the command again.",
        )
    return graph.codes(images)


def assignment_images(context: Context, graph: Graph) -> AssignmentImages:
    """The images that compensation for assigned blocks needs; the test images are for reports.

    Parameters
    ----------
    context : Context
    graph : Graph
        The network that takes them.
    """
    from hawx_hw.compensation.assigned import AssignmentImages

    parts, search = load_roles(context), context.config.search
    count = context.config.network.calibration_images
    return AssignmentImages(
        calibration=graph.codes(parts.proposing(count).images),
        test=parts.test,
        training=None if search is None else parts.proposing(search.images),
        promised=search is not None and len(parts.select) > 0,
    )


def training_images(context: Context) -> TrainingImages:
    """The images that retraining needs: the network learns from those for learning alone."""
    from hawx_hw.retraining.designs import TrainingImages

    parts, search = load_roles(context), context.config.search
    return TrainingImages(
        calibration=parts.proposing(context.config.network.calibration_images),
        learn=parts.learn,
        select=parts.selecting(None if search is None else search.select_images),
        test=parts.test,
        searched=None if search is None else parts.proposing(search.images),
    )
