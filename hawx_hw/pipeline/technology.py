"""The config's technology, as stages read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.technology import Technology

__all__ = ["load_technology", "technology_files"]


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


def technology_files(config: Config, base: Path) -> dict[str, Path]:
    """The files that the technology is read from: its library, and what describes it."""
    return load_technology(config, base).inputs
