"""The user's own blocks, as inputs of the stages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.blocks.own_blocks import own_circuits, own_names

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["own_blocks"]

#: Sections of the config that name blocks.
_SECTIONS = {"accelerator", "blocks", "search"}


def own_blocks(config: Config, base: Path) -> dict[str, str]:
    """Hashes of the user's own blocks that a config names anywhere, by name.

    A block that cannot be loaded has none: what needs it reports that.
    """
    names = own_names(config.model_dump(mode="json", include=_SECTIONS))
    return {name: circuit or "" for name, circuit in own_circuits(names, base).items()}
