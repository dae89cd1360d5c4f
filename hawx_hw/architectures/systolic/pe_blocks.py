"""The PE block map: which blocks each PE holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.architectures.common.block_map import BlockMap, MapEntry

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.config import PeConfig

__all__ = ["PeBlockMap", "requested_map"]


@dataclass(frozen=True, eq=False)
class PeBlockMap(BlockMap):
    """The blocks of each PE, by row and column."""

    cell = "PE"
    whole = "array"
    axes = ("row", "column")
    key = "accelerator.pe_blocks"

    @property
    def rows(self) -> int:
        """Rows of PEs."""
        return int(self.present.shape[0])

    @property
    def columns(self) -> int:
        """Columns of PEs."""
        return int(self.present.shape[1])


def requested_map(
    entries: Sequence[PeConfig], rows: int, columns: int, base: Path = Path()
) -> PeBlockMap:
    """The map of a config's entries; see :meth:`~.block_map.BlockMap.requested`.

    Parameters
    ----------
    entries : sequence of PeConfig
        ``accelerator.pe_blocks``.
    rows, columns : int
        Of the array.
    base : Path
        The folder that paths in the names of blocks start from.
    """
    named = [MapEntry(entry.blocks, (entry.rows, entry.columns)) for entry in entries]
    return PeBlockMap.requested(named, (rows, columns), base)
