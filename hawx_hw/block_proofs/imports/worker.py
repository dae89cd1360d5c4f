"""Reads a user's Verilog in a process of its own.

It is run as ``python -m hawx_hw.block_proofs.imports.worker JOB.json``. Yosys ends its process on
an error, which is why it does not run in that of the caller.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from hawx_hw.block_proofs.imports.ports import DeclaredPort, find_roles
from hawx_hw.errors import UserError

__all__ = ["main"]

#: Cells whose outputs follow their inputs, and are defined where these are.
_COMBINATIONAL = re.compile(
    r"\$(not|pos|neg|buf|and|or|xor|xnor|reduce_\w+|logic_\w+|shl|shr|sshl|sshr|shift|lt|le|eq|ne|ge|gt"
    r"|eqx|nex|add|sub|mul|mux|bmux|demux|lut|sop|macc|macc_v2|alu|fa|lcu|concat|slice"
    r"|_(BUF|NOT|AND|NAND|OR|NOR|XOR|XNOR|ANDNOT|ORNOT|MUX|NMUX|AOI3|OAI3|AOI4|OAI4)_)"
)
#: Those that are undefined for some inputs.
_PARTIAL = re.compile(r"\$(div|mod|divfloor|modfloor|pow|shiftx)")
_STORAGE = (("latch", "a latch"), ("mem", "a memory"), ("ff", "a register"), ("sr", "a register"))
_MODULE = re.compile(r"^module \\(\S+)$", re.MULTILINE)
_WARNING = re.compile(r"^Warning: (.*)$", re.MULTILINE)


def main(path: str) -> None:
    """Run the job in the file ``path``.

    It names the ``source``, whether it is ``systemverilog``, the ``liberty`` file of its cells or
    None, the ``module``, the ports ``requested`` by role and the ``name`` of the netlist's module.
    Beside it appear ``netlist.v``, ``cells.v`` with Verilog of the liberty file, and
    ``result.json`` with the ``roles``, the ``ports`` and whether something may be ``undefined``, or
    with the ``error``.
    """
    from pyosys import libyosys

    job = json.loads(Path(path).read_text("utf-8"))
    # The names of all files are then plain words.
    os.chdir(Path(path).parent)
    try:
        if job["liberty"] is not None:
            _write_cells(libyosys.Design(), job["liberty"])
        result = _normalize(libyosys.Design(), job)
    except UserError as error:
        result = {"error": {"what": error.what, "where": error.where, "hint": error.hint}}
    Path("result.json").write_text(json.dumps(result), "utf-8")


def _write_cells(design: Any, liberty: str) -> None:
    for command in (_read_liberty(liberty), "proc -noopt", "write_verilog -noattr cells.v"):
        design.run_pass(command)


def _read_liberty(path: str) -> str:
    if any(character in path for character in '"\n\\'):
        raise UserError("The path must not hold quotes or backslashes", where=path)
    return f'read_liberty -ignore_miss_func "{path}"'


def _normalize(design: Any, job: dict[str, Any]) -> dict[str, Any]:
    module = job["module"]
    where = f"{job['shown']}: module {module}"
    design.run_pass(f'read_verilog {"-sv " if job["systemverilog"] else ""}"{job["source"]}"')
    design.run_pass("write_rtlil modules.il")
    modules = _MODULE.findall(Path("modules.il").read_text("utf-8"))
    if module not in modules:
        raise UserError(
            f"There is no module {module!r}",
            where=job["shown"],
            hint=f"The modules are: {', '.join(sorted(modules)) or 'none'}.",
        )
    if job["liberty"] is not None:
        design.run_pass(_read_liberty(job["liberty"]))
    # The gates stay what they are, in one module instead of many: no name of the user's modules can
    # then clash with one of another import.
    for command in (f"hierarchy -check -top {module}", "proc -noopt -norom", "write_json top.json"):
        design.run_pass(command)
    ports = _ports(module)
    roles = find_roles(ports, job["requested"], where)
    for command in (
        "flatten -noscopeinfo",
        "tee -q -o check.txt check",
        *(
            f"delete -port {module}/{port.name}"
            for port in ports
            if port.direction == "output" and port.name != roles.product
        ),
        "pmuxtree",
        "opt_clean -purge",
        "write_json top.json",
    ):
        design.run_pass(command)
    _check_cells(module, where)
    _check_drivers(where)
    design.run_pass("setundef -undriven -undef")
    design.run_pass("write_json top.json")
    undefined = _undefined(module, roles.product, where)
    # Undefined bits, which are then known not to reach the product, must not become anything that
    # a synthesis may choose.
    for command in (
        "setundef -zero",
        f"rename {module} {job['name']}",
        "write_verilog -noattr netlist.v",
    ):
        design.run_pass(command)
    return {
        "roles": roles.as_dict(),
        "ports": [vars(port) for port in ports],
        "undefined": undefined,
    }


def _top(module: str) -> dict[str, Any]:
    top: dict[str, Any] = json.loads(Path("top.json").read_text("utf-8"))["modules"][module]
    return top


def _ports(module: str) -> list[DeclaredPort]:
    return [
        DeclaredPort(name, port["direction"], len(port["bits"]), bool(port.get("signed")))
        for name, port in _top(module)["ports"].items()
    ]


def _check_cells(module: str, where: str) -> None:
    top = _top(module)
    bits = [port["bits"] for port in top["ports"].values()]
    bits += [bits for cell in top["cells"].values() for bits in cell["connections"].values()]
    if any("z" in nets for nets in bits):
        raise UserError(
            "The module uses high impedance", where=where, hint="A block must be plain logic."
        )
    for cell in top["cells"].values():
        kind = cell["type"]
        if _COMBINATIONAL.fullmatch(kind) or _PARTIAL.fullmatch(kind):
            continue
        storage = next((text for part, text in _STORAGE if part in kind.lower()), None)
        if storage is None:
            raise UserError(
                f"The module holds a cell {kind}, which is no logic",
                where=where,
                hint="A block must be plain combinational logic.",
            )
        bits = cell["connections"].get("Q", [])
        names = [name for name, net in top["netnames"].items() if set(net["bits"]) & set(bits)]
        names = [name for name in names if not name.startswith("$")]
        raise UserError(
            f"The module holds {storage}{f' for {names[0]}' if names else ''}",
            where=where,
            hint="A block must be combinational; an always block must assign its outputs on every "
            "path. The hardware has an optional register after the block.",
        )


def _check_drivers(where: str) -> None:
    for warning in _WARNING.findall(Path("check.txt").read_text("utf-8")):
        for text, problem in (
            ("conflicting", "Two drivers meet"),
            ("multiple drivers", "Two drivers meet"),
            ("loop", "Gates form a loop"),
        ):
            if text in warning:
                raise UserError(
                    f"{problem}: {warning.strip().rstrip(':')}",
                    where=where,
                    hint="A block must be plain combinational logic.",
                )


def _undefined(module: str, product: str, where: str) -> bool:
    """Whether there is something undefined inside, which may reach the product or not."""
    top = _top(module)
    bits = top["ports"][product]["bits"]
    if "x" in bits:
        raise UserError(
            f"Bit {bits.index('x')} of {product} is undefined or not driven",
            where=where,
            hint="Every bit of the product must be driven for all operands.",
        )
    inside = [
        bit for cell in top["cells"].values() for c in cell["connections"].values() for bit in c
    ]
    return "x" in inside or any(_PARTIAL.fullmatch(cell["type"]) for cell in top["cells"].values())


if __name__ == "__main__":
    main(sys.argv[1])
