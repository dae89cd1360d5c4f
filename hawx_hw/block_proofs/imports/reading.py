"""Reads a user's Verilog: Yosys makes one flat module of it, in a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.block_proofs.imports.ports import DeclaredPort, Roles
from hawx_hw.errors import UserError
from hawx_hw.synthesis.yosys import run_yosys
from hawx_hw.technology import Technology
from hawx_hw.util.scratch import scratch_folder

__all__ = ["NETLIST", "Reading", "read_verilog"]

#: Name of the netlist's module.
NETLIST = "hawx_import"
_TIMEOUT = 120.0
_HEADER = "// A multiplier that was imported from Verilog: its gates, written by Yosys.\n"
_TEXT = re.compile(rf"^module {NETLIST}\(.*?^endmodule$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """A module that was read, and the flat netlist that Yosys made of it.

    Parameters
    ----------
    where : str
        The user's file and the module, for errors.
    module : str
        Its name in the source.
    source : str
        The text that Yosys read.
    systemverilog : bool
        Whether ``source`` is SystemVerilog.
    cells : str
        Verilog of the library's cells that ``source`` may use.
    ports : mapping of str to DeclaredPort
    roles : Roles
    netlist : str
        One module named :data:`NETLIST`.
    undefined : bool
        Whether there is something undefined inside, which may reach the product or not.
    """

    where: str
    module: str
    source: str
    systemverilog: bool
    cells: str
    ports: Mapping[str, DeclaredPort]
    roles: Roles
    netlist: str
    undefined: bool


def read_verilog(
    path: Path,
    module: str,
    requested: Mapping[str, str | None],
    technology: Technology | None,
) -> Reading:
    """Read ``module`` of a file.

    Parameters
    ----------
    path : Path
        A Verilog file, or SystemVerilog if it ends with ``.sv``.
    module : str
    requested : mapping of str to str or None
        The ports that the user named for the roles ``a``, ``b`` and ``product``.
    technology : Technology or None
        The library whose cells the file uses without defining them.

    Raises
    ------
    UserError
        It cannot be read, or is no combinational multiplier.
    """
    if not path.is_file():
        raise UserError("There is no such Verilog file.", where=str(path))
    if not re.fullmatch(r"[A-Za-z_]\w*", module, re.ASCII):
        raise UserError(f"A module's name must be a plain word, not {module!r}", where="--module")
    text = _text(path)
    systemverilog = path.suffix == ".sv"
    source = f"source{'.sv' if systemverilog else '.v'}"
    job = {
        "source": source,
        "systemverilog": systemverilog,
        "liberty": None if technology is None else str(technology.liberty.resolve()),
        "shown": str(path),
        "module": module,
        "requested": dict(requested),
        "name": NETLIST,
    }
    with scratch_folder("import") as scratch:
        (scratch / source).write_text(text, "utf-8")
        try:
            run_yosys(job, scratch, _TIMEOUT, worker="hawx_hw.block_proofs.imports.worker")
        except UserError as error:
            raise _of_the_users_file(error, source, path) from error
        result = json.loads((scratch / "result.json").read_text("utf-8"))
        if "error" in result:
            raise UserError(**result["error"])
        netlist = (scratch / "netlist.v").read_text("utf-8")
        cells = "" if technology is None else (scratch / "cells.v").read_text("utf-8")
    match = _TEXT.search(netlist)
    if match is None:
        raise RuntimeError(f"Yosys wrote no module {NETLIST}")
    return Reading(
        f"{path}: module {module}",
        module,
        text,
        systemverilog,
        cells,
        {port["name"]: DeclaredPort(**port) for port in result["ports"]},
        Roles(**result["roles"]),
        f"{_HEADER}{match[0]}\n",
        bool(result["undefined"]),
    )


def _of_the_users_file(error: UserError, source: str, path: Path) -> UserError:
    """An error of Yosys, which names its own file, with the user's file instead."""
    what, where = (text.replace(source, str(path)) for text in (error.what, error.where or source))
    hint = error.hint
    if "is not part of the design" in what:
        hint = (
            "Add the module to the file; where it is a cell of a library, say which with "
            "--technology."
        )
    return UserError(what.replace("refused the design", "refuses it"), where=where, hint=hint)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The file cannot be read: {error}", where=str(path)) from error
