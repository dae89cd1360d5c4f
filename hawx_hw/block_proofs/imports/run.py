"""Makes a block of a user's Verilog multiplier: reads, checks, simulates and keeps it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.block_proofs import product_tables
from hawx_hw.block_proofs.imports.ports import DeclaredPort, Roles, find_signedness
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.blocks.user.imported import ImportedBlock, ImportedCircuit, Port
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.gateware.block_verilog import BlockVerilog
from hawx_hw.simulation.simulators import Simulator, find_simulator
from hawx_hw.synthesis.yosys import run_yosys
from hawx_hw.technology import Technology
from hawx_hw.util.scratch import scratch_folder

__all__ = ["Import", "import_verilog"]

_TIMEOUT = 120.0
_NETLIST = "hawx_import"
_HEADER = "// A multiplier that was imported from Verilog: its gates, written by Yosys.\n"
_TEXT = re.compile(rf"^module {_NETLIST}\(.*?^endmodule$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Import:
    """An imported block and what its user should check.

    Parameters
    ----------
    block : ImportedBlock
    warnings : tuple of str
    """

    block: ImportedBlock
    warnings: tuple[str, ...]


def import_verilog(
    path: Path,
    module: str,
    *,
    a: str | None = None,
    b: str | None = None,
    product: str | None = None,
    signed: bool | None = None,
    technology: Technology | None = None,
    name: str | None = None,
    replace: bool = False,
    simulator: Simulator | None = None,
    store: ImportStore | None = None,
) -> Import:
    """Import a combinational multiplier.

    Yosys flattens the module to one of the same gates. The file as it is and that netlist are then
    simulated for all pairs of operands, and must agree. Where the netlist holds undefined bits, or
    operations that are undefined for some operands, Icarus simulates both too: it alone shows
    undefined bits apart.

    Parameters
    ----------
    path : Path
        A Verilog file, or SystemVerilog if it ends with ``.sv``.
    module : str
    a, b, product : str or None
        Ports; found by their names if left out, never by their order.
    signed : bool or None
        Whether operands and product are two's complement; found in the ports or the name of the
        module if left out.
    technology : Technology or None
        The library whose cells the file uses without defining them.
    name : str or None
        The block's name; the module's if left out.
    replace : bool
        Whether the name may be taken from another imported block.
    simulator : Simulator or None
        Verilator, or Icarus where that is not usable, if left out.
    store : ImportStore or None
        The user's if left out.

    Raises
    ------
    UserError
        The file is no such multiplier; the message has the reason, the place and what to do.
    VerificationError
        The file and the netlist that Yosys makes of it do not agree.
    """
    store = store or ImportStore()
    if not path.is_file():
        raise UserError("There is no such Verilog file.", where=str(path))
    if not re.fullmatch(r"[A-Za-z_]\w*", module, re.ASCII):
        raise UserError(f"A module's name must be a plain word, not {module!r}", where="--module")
    with scratch_folder("import") as scratch:
        description = _read(path, module, {"a": a, "b": b, "product": product}, technology, scratch)
        text = (scratch / "netlist.v").read_text("utf-8")
        cells = "" if technology is None else (scratch / "cells.v").read_text("utf-8")
    ports = {port["name"]: DeclaredPort(**port) for port in description["ports"]}
    roles = Roles(**description["roles"])
    where = f"{path}: module {module}"
    operands = [ports[roles.a], ports[roles.b]]
    reading = find_signedness(module, operands, signed, where)
    match = _TEXT.search(text)
    if match is None:
        raise RuntimeError(f"Yosys wrote no module {_NETLIST}")
    netlist = f"{_HEADER}{match[0]}\n"
    table = _tabulate(
        path,
        module,
        netlist,
        cells,
        ports,
        roles,
        simulator or find_simulator(),
        undefined=bool(description["undefined"]),
    )
    bits = ports[roles.product].width
    table &= (1 << bits) - 1
    if reading:
        table -= (table >> (bits - 1)) << bits
    a_port, b_port, product_port = (
        Port(name, ports[name].width) for name in (roles.a, roles.b, roles.product)
    )
    circuit = ImportedCircuit(a_port, b_port, product_port, reading, netlist, table)
    block = store.save(name or module, circuit, replace=replace)
    return Import(block, _doubts(circuit))


def _read(
    path: Path,
    module: str,
    requested: dict[str, str | None],
    technology: Technology | None,
    scratch: Path,
) -> dict[str, Any]:
    """Have Yosys read the file; ``scratch`` gets the netlist, and Verilog of the cells."""
    source = f"source{'.sv' if path.suffix == '.sv' else '.v'}"
    (scratch / source).write_text(_text(path), "utf-8")
    job = {
        "source": source,
        "systemverilog": path.suffix == ".sv",
        "liberty": None if technology is None else str(technology.liberty.resolve()),
        "shown": str(path),
        "module": module,
        "requested": requested,
        "name": _NETLIST,
    }
    try:
        run_yosys(job, scratch, _TIMEOUT, worker="hawx_hw.block_proofs.imports.worker")
    except UserError as error:
        what, where = (
            text.replace(source, str(path)) for text in (error.what, error.where or source)
        )
        hint = error.hint
        if "is not part of the design" in what:
            hint = (
                "Add the module to the file; where it is a cell of a library, say which with "
                "--technology."
            )
        raise UserError(
            what.replace("refused the design", "refuses it"), where=where, hint=hint
        ) from error
    result: dict[str, Any] = json.loads((scratch / "result.json").read_text("utf-8"))
    if "error" in result:
        raise UserError(**result["error"])
    return result


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The file cannot be read: {error}", where=str(path)) from error


def _tabulate(
    path: Path,
    module: str,
    netlist: str,
    cells: str,
    ports: dict[str, DeclaredPort],
    roles: Roles,
    simulator: Simulator,
    *,
    undefined: bool,
) -> np.ndarray:
    """Products by the operands' bit patterns, of the file and the netlist alike."""
    where = f"{path}: module {module}"
    text = _text(path)
    # A module of this name cannot be in the text.
    copy = f"{_NETLIST}_{hashlib.sha256(text.encode()).hexdigest()[:16]}_netlist"
    netlist = netlist.replace(f"module {_NETLIST}(", f"module {copy}(")
    suffix = path.suffix if path.suffix == ".sv" else ".v"
    bits = ports[roles.product].width
    designs = [
        BlockVerilog(top, bits, files | {f"{top}.v": _wrapper(top, inner, ports, roles)})
        for top, inner, files in (
            (f"{copy}_original", module, {"cells.v": cells, f"original{suffix}": text}),
            (f"{copy}_copy", copy, {"netlist.v": netlist}),
        )
    ]
    simulators = [simulator]
    if undefined and simulator.name != "icarus":
        simulators.append(_icarus(where))
    for used in simulators:
        try:
            tables = product_tables(designs, simulator=used)
        except VerificationError as error:
            raise UserError(str(error).replace(designs[0].top, module), where=where) from error
        wrong = np.argwhere(tables[0] != tables[1])
        if wrong.size:
            a, b = wrong[0]
            raise VerificationError(
                f"{where}: for {roles.a} = {(a - 128) & 255:#04x}, {roles.b} = "
                f"{(b - 128) & 255:#04x} {used.name} finds {tables[0, a, b]}, and "
                f"{tables[1, a, b]} for what Yosys makes of it"
            )
    patterns = np.roll(tables[0], -128, axis=(0, 1))
    return np.ascontiguousarray(patterns[: 1 << ports[roles.a].width, : 1 << ports[roles.b].width])


