"""How a report names networks, and configs in commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["arguments", "network_title"]


def network_title(config: Config) -> str:
    """The network and its data set; of files their names alone."""
    return f"{_name(config.network.model)} on {_name(config.network.dataset)}"


def arguments(path: str, index: int | None) -> str:
    """A config as commands name it, with the option ``--index`` where the config lacks it.

    Examples
    --------
    >>> arguments("lenet5.yaml", 3)
    'lenet5.yaml --index 3'
    """
    return path if index is None else f"{path} --index {index}"


def _name(text: object) -> str:
    return str(text).replace("\\", "/").rstrip("/").rpartition("/")[2]
