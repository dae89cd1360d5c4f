"""What a search of a config reads and requires, before any stage runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.config.load import blame
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.util.files import FileSet

__all__ = ["check", "files"]


def check(config: Config, base: Path) -> None:
    """Refuse what can be refused before there is a network.

    Parameters
    ----------
    config : Config
        One without a search requires nothing.
    base : Path
        The folder that paths in the names of blocks start from.

    Raises
    ------
    UserError
        An accelerator that cannot be built, or no block to choose from.
    """
    from hawx_hw.blocks import by_name

    if config.search is None:
        return
    for accelerator in config.variants():
        architecture_of(accelerator).check(accelerator, base)
    exact = by_name("exact").digest
    if all(by_name(name, base).digest == exact for name in config.search.blocks):
        raise UserError(
            "There is no block beside the exact one to choose from",
            where="search.blocks",
            hint="Name others: see hawx blocks list.",
        )


def files(config: Config, base: Path) -> dict[str, Path | FileSet]:
    """The files outside the build folder that a search reads, by the config's keys.

    Raises
    ------
    UserError
        There is no such technology.
    """
    from hawx_hw import datasets
    from hawx_hw.prediction.storage import predictor_files
    from hawx_hw.technology import load

    if config.search is None:
        return {}
    with blame("technology"):
        technology = load(config.technology, base=base)
    predictors = predictor_files(architecture_of(config.accelerator), technology.name)
    images = datasets.configured_files(config.network, base)
    return {**technology.inputs, **images, **predictors}
