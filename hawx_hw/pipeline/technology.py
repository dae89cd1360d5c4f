"""The config's technology, as stages read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.technology import Technology

__all__ = ["load_technology"]


def load_technology(config: Config, base: Path) -> Technology:
    """The config's technology.

    Raises
    ------
    UserError
        It is not there.
    """
    from hawx_hw.technology import load

    with blame("technology"):
        return load(config.technology, base=base)
