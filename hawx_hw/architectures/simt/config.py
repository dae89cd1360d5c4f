"""The SIMT unit's section of the config: every key with its range."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from hawx_hw.architectures.common.block_map import MapEntry
from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.simt.lanes import LaneBlockMap
from hawx_hw.architectures.simt.unit import RANGES, Unit
from hawx_hw.config.base import Model
from hawx_hw.config.indices import Indices
from hawx_hw.errors import UserError

__all__ = ["MOST_WEIGHT_BANKS", "LaneConfig", "SimtConfig"]

#: Banks of the weight memory, one after the other in depth.
MOST_WEIGHT_BANKS = 64


def _number(name: str, description: str) -> Any:
    low, high = RANGES[name]
    return Field(default=None, ge=low, le=high, description=description)


class LaneConfig(Model):
    """The blocks of some of the lanes."""

    blocks: list[str] = Field(
        min_length=1, description="Names of the blocks that each of these lanes holds."
    )
    lanes: Indices | None = Field(
        default=None, description="These lanes, such as 0-3 or [0, 4-7]. Left out: all."
    )


class SimtConfig(AcceleratorConfig):
    """A programmable unit whose lanes run one instruction stream (temporal)."""

    architecture: Literal["simt"] = Field(
        default="simt", description="simt: lanes that run one instruction stream (temporal)."
    )
    lanes: int = Field(
        default=8,
        ge=RANGES["lanes"][0],
        le=RANGES["lanes"][1],
        description="Lanes: multiplications at a time.",
    )
    cluster: int | None = _number(
        "cluster",
        "Lanes that share one activation; divides lanes. Left out: the largest divisor up to 8, or "
        "all lanes where that is below 4.",
    )
    warps: int | None = _number(
        "warps",
        "Instruction streams in flight: while one multiplies, others store. Left out: 2 up to 8 "
        "lanes, 3 above.",
    )
    registers: int = Field(
        default=8,
        ge=RANGES["registers"][0],
        le=RANGES["registers"][1],
        description="Registers of each lane and warp: output pixels that share a weight.",
    )
    word: int | None = _number(
        "word",
        "Bytes of a word of the activation memory; divides cluster. Left out: the largest divisor "
        "up to 8, or the whole cluster where that is below 4.",
    )
    taps: int = Field(
        default=8,
        ge=RANGES["taps"][0],
        le=RANGES["taps"][1],
        description="Weights that each lane keeps at hand.",
    )
    requantizers: int | None = _number(
        "requantizers",
        "Codes that are requantized in a cycle, at most the bytes of a word. Left out: one for 32 "
        "lanes.",
    )
    block_register: bool = Field(
        default=False,
        description="Whether a register follows each block, which shortens the longest path.",
    )
    weight_banks: int | None = Field(
        default=None,
        ge=1,
        le=MOST_WEIGHT_BANKS,
        description="Memories that the weights are parted into, a power of two. Left out: as many "
        "as have at most 1,024 words each.",
    )
    lane_blocks: list[LaneConfig] | None = Field(
        default=None,
        min_length=1,
        description="Which blocks each lane holds; a lane has those of the last entry that names "
        "it. Left out: derived from the blocks of the layers.",
    )

    @property
    def size(self) -> str:
        """Lanes, such as ``8 lanes``."""
        return f"{self.lanes} lane{'s' if self.lanes > 1 else ''}"

    @property
    def block_key(self) -> str | None:
        """See :class:`~hawx_hw.architectures.config.AcceleratorConfig`."""
        return None if self.lane_blocks is None else "lane_blocks"

    def unit(self, **derived: Any) -> Unit:
        """The unit's numbers; defaults where the config leaves them out.

        Parameters
        ----------
        **derived
            What a network sets: widths, depths and pixel groups of :class:`Unit`.

        Raises
        ------
        UserError
            Numbers that do not go together.
        """
        banks = self.weight_banks
        if banks is not None and banks & (banks - 1):
            raise UserError(
                f"weight_banks must be a power of two, not {banks}",
                where="accelerator.weight_banks",
                hint="Leave the key out for a value that fits.",
            )
        try:
            return Unit(
                lanes=self.lanes,
                cluster=self.cluster or 0,
                warps=self.warps or 0,
                registers=self.registers,
                word=self.word or 0,
                taps=self.taps,
                requantizers=self.requantizers or 0,
                block_register=self.block_register,
                **derived,
            )
        except ValueError as error:
            key = str(error).split(" ", 1)[0]
            if key not in type(self).model_fields:
                raise
            raise UserError(
                f"{error}.",
                where=f"accelerator.{key}",
                hint="Leave the key out for a value that fits.",
            ) from error

    def lane_block_map(self, base: Path = Path()) -> LaneBlockMap | None:
        """The blocks of each lane, where the config gives them.

        Parameters
        ----------
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            An unknown block, a lane that is not there, a lane without a block.
        """
        if self.lane_blocks is None:
            return None
        entries = [MapEntry(entry.blocks, (entry.lanes,)) for entry in self.lane_blocks]
        return LaneBlockMap.requested(entries, (self.lanes,), base)
