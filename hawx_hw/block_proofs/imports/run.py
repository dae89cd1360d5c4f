"""Makes a block of a user's Verilog multiplier: reads, checks, simulates and keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.block_proofs.imports.doubts import doubts
from hawx_hw.block_proofs.imports.ports import find_signedness
from hawx_hw.block_proofs.imports.reading import read_verilog
from hawx_hw.block_proofs.imports.tabulate import tabulate
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.blocks.user.imported import ImportedBlock, ImportedCircuit, Port, read_codes
from hawx_hw.simulation.simulators import Simulator, usable_simulators
from hawx_hw.technology import Technology

__all__ = ["Import", "import_verilog"]


@dataclass(frozen=True)
class Import:
    """An imported block and what its user should check.

    Parameters
    ----------
    block : ImportedBlock
    warnings : tuple of str
    simulators : tuple of str
        Those in which the file and the netlist were compared.
    """

    block: ImportedBlock
    warnings: tuple[str, ...]
    simulators: tuple[str, ...]


def import_verilog(
    path: Path | Sequence[Path],
    module: str,
    *,
    a: str | None = None,
    b: str | None = None,
    product: str | None = None,
    signed: bool | None = None,
    a_signed: bool | None = None,
    b_signed: bool | None = None,
    technology: Technology | None = None,
    parameters: Mapping[str, str] | None = None,
    defines: Mapping[str, str] | None = None,
    name: str | None = None,
    replace: bool = False,
    simulator: Simulator | None = None,
    store: ImportStore | None = None,
) -> Import:
    """Import a combinational multiplier.

    The files become one text, which is the same for every tool, and Yosys flattens the module in it
    to one of the same gates. Text and netlist are then simulated for all pairs of operands, and
    must agree, in Verilator and in Icarus where both are usable. Only the netlist is kept. Where it
    holds undefined bits, or operations that are undefined for some operands, Icarus must be usable:
    it alone shows undefined bits apart.

    Parameters
    ----------
    path : Path or sequence of Path
        Verilog files, or SystemVerilog if they end with ``.sv``.
    module : str
    a, b, product : str or None
        Ports; found by their names if left out, never by their order.
    signed : bool or None
        Whether both operands are two's complement; found in the ports or the name of the module if
        left out.
    a_signed, b_signed : bool or None
        Whether the weight is, and the activation; they go before ``signed``.
    technology : Technology or None
        The library whose cells the files use; its functions replace Verilog of these cells.
    parameters : mapping of str to str or None
        Values of the module's parameters, as Verilog numbers such as ``8`` or ``4'hf``.
    defines : mapping of str to str or None
        Macros that are defined for all files.
    name : str or None
        The block's name; the module's if left out.
    replace : bool
        Whether the name may be taken from another imported block.
    simulator : Simulator or None
        The only one to use; left out: all that are usable, which must agree.
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
    reading = read_verilog(
        [path] if isinstance(path, Path) else path,
        module,
        {"a": a, "b": b, "product": product},
        technology,
        parameters=parameters,
        defines=defines,
    )
    ports, roles = reading.ports, reading.roles
    operands = [ports[roles.a], ports[roles.b]]
    requested = [signed if one is None else one for one in (a_signed, b_signed)]
    signedness = find_signedness(module, operands, requested, reading.where)
    simulators = usable_simulators() if simulator is None else [simulator]
    tabulated = tabulate(reading, simulators, signedness)
    table = read_codes(tabulated.table, ports[roles.product].width, any(signedness))
    a_port, b_port, product_port = (
        Port(name, ports[name].width) for name in (roles.a, roles.b, roles.product)
    )
    circuit = ImportedCircuit(
        *(a_port, b_port, product_port), *signedness, reading.netlist, table.astype(np.int32)
    )
    block = store.save(name or module, circuit, replace=replace)
    return Import(block, (*doubts(circuit), *tabulated.warnings), tabulated.simulators)
