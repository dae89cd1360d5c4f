"""Whether a network fits the memories that a config allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hawx_hw.errors import UserError

__all__ = ["MemoryNeed", "check_memories"]


@dataclass(frozen=True)
class MemoryNeed:
    """What memories of a kind must hold.

    Parameters
    ----------
    what : str
        What they hold.
    key : str
        The config's limit, such as ``"activation_kib"``.
    size : int
        In bytes.
    hint : str
        What else would help.
    """

    what: str
    key: str
    size: int
    hint: str = "use a smaller network"


def check_memories(limits: Any, needs: Sequence[MemoryNeed]) -> None:
    """Refuse a network that needs more.

    Parameters
    ----------
    limits : object
        Has an attribute for each key, in KiB; None where there is no limit.
    needs : sequence of MemoryNeed

    Raises
    ------
    UserError
        It does not fit; it names the key.
    """
    for need in needs:
        limit = getattr(limits, need.key)
        if limit is not None and need.size > 1024 * limit:
            raise UserError(
                f"The network does not fit the chosen memories: its {need.what} need {need.size} "
                f"bytes, and {need.key} allows {1024 * limit}",
                where=f"accelerator.{need.key}",
                hint=f"Set accelerator.{need.key} to {-(-need.size // 1024)} or more, or "
                f"{need.hint}.",
            )
