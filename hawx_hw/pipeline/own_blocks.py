"""The user's own blocks, as inputs of the stages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["own_blocks"]

#: Prefixes of names whose blocks may change while the name stays.
_USERS = ("import:", "python:")


def own_blocks(config: Config, base: Path) -> dict[str, str]:
    """Hashes of the tables of the user's own blocks in a config, by name."""
    from hawx_hw.blocks.registry import by_name

    blocks = config.blocks
    rules = [rule for layer in blocks.layers.values() for rule in layer]
    searched = config.search.blocks if config.search else ()
    names = sorted({blocks.default, *(rule.block for rule in rules), *searched})
    return {name: by_name(name, base).digest for name in names if name.startswith(_USERS)}
