"""The config's data set, as stages read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.config.models import Config
    from hawx_hw.datasets import Dataset
    from hawx_hw.pipeline.stage import Context

__all__ = ["GRAPH", "check_count", "check_images", "image_codes", "load_dataset"]

#: Name of the files of the quantized graph, without suffix.
GRAPH = "quantized"
#: Sections of the config whose images are of the test part.
_ON_TEST_IMAGES = ("verify", "power")


def check_images(config: Config, base: Path, *keys: str) -> None:
    """Refuse numbers of images that the data set does not have; its images are not loaded.

    A number of training images that the config does not give means at most that many.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    keys : str
        Keys of the config that ask for images, such as ``verify.images``; a key of a section that
        is left out asks for none.

    Raises
    ------
    UserError
        There are fewer, or there is no such data set.
    """
    from hawx_hw import datasets

    with blame("network.dataset"):
        train, test = datasets.sizes(config.network.dataset, base=base)
    for key in keys:
        section, _, name = key.partition(".")
        settings = getattr(config, section)
        if settings is None:
            continue
        of_test = section in _ON_TEST_IMAGES
        if of_test or name in settings.model_fields_set:
            part, there = ("test", test) if of_test else ("training", train)
            check_count(getattr(settings, name), there, part, key)


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
    from hawx_hw import datasets

    with blame("network.dataset"), context.progress.task("loading the data set") as task:
        return datasets.load(
            context.config.network.dataset,
            base=context.base,
            progress=task.update,
        )


def image_codes(context: Context, count: int, *, key: str) -> np.ndarray:
    """Input codes of test images, evenly spaced over the test set.

    Parameters
    ----------
    context : Context
    count : int
    key : str
        The config's key that asks for so many.

    Returns
    -------
    ndarray of int8, shape (count, channels, height, width)

    Raises
    ------
    UserError
        There are fewer test images.
    """
    from hawx_hw.datasets.dataset import evenly_spaced
    from hawx_hw.graph.pixels import codes

    test = load_dataset(context).test
    check_count(count, len(test), "test", key)
    return codes(evenly_spaced(test, count).images)
