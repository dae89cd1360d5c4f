"""The systolic array's section of the config: every key with its range."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AliasChoices, Field

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.systolic.shape import (
    ACCUMULATORS,
    SIZES,
    ArrayShape,
    ShapeError,
    open_shapes,
    sizes,
)
from hawx_hw.config.base import Model
from hawx_hw.config.indices import Indices
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap

__all__ = ["PeConfig", "SystolicConfig"]

# Rows and columns where neither they nor multipliers are given.
_SIZE = 8


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
    multipliers: int | None = Field(
        default=None,
        ge=1,
        le=SIZES[-1] ** 2,
        description="The most PEs that the array may have; whichever of rows and columns is left "
        "out is chosen for the network. Left out: rows times columns.",
    )
    rows: int | None = Field(
        default=None,
        ge=SIZES[0],
        le=SIZES[-1],
        description="Rows of PEs: taps of a kernel at a time. Left out: 8, or chosen where "
        "multipliers is given.",
    )
    columns: int | None = Field(
        default=None,
        ge=SIZES[0],
        le=SIZES[-1],
        description="Columns of PEs: filters at a time. Left out: 8, or chosen where multipliers "
        "is given.",
    )
    slice_columns: int | None = Field(
        default=None,
        ge=1,
        description="Columns that an activation reaches in one cycle; divides columns. "
        "Left out: chosen for the network.",
    )
    weight_rows: int | None = Field(
        default=None,
        ge=1,
        description="Rows of weights that are read a cycle, at most rows. Left out: chosen for "
        "the network.",
    )
    requantizers: int | None = Field(
        default=None,
        ge=1,
        validation_alias=AliasChoices("requantizers", "lanes"),
        description="Requantizers side by side, and codes in a word of the activation memory; "
        "divides slice_columns. Left out: chosen for the network.",
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
        """Rows and columns, such as ``8 x 8``; multipliers where these are to be chosen."""
        if self.dimensions is None:
            return f"{self.multipliers} multipliers"
        rows, columns = self.dimensions
        return f"{rows} x {columns}"

    @property
    def dimensions(self) -> tuple[int, int] | None:
        """Rows and columns; None where they are to be chosen."""
        if self.multipliers is None:
            return self.rows or _SIZE, self.columns or _SIZE
        if self.rows is None or self.columns is None:
            return None
        return self.rows, self.columns

    @property
    def block_key(self) -> str | None:
        """See :class:`~hawx_hw.architectures.config.AcceleratorConfig`."""
        return None if self.pe_blocks is None else "pe_blocks"

    def array(self) -> ArrayShape:
        """The array's shape; a rule of thumb gives what the config leaves out.

        Where a network is at hand, :mod:`~hawx_hw.architectures.systolic.candidates` are what may
        be chosen instead.

        Raises
        ------
        UserError
            Numbers that do not go together, or rows and columns that are to be chosen.
        """
        if self.dimensions is None:
            raise UserError(
                "Rows and columns are to be chosen, and there is no network to choose them for",
                where="accelerator.multipliers",
                hint="Give accelerator.rows and accelerator.columns.",
            )
        try:
            return ArrayShape.complete(*self.dimensions, **self._numbers())
        except ShapeError as error:
            raise UserError(
                f"{error}.",
                where=f"accelerator.{error.key}",
                hint="Leave the key out for a value that fits.",
            ) from error

    def shapes(self) -> list[ArrayShape]:
        """Every array that has the numbers that are given, with sensible ones for those left out.

        Raises
        ------
        UserError
            There is none.
        """
        if self.dimensions is not None:
            self._check_multipliers(*self.dimensions)
            shapes = list(open_shapes(*self.dimensions, **self._numbers()))
            # Of one array it is known which number does not go with which.
            return shapes or [self.array()]
        assert self.multipliers is not None
        shapes = [
            shape
            for size in sizes(self.multipliers, self.rows, self.columns)
            for shape in open_shapes(*size, **self._numbers())
        ]
        if not shapes:
            keys = ("rows", "columns", "slice_columns", "weight_rows", "requantizers")
            given = {key: getattr(self, key) for key in keys if getattr(self, key) is not None}
            raise UserError(
                f"No array of about {self.multipliers} multipliers has "
                + ", ".join(f"{key} {value}" for key, value in given.items()),
                where="accelerator.multipliers",
                hint=f"Leave out {next(iter(given))}, or allow more multipliers.",
            )
        return shapes

    def _check_multipliers(self, rows: int, columns: int) -> None:
        if self.multipliers is not None and rows * columns > self.multipliers:
            raise UserError(
                f"{rows} rows and {columns} columns are {rows * columns} multipliers, more than "
                f"{self.multipliers}",
                where="accelerator.multipliers",
                hint="Leave out rows or columns, or multipliers.",
            )

    def _numbers(self) -> dict[str, Any]:
        """What is given of an array beside rows and columns."""
        return {
            "slice_columns": self.slice_columns,
            "weight_rows": self.weight_rows,
            "requantizers": self.requantizers,
            "accumulators": self.accumulators,
            "activation_kib": self.activation_kib,
            "parameter_kib": self.parameter_kib,
            "loadable": self.parameters == "loaded",
        }

    def pe_block_map(self, base: Path) -> PeBlockMap | None:
        """The blocks of each PE, where the config gives them.

        Parameters
        ----------
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            An unknown block, a row or column that is not there, a PE without a block; rows or
            columns of an array whose numbers of them are to be chosen.
        """
        from hawx_hw.architectures.systolic.pe_blocks import requested_map

        if self.pe_blocks is None:
            return None
        if self.dimensions is not None:
            return requested_map(self.pe_blocks, *self.dimensions, base)
        if any(entry.rows or entry.columns for entry in self.pe_blocks):
            raise UserError(
                "Entries name rows or columns of an array whose shape is to be chosen",
                where="accelerator.pe_blocks",
                hint="Give accelerator.rows and accelerator.columns.",
            )
        requested_map(self.pe_blocks, 1, 1, base)
        return None
