"""The config's data set, as stages read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.datasets import Dataset
    from hawx_hw.pipeline.stage import Context

__all__ = ["GRAPH", "image_codes", "load_dataset"]

#: Name of the files of the quantized graph, without suffix.
GRAPH = "quantized"


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
    if count > len(test):
        raise UserError(
            f"There are only {len(test)} test images, not {count}.",
            where=key,
            hint=f"Ask for {len(test)} or fewer.",
        )
    return codes(evenly_spaced(test, count).images)
