"""The SIMT unit's section of the config: every key with its range."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.simt.open_units import lane_counts, open_units
from hawx_hw.architectures.simt.unit import RANGES, Unit
from hawx_hw.config.base import Model
from hawx_hw.config.indices import Indices
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.architectures.simt.lanes import LaneBlockMap

__all__ = ["MOST_WEIGHT_BANKS", "LaneConfig", "SimtConfig"]

#: Banks of the weight memory: words one after the other lie in banks one after the other.
MOST_WEIGHT_BANKS = 64
# Lanes where neither they nor multipliers are given.
_LANES = 8
# The numbers that may be chosen for a network, beside the lanes.
_OPEN = ("cluster", "word", "warps", "registers", "requantizers")


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
    multipliers: int | None = _number(
        "lanes",
        "The most lanes that the unit may have; how many there are is chosen for the network. Left "
        "out: lanes.",
    )
    lanes: int | None = _number(
        "lanes",
        "Lanes: multiplications at a time. Left out: 8, or chosen where multipliers is given.",
    )
    cluster: int | None = _number(
        "cluster",
        "Lanes that share one activation; divides lanes. Left out: chosen for the network.",
    )
    warps: int | None = _number(
        "warps",
        "Instruction streams in flight: while one multiplies, others store. Left out: chosen for "
        "the network.",
    )
    registers: int | None = _number(
        "registers",
        "Registers of each lane and warp: output pixels that share a weight. Left out: chosen for "
        "the network.",
    )
    word: int | None = _number(
        "word",
        "Bytes of a word of the activation memory; divides cluster. Left out: chosen for the "
        "network.",
    )
    taps: int = Field(
        default=8,
        ge=RANGES["taps"][0],
        le=RANGES["taps"][1],
        description="Weights that each lane keeps at hand.",
    )
    requantizers: int | None = _number(
        "requantizers",
        "Codes that are requantized in a cycle, at most the bytes of a word. Left out: chosen for "
        "the network.",
    )
    block_register: bool = Field(
        default=False,
        description="Whether a register follows each block, which shortens the longest path.",
    )
    debug: bool = Field(
        default=False,
        description="Whether software may halt the unit, step it, and read its registers and "
        "counters; no cycle changes, the unit gets larger.",
    )
    instructions: Literal["needed", "all"] = Field(
        default="needed",
        description="needed: the hardware has the instructions, nested loops and predicates that "
        "the network's program uses, and no others; all: programs that are loaded may use any.",
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
        """Lanes and warps, such as ``8 lanes, 2 warps``, as far as they are not to be chosen.

        Where lanes are to be chosen, multipliers.
        """
        lanes = self.fixed_lanes
        counts = [(self.multipliers, "multiplier") if lanes is None else (lanes, "lane")]
        counts.append((self.warps, "warp"))
        return ", ".join(
            f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count
        )

    @property
    def fixed_lanes(self) -> int | None:
        """Lanes; None where they are to be chosen."""
        if self.lanes is None and self.multipliers is None:
            return _LANES
        return self.lanes

    @property
    def block_key(self) -> str | None:
        """See :class:`~hawx_hw.architectures.config.AcceleratorConfig`."""
        return None if self.lane_blocks is None else "lane_blocks"

    def unit(self, **derived: Any) -> Unit:
        """The unit's numbers; a rule of thumb gives what the config leaves out.

        Where a network is at hand, :mod:`~hawx_hw.architectures.simt.candidates` are what may be
        chosen instead.

        Parameters
        ----------
        **derived
            What a network sets: widths, depths and pixel groups of :class:`Unit`.

        Raises
        ------
        UserError
            Numbers that do not go together, or lanes that are to be chosen.
        """
        lanes = self.fixed_lanes
        if lanes is None:
            raise UserError(
                "Lanes are to be chosen, and there is no network to choose them for",
                where="accelerator.multipliers",
                hint="Give accelerator.lanes.",
            )
        self._check_banks()
        given = {key: number for key in _OPEN if (number := getattr(self, key)) is not None}
        try:
            return Unit(
                lanes=lanes,
                taps=self.taps,
                block_register=self.block_register,
                **given,
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

    def units(self) -> list[SimtConfig]:
        """Every complete unit that has the numbers that are given, with sensible ones for others.

        Raises
        ------
        UserError
            There is none.
        """
        self._check_banks()
        lanes = self.fixed_lanes
        if lanes is not None:
            self._check_multipliers(lanes)
        given = {key: getattr(self, key) for key in _OPEN}
        counts = lane_counts(self.multipliers or 0) if lanes is None else [lanes]
        numbers = [one for count in counts for one in open_units(count, **given)]
        if not numbers:
            if lanes is not None:
                # Of one number of lanes it is known which number does not go with which.
                self.unit()
            named = [f"{key} {number}" for key, number in given.items() if number is not None]
            raise UserError(
                f"No unit of about {self.multipliers} lanes has {', '.join(named)}",
                where="accelerator.multipliers",
                hint=f"Leave out {named[0].split()[0]}, or allow more multipliers.",
            )
        return [self.model_copy(update={"multipliers": None, **one}) for one in numbers]

    def _check_banks(self) -> None:
        banks = self.weight_banks
        if banks is not None and banks & (banks - 1):
            raise UserError(
                f"weight_banks must be a power of two, not {banks}",
                where="accelerator.weight_banks",
                hint="Leave the key out for a value that fits.",
            )

    def _check_multipliers(self, lanes: int) -> None:
        if self.multipliers is not None and lanes > self.multipliers:
            raise UserError(
                f"{lanes} lanes are more than {self.multipliers} multipliers",
                where="accelerator.multipliers",
                hint="Leave out lanes or multipliers.",
            )

    def lane_block_map(self, base: Path = Path()) -> LaneBlockMap | None:
        """The blocks of each lane, where the config gives them.

        Parameters
        ----------
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            An unknown block, a lane that is not there, a lane without a block; lanes of a unit
            whose number of them is to be chosen.
        """
        from hawx_hw.architectures.common.block_map import MapEntry
        from hawx_hw.architectures.simt.lanes import LaneBlockMap

        if self.lane_blocks is None:
            return None
        entries = [MapEntry(entry.blocks, (entry.lanes,)) for entry in self.lane_blocks]
        if self.fixed_lanes is not None:
            return LaneBlockMap.requested(entries, (self.fixed_lanes,), base)
        if any(entry.lanes for entry in self.lane_blocks):
            raise UserError(
                "Entries name lanes of a unit whose number of lanes is to be chosen",
                where="accelerator.lane_blocks",
                hint="Give accelerator.lanes.",
            )
        LaneBlockMap.requested(entries, (1,), base)
        return None
