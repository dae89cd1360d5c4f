"""The systolic array's section of the config: every key with its range."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AliasChoices, Field

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.systolic.shape import ACCUMULATORS, SIZES, ArrayShape, ShapeError
from hawx_hw.config.base import Model
from hawx_hw.config.indices import Indices
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap

__all__ = ["PeConfig", "SystolicConfig"]


class PeConfig(Model):
    """The blocks of some of the PEs."""

    blocks: list[str] = Field(
        min_length=1, description="Names of the blocks that each of these PEs holds."
    )
    rows: Indices | None = Field(
        default=None, description="Rows of these PEs, such as 0-3 or [0, 4-7]. Left out: all."
    )
    columns: Indices | None = Field(
        default=None, description="Columns of these PEs, such as 0-3 or [0, 4-7]. Left out: all."
    )


class SystolicConfig(AcceleratorConfig):
    """A weight-stationary systolic array (spatial)."""

    architecture: Literal["systolic"] = Field(
        default="systolic", description="systolic: a weight-stationary array (spatial)."
    )
    rows: int = Field(
        default=8,
        ge=SIZES[0],
        le=SIZES[-1],
        description="Rows of PEs: taps of a kernel at a time.",
    )
    columns: int = Field(
        default=8, ge=SIZES[0], le=SIZES[-1], description="Columns of PEs: filters at a time."
    )
    slice_columns: int | None = Field(
        default=None,
        ge=1,
        description="Columns that an activation reaches in one cycle; divides columns. "
        "Left out: the largest divisor up to 8.",
    )
    weight_rows: int | None = Field(
        default=None,
        ge=1,
        description="Rows of weights that are read a cycle, at most rows. Left out: up to 8.",
    )
    requantizers: int | None = Field(
        default=None,
        ge=1,
        validation_alias=AliasChoices("requantizers", "lanes"),
        description="Requantizers side by side, and codes in a word of the activation memory; "
        "divides slice_columns. Left out: about a quarter of the columns.",
    )
    accumulators: int = Field(
        default=ACCUMULATORS, ge=1, description="Output pixels whose sums a column can hold."
    )
    pe_blocks: list[PeConfig] | None = Field(
        default=None,
        min_length=1,
        validation_alias=AliasChoices("pe_blocks", "grid"),
        description="Which blocks each PE holds; a PE has those of the last entry that names it. "
        "Left out: derived from the blocks of the layers.",
    )

    @property
    def size(self) -> str:
        """Rows and columns, such as ``8 x 8``."""
        return f"{self.rows} x {self.columns}"

    @property
    def block_key(self) -> str | None:
        """See :class:`~hawx_hw.architectures.config.AcceleratorConfig`."""
        return None if self.pe_blocks is None else "pe_blocks"

    def array(self) -> ArrayShape:
        """The array's shape, with what the config leaves out.

        Raises
        ------
        UserError
            Numbers that do not go together.
        """
        try:
            return ArrayShape.complete(
                self.rows,
                self.columns,
                slice_columns=self.slice_columns,
                weight_rows=self.weight_rows,
                requantizers=self.requantizers,
                accumulators=self.accumulators,
                activation_kib=self.activation_kib,
                parameter_kib=self.parameter_kib,
                loadable=self.parameters == "loaded",
            )
        except ShapeError as error:
            raise UserError(
                f"{error}.",
                where=f"accelerator.{error.key}",
                hint="Leave the key out for a value that fits.",
            ) from error

    def pe_block_map(self, base: Path) -> PeBlockMap | None:
        """The blocks of each PE, where the config gives them.

        Parameters
        ----------
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            An unknown block, a row or column that is not there, a PE without a block.
        """
        from hawx_hw.architectures.systolic.pe_blocks import requested_map

        if self.pe_blocks is None:
            return None
        return requested_map(self.pe_blocks, self.rows, self.columns, base)