def _wrapper(top: str, module: str, ports: dict[str, DeclaredPort], roles: Roles) -> str:
    """The module with the ports that are simulated; its operands get the low bits."""
    connections = [
        f".{roles.a}(a[{ports[roles.a].width - 1}:0])",
        f".{roles.b}(b[{ports[roles.b].width - 1}:0])",
        f".{roles.product}(product)",
    ]
    bits = ports[roles.product].width
    return (
        f"module {top}(input [7:0] a, b, output [{bits - 1}:0] product);\n"
        f"  {module} circuit({', '.join(connections)});\n"
        "endmodule\n"
    )


def _icarus(where: str) -> Simulator:
    try:
        return find_simulator("icarus")
    except UserError as error:
        raise UserError(
            "The module holds bits that are undefined for some operands, or operations such as a "
            "division that may be",
            where=where,
            hint=f"Icarus Verilog shows whether they reach the product. {error.hint}",
        ) from error


def _doubts(circuit: ImportedCircuit) -> tuple[str, ...]:
    """Reasons to doubt that the products were read as the author intended."""
    error, other = (_mean_error(circuit, signed) for signed in (circuit.signed, not circuit.signed))
    if other >= error:
        return ()
    kinds = ("signed", "unsigned") if circuit.signed else ("unsigned", "signed")
    return (
        f"Read as {kinds[0]}, its mean absolute error is {error:.1f}, but {other:.1f} if it were "
        f"{kinds[1]}. If it is, import it again with --{kinds[1]} --replace.",
    )


def _mean_error(circuit: ImportedCircuit, signed: bool) -> float:
    """Mean absolute error if operands and product are read as ``signed`` or not."""

    def read(patterns: np.ndarray, bits: int) -> np.ndarray:
        patterns = patterns & ((1 << bits) - 1)
        return patterns - (patterns >> (bits - 1) << bits) if signed else patterns

    a, b = (
        read(np.arange(1 << port.width, dtype=np.int64), port.width)
        for port in (circuit.a, circuit.b)
    )
    products = read(circuit.table.astype(np.int64), circuit.product.width)
    return float(np.abs(products - a[:, None] * b).mean())
