"""Names of what a config names by a path, short enough for a title."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["network_title"]


def network_title(config: Config) -> str:
    """The network and its data set; of files their names alone."""
    return f"{_name(config.network.model)} on {_name(config.network.dataset)}"


def _name(text: object) -> str:
    return str(text).replace("\\", "/").rstrip("/").rpartition("/")[2]
