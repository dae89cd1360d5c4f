"""What retraining a config requires, and where its state is between runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.pipeline.data import select_images

if TYPE_CHECKING:
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.config.models import Config

__all__ = ["check", "check_gradient", "state_file"]


def check(config: Config, base: Path) -> None:
    """Refuse what can be refused before there is a network.

    Parameters
    ----------
    config : Config
        One without a training requires nothing.
    base : Path
        The folder that the config's relative paths start from.

    Raises
    ------
    UserError
        ``gradient: table`` with a block that has no factors, or a search without images to select.
    """
    if config.training is None:
        return
    check_gradient(config, base)
    if config.search is not None and not select_images(config, base):
        raise UserError(
            "Retrained designs of a search need images to select, which the networks did not learn "
            "from, and the data set has none",
            where="training",
            hint="Name others: network.validation. Or remove training.",
        )


def check_gradient(config: Config, base: Path) -> None:
    """Refuse ``gradient: table`` with a block whose table gives none.

    Parameters
    ----------
    config : Config
        With a training.
    base : Path
        The folder that paths in the names of blocks start from.

    Raises
    ------
    UserError
    """
    from hawx_hw.blocks import by_name

    if config.training is None or config.training.gradient != "table":
        return

    section = "blocks" if config.search is None else "search.blocks"
    names = config.blocks.names if config.search is None else config.search.blocks
    for name in names:
        if by_name(name, base).factors() is None:
            raise UserError(
                f"The block {name} is no sum of few products: its table gives no gradient",
                where=section,
                hint="Choose training.gradient: gain, or straight, or another block.",
            )


def state_file(scratch: Path, assignment: Assignment) -> Path:
    """The file of a training's state, as long as the program trains in the same way.

    Parameters
    ----------
    scratch : Path
        A folder that lasts between runs. States of another version of the program are removed.
    assignment : Assignment
        What is trained: each has a state of its own.
    """
    from hawx_hw.assignment import to_json
    from hawx_hw.util.code import code_hash
    from hawx_hw.util.fingerprints import json_hash

    mark = code_hash("hawx_hw.retraining.train")[:16]
    for old in scratch.glob("*.state"):
        if not old.name.startswith(mark):
            old.unlink()
    return scratch / f"{mark}-{json_hash(to_json(assignment))[:16]}.state"
