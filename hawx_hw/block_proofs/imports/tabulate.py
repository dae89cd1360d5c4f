"""The table of an imported circuit: products by simulation, for all pairs of operands."""

from __future__ import annotations

import hashlib

import numpy as np

from hawx_hw.block_proofs import product_tables
from hawx_hw.block_proofs.imports.reading import NETLIST, Reading
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.gateware.block_verilog import BlockVerilog
from hawx_hw.simulation.simulators import Simulator, find_simulator

__all__ = ["tabulate"]


def tabulate(reading: Reading, simulator: Simulator) -> np.ndarray:
    """Products by the operands' bit patterns, of the source and the netlist alike.

    Raises
    ------
    UserError
        A product is undefined, or a simulator does not accept the source.
    VerificationError
        Source and netlist do not agree.
    """
    # A module of this name cannot be in the text.
    copy = f"{NETLIST}_{hashlib.sha256(reading.source.text.encode()).hexdigest()[:16]}_netlist"
    netlist = reading.netlist.replace(f"module {NETLIST}(", f"module {copy}(")
    original = f"source{'.sv' if reading.source.systemverilog else '.v'}"
    roles, ports = reading.roles, reading.ports
    bits = ports[roles.product].width
    designs = [
        BlockVerilog(top, bits, files | {f"{top}.v": _wrapper(top, inner, reading)})
        for top, inner, files in (
            (
                f"{copy}_original",
                reading.module,
                {"cells.v": reading.cells, original: reading.source.text},
            ),
            (f"{copy}_copy", copy, {"netlist.v": netlist}),
        )
    ]
    simulators = [simulator]
    if reading.undefined and simulator.name != "icarus":
        simulators.append(_icarus(reading.where))
    for used in simulators:
        try:
            tables = product_tables(designs, simulator=used)
        except VerificationError as error:
            what = reading.source.located(str(error)).replace(designs[0].top, reading.module)
            raise UserError(what, where=reading.where) from error
        wrong = np.argwhere(tables[0] != tables[1])
        if wrong.size:
            a, b = wrong[0]
            raise VerificationError(
                f"{reading.where}: for {roles.a} = {(a - 128) & 255:#04x}, {roles.b} = "
                f"{(b - 128) & 255:#04x} {used.name} finds {tables[0, a, b]}, and "
                f"{tables[1, a, b]} for what Yosys makes of it"
            )
    patterns = np.roll(tables[0], -128, axis=(0, 1))
    return np.ascontiguousarray(patterns[: 1 << ports[roles.a].width, : 1 << ports[roles.b].width])


def _wrapper(top: str, module: str, reading: Reading) -> str:
    """The module with the ports that are simulated; its operands get the low bits."""
    ports, roles = reading.ports, reading.roles
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
