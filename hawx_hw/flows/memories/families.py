"""Families of memory macros: what a process offers, as ``flows/memories/*.toml`` lists it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hawx_hw.errors import UserError
from hawx_hw.technology.memory_models import FITTED_NM, MemoryCoefficients
from hawx_hw.util.files import read_text
from hawx_hw.util.resources import flows

__all__ = ["FOLDER", "Family", "Macro", "families"]

_LINES = re.MULTILINE | re.DOTALL
#: In ``flows/``: one TOML file a family, with the templates that connect its macros.
FOLDER = "memories"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Macro(_Part):
    """A memory macro of a fixed size.

    Parameters
    ----------
    name : str
        Of its module.
    words : int
        A power of two.
    width : int
        Bits of a word.
    ports : int
        1: reads or writes in a cycle. 2: does both, at addresses of their own.
    size_um : (float, float) or None
        Width and height of its layout; None where its LEF file was not looked at.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    words: Annotated[int, Field(ge=2)]
    width: Annotated[int, Field(ge=1)]
    ports: Annotated[int, Field(ge=1, le=2)]
    size_um: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Macro:
        if self.words & (self.words - 1):
            raise ValueError("words must be a power of two")
        return self

    @property
    def address_width(self) -> int:
        """Bits of an address."""
        return self.words.bit_length() - 1


class Family(_Part):
    """Macros of one compiler in one process, which are connected alike.

    Parameters
    ----------
    name : str
        Of its file.
    title, source : str
        What they are, and where their names and ports are from.
    template : str
        ``<template>.v.j2`` connects one of them, ``<template>_box.v.j2`` declares it empty.
    feature_nm : float
        Of the process, from which areas of macros without a size are estimated.
    output_holds : bool
        Whether an output stays as it is while nothing is read; where it does not, a register is
        put behind it.
    manufacturable : bool
        Whether there are layouts.
    power_pins : tuple of str
        Each a pin of the supply and one of the ground.
    flip_flop_um2 : float
        Area of a bit of a RAM that is made of the process's standard cells.
    views : mapping of str to str
        Kind of file to its path in the process's kit, with ``{name}`` for the macro's.
    corners : mapping of str to str
        Pattern of LibreLane's corners to the path of the liberty file.
    macros : tuple of Macro
    """

    name: str
    title: str
    source: str
    template: str
    feature_nm: Annotated[float, Field(gt=0)]
    output_holds: bool
    manufacturable: bool = True
    power_pins: tuple[str, ...]
    flip_flop_um2: Annotated[float, Field(gt=0)]
    views: Mapping[str, str]
    corners: Mapping[str, str]
    macros: Annotated[tuple[Macro, ...], Field(min_length=1)]

    def area_um2(self, macro: Macro) -> float:
        """Area of a macro: of its layout where its size is known, else an estimate.

        The estimate is that of the memory model ``scaled``, which was fitted to three of IHP's
        macros; it goes with the square of the feature size.
        """
        if macro.size_um is not None:
            return macro.size_um[0] * macro.size_um[1]
        c = MemoryCoefficients()
        area = macro.words * macro.width * c.cell_um2 + macro.width * c.column_um2 + c.fixed_um2
        ports = c.second_port_area if macro.ports == 2 else 1.0
        return area * ports * (self.feature_nm / FITTED_NM) ** 2

    def files(self, macro: Macro) -> dict[str, str]:
        """Paths in the kit of a macro's views, by kind."""
        return {kind: path.format(name=macro.name) for kind, path in self.views.items()}

    def liberty(self, macro: Macro) -> dict[str, str]:
        """Paths in the kit of a macro's liberty files, by pattern of corners."""
        return {corner: path.format(name=macro.name) for corner, path in self.corners.items()}

    def measured(self, kit: Path) -> Family:
        """The same family, with the sizes of macros as the LEF files of a kit state them.

        Parameters
        ----------
        kit : Path
            The kit's folder, in which :attr:`views` lie.

        Raises
        ------
        UserError
            It has none of the macros, or a file states no size.
        """
        macros, known = [], 0
        for macro in self.macros:
            path = kit / self.files(macro)["lef"]
            if path.is_file():
                macro = macro.model_copy(update={"size_um": _lef_size(path, macro.name)})
                known += 1
            macros.append(macro)
        if not known:
            raise UserError(
                f"There are no {self.title} here.",
                where=str(kit),
                hint=f"It must have {self.files(self.macros[0])['lef']}.",
            )
        return self.model_copy(update={"macros": tuple(macros)})


def _lef_size(path: Path, name: str) -> tuple[float, float]:
    text = read_text(path)
    macro = re.search(rf"^\s*MACRO\s+{name}\s*$(.*?)^\s*END\s+{name}\s*$", text, _LINES)
    size = macro and re.search(r"^\s*SIZE\s+([0-9.]+)\s+BY\s+([0-9.]+)\s*;", macro[1], _LINES)
    if not size:
        raise UserError(f"It states no size of {name}.", where=str(path))
    return float(size[1]), float(size[2])


@cache
def families() -> Mapping[str, Family]:
    """All families by name."""
    return {
        path.stem: Family.model_validate({"name": path.stem, **tomllib.loads(read_text(path))})
        for path in sorted((flows() / FOLDER).glob("*.toml"))
    }
