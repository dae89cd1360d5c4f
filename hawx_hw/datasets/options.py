"""What a config states of its data set, beside its name or path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.reading import Reading
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.config.models import NetworkConfig

__all__ = ["Options", "options_of"]


@dataclass(frozen=True)
class Options:
    """How a data set is loaded.

    Parameters
    ----------
    test : str or None
        Path of images, all of which are for test.
    reading : Reading
    preparation : Preparation
    """

    test: str | None = None
    reading: Reading = field(default_factory=Reading)
    preparation: Preparation = field(default_factory=Preparation)


def options_of(network: NetworkConfig) -> Options:
    """What the section ``network`` of a config states.

    Raises
    ------
    UserError
        It states something of arrays, and names no archive.
    """
    reading = _reading(network)
    paths = [path for path in (network.dataset, network.test, network.validation) if path]
    if not any(path.endswith(".npz") for path in paths):
        for key in ("images", "labels", "layout", "shape", "range"):
            if getattr(reading, key) is not None:
                raise UserError(
                    f"{key} is of arrays, and no .npz file is named.",
                    where=f"network.reading.{key}",
                    hint="Leave it out.",
                )
    return Options(network.test, reading, _preparation(network))


def _reading(network: NetworkConfig) -> Reading:
    if (given := network.reading) is None:
        return Reading()
    return Reading(
        images=given.images,
        labels=given.labels,
        layout=given.layout,
        shape=None if given.shape is None else tuple(given.shape),
        range=None if given.range is None else (given.range[0], given.range[1]),
        numbering=given.numbering,
    )


def _preparation(network: NetworkConfig) -> Preparation:
    given = network.preprocess
    return Preparation(given.channels, given.resize, given.fit)
