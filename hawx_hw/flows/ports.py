"""The ports of a top module, as its Verilog declares them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hawx_hw.errors import UserError
from hawx_hw.synthesis.verilog_parts import read_parts
from hawx_hw.util.files import read_text

__all__ = ["Port", "top_ports"]

_PORT = re.compile(
    r"^  (input|output|inout)(?: signed)?(?: \[(\d+):(\d+)\])? (\\\S+|\w+) ;$", re.MULTILINE
)


@dataclass(frozen=True)
class Port:
    """A port.

    Parameters
    ----------
    name : str
    direction : {"input", "output", "inout"}
    width : int
        In bits.
    bus : bool
        Whether it is declared with a range, if only of one bit.
    """

    name: str
    direction: Literal["input", "output", "inout"]
    width: int
    bus: bool = False


def top_ports(sources: Sequence[Path], top: str) -> tuple[Port, ...]:
    """The ports of a module, in the order of its declaration.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files, of which one is ``<top>.v``.
    top : str

    Raises
    ------
    UserError
        There is no such file, or its ports are not plain ones.
    """
    path = next((path for path in sources if path.name == f"{top}.v"), None)
    part = None
    if path is not None:
        part = (read_parts({path.name: read_text(path)}) or {}).get(top)
    if part is None or part.declaration is None:
        raise UserError(
            f"The ports of {top} cannot be read.",
            where=None if path is None else str(path),
            hint="Emit the accelerator again: hawx emit CONFIG",
        )
    return tuple(
        Port(
            match[4].removeprefix("\\"),
            match[1],  # type: ignore[arg-type]
            abs(int(match[2]) - int(match[3])) + 1 if match[2] else 1,
            match[2] is not None,
        )
        for match in _PORT.finditer(part.declaration)
    )
