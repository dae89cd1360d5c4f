"""Reads a user's Verilog: Yosys makes one flat module of it, in a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.block_proofs.imports.ports import DeclaredPort, Roles
from hawx_hw.block_proofs.imports.preprocess import Source
from hawx_hw.errors import UserError
from hawx_hw.synthesis.yosys import ENDED, run_yosys
from hawx_hw.technology import Technology
from hawx_hw.util.files import read_text
from hawx_hw.util.scratch import scratch_folder

__all__ = ["NETLIST", "Reading", "read_verilog"]

#: Name of the netlist's module.
NETLIST = "hawx_import"
#: Seconds and bytes that Yosys gets.
_TIMEOUT = 120.0
_MEMORY = 4 << 30
_USED = re.compile(r"Module `\\?(\S+?)' referenced in module (?:.*(is not part of))?")
_HEADER = "// A multiplier that was imported from Verilog: its gates, written by Yosys.\n"
_TEXT = re.compile(rf"^module {NETLIST}\(.*?^endmodule$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """A module that was read, and the flat netlist that Yosys made of it.

    Parameters
    ----------
    where : str
        The user's file, the line and the module, for errors.
    module : str
        Its name in ``source``.
    source : Source
        The text that Yosys read, and the places of its lines in the user's files.
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
    source: Source
    cells: str
    ports: Mapping[str, DeclaredPort]
    roles: Roles
    netlist: str
    undefined: bool


def read_verilog(
    paths: Sequence[Path],
    module: str,
    requested: Mapping[str, str | None],
    technology: Technology | None = None,
    *,
    parameters: Mapping[str, str] | None = None,
    defines: Mapping[str, str] | None = None,
) -> Reading:
    """Read ``module`` of the files.

    Parameters
    ----------
    paths : sequence of Path
        Verilog files, or SystemVerilog if they end with ``.sv``.
    module : str
    requested : mapping of str to str or None
        The ports that the user named for the roles ``a``, ``b`` and ``product``.
    technology : Technology or None
        The library whose cells the files use.
    parameters : mapping of str to str or None
        Values of the module's parameters, as Verilog numbers.
    defines : mapping of str to str or None
        Macros that are defined for all files.

    Raises
    ------
    UserError
        It cannot be read, or is no combinational multiplier.
    """
    if not re.fullmatch(r"[A-Za-z_]\w*", module, re.ASCII):
        raise UserError(f"A module's name must be a plain word, not {module!r}", where="--module")
    if not paths:
        raise UserError("No Verilog file is given")
    shown = ", ".join(map(str, paths))
    job = {
        "files": [[str(path), str(path.absolute())] for path in paths],
        "module": module,
        "parameters": dict(parameters or {}),
        "defines": dict(defines or {}),
        "liberty": None if technology is None else "cells.lib",
        "cells": [] if technology is None else sorted(technology.library.cells),
        "requested": dict(requested),
        "memory": _MEMORY,
        "name": NETLIST,
    }
    with scratch_folder("import") as scratch:
        if technology is not None:
            (scratch / "cells.lib").write_text(technology.tool_text(), "utf-8")
        try:
            run_yosys(job, scratch, _TIMEOUT, worker="hawx_hw.block_proofs.imports.worker")
        except UserError as error:
            raise _of_the_users_file(error, _source(scratch), shown, technology) from error
        result = json.loads(read_text(scratch / "result.json"))
        source = _source(scratch)
        if "error" in result:
            raise _of_the_users_file(UserError(**result["error"]), source, shown, technology)
        netlist = read_text(scratch / "netlist.v")
        cells = "" if technology is None else read_text(scratch / "cells.v")
    if source is None:
        raise RuntimeError("Yosys read no source")
    match = _TEXT.search(netlist)
    if match is None:
        raise RuntimeError(f"Yosys wrote no module {NETLIST}")
    return Reading(
        result["where"],
        source.top,
        source,
        cells,
        {port["name"]: DeclaredPort(**port) for port in result["ports"]},
        Roles(**result["roles"]),
        f"{_HEADER}{match[0]}\n",
        bool(result["undefined"]),
    )


def _source(scratch: Path) -> Source | None:
    """The text that Yosys read; None where it came to none."""
    path = scratch / "source.json"
    if not path.is_file():
        return None
    content = json.loads(read_text(path))
    return Source(**content | {"lines": tuple(content["lines"])})


def _of_the_users_file(
    error: UserError, source: Source | None, shown: str, technology: Technology | None
) -> UserError:
    """An error that names the user's files where it named those of the worker."""
    what, where, hint = error.what, error.where or shown, error.hint
    if source is not None:
        what, where = source.located(what), source.located(where)
        used = _USED.search(what)
        name = source.renamed.get(used[1], used[1]) if used else ""
        where = source.uses.get(name, where)
        if used and used[2] is not None:
            what = f"Module {name} is used, but is not in the files"
            hint = (
                "Add the file that defines it; where it is a cell of a library, say which with "
                "--technology."
            )
    if technology is not None:
        what, where = (text.replace("cells.lib", str(technology.liberty)) for text in (what, where))
    if "took longer" in what or hint == ENDED:
        hint = (
            "A macro, a loop or a width may make the module too large: it has the time of "
            f"{_TIMEOUT:g} s and {_MEMORY >> 30} GB of memory."
        )
    return UserError(what.replace("refused the design", "refuses it"), where=where, hint=hint)
