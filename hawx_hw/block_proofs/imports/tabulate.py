"""The table of an imported circuit: products by simulation, for all pairs of operands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.block_proofs import UndefinedProducts, product_tables
from hawx_hw.block_proofs.imports.reading import NETLIST, Reading
from hawx_hw.blocks.user.imported import read_codes
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.gateware.block_verilog import BlockVerilog
from hawx_hw.simulation.simulators import Simulator, find_simulator

__all__ = ["Tabulated", "tabulate"]

#: As many operands are listed in a message.
_LISTED = 4


@dataclass(frozen=True, eq=False)
class Tabulated:
    """The products of a circuit.

    Parameters
    ----------
    table : ndarray of int32
        The product's bits by the operands' bit patterns.
    simulators : tuple of str
        Those in which source and netlist agree.
    warnings : tuple of str
        What a user should know of the others.
    """

    table: np.ndarray
    simulators: tuple[str, ...]
    warnings: tuple[str, ...]


def tabulate(
    reading: Reading, simulators: Sequence[Simulator], signed: Sequence[bool]
) -> Tabulated:
    """Products by the operands' bit patterns, of the source and the netlist alike.

    All simulators must find the same: each is known to compute some Verilog wrongly. One that does
    not accept the source is left out where another does.

    Parameters
    ----------
    reading : Reading
    simulators : sequence of Simulator
        At least one. Icarus is added where products may be undefined, which it alone shows.
    signed : sequence of bool
        Whether each operand is signed, for messages.

    Raises
    ------
    UserError
        A product is undefined, or no simulator accepts the source.
    VerificationError
        Source and netlist, or two simulators, do not agree.
    """
    simulators = list(simulators)
    if reading.undefined and "icarus" not in [simulator.name for simulator in simulators]:
        simulators.append(_icarus(reading.where))
    designs = _designs(reading)
    refusals: dict[str, UserError] = {}
    results: dict[str, np.ndarray] = {}
    for simulator in simulators:
        try:
            results[simulator.name] = product_tables(designs, simulator=simulator)
        except UndefinedProducts as error:
            raise _undefined(reading, error, signed) from error
        except VerificationError as error:
            what = reading.source.located(str(error)).replace(designs[0].top, reading.module)
            refusals[simulator.name] = UserError(what, where=reading.where)
            refusals[simulator.name].__cause__ = error
    refusal = refusals.get("icarus") if reading.undefined else None
    if not results:
        refusal = refusal or next(iter(refusals.values()))
    if refusal is not None:
        raise refusal
    _compare(reading, results)
    ports, roles = reading.ports, reading.roles
    patterns = np.roll(next(iter(results.values()))[0], -128, axis=(0, 1))
    return Tabulated(
        np.ascontiguousarray(patterns[: 1 << ports[roles.a].width, : 1 << ports[roles.b].width]),
        tuple(results),
        tuple(
            f"Compared in {', '.join(results)} alone: {error.what}" for error in refusals.values()
        ),
    )


def _designs(reading: Reading) -> list[BlockVerilog]:
    """The source and the netlist, side by side."""
    # A module of this name cannot be in the text.
    copy = f"{NETLIST}_{hashlib.sha256(reading.source.text.encode()).hexdigest()[:16]}_netlist"
    netlist = reading.netlist.replace(f"module {NETLIST}(", f"module {copy}(")
    original = f"source{'.sv' if reading.source.systemverilog else '.v'}"
    bits = reading.ports[reading.roles.product].width
    return [
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


def _compare(reading: Reading, results: dict[str, np.ndarray]) -> None:
    """Refuse results that differ between source and netlist, or between simulators."""
    first, *others = results

    def differ(one: np.ndarray, other: np.ndarray, first: str, second: str) -> None:
        wrong = np.argwhere(one != other)
        if wrong.size:
            a, b = wrong[0]
            raise VerificationError(
                f"{reading.where}: for {reading.roles.a} = {(a - 128) & 255:#04x}, "
                f"{reading.roles.b} = {(b - 128) & 255:#04x} {first} {one[a, b]}, and {second} "
                f"{other[a, b]}"
            )

    for name, (source, netlist) in results.items():
        differ(source, netlist, f"{name} finds", "for what Yosys makes of it")
    for name in others:
        differ(results[first][0], results[name][0], f"{first} finds", f"{name} finds")


def _undefined(reading: Reading, error: UndefinedProducts, signed: Sequence[bool]) -> UserError:
    ports, roles = reading.ports, reading.roles
    patterns = np.roll(error.pairs, -128, axis=(0, 1))
    pairs = patterns[: 1 << ports[roles.a].width, : 1 << ports[roles.b].width]
    return UserError(
        f"The product {roles.product} is undefined {_which(pairs, reading, signed)}",
        where=reading.where,
        hint="Assign a product for these operands too; the hardware puts out something for them.",
    )


def _which(pairs: np.ndarray, reading: Reading, signed: Sequence[bool]) -> str:
    """The operands in words: by one operand where the other does not matter."""
    names = reading.roles.a, reading.roles.b
    widths = [reading.ports[name].width for name in names]
    if pairs.all():
        return "for all operands"
    for axis in (0, 1):
        some = pairs.any(axis=1 - axis)
        if (pairs == np.expand_dims(some, 1 - axis)).all():
            values = read_codes(np.flatnonzero(some), widths[axis], signed[axis])
            return f"for {names[axis]} = {_listed(values)}, whatever {names[1 - axis]} is"
    first = np.argwhere(pairs)[0]
    a, b = (
        f"{name} = {int(read_codes(pattern, width, is_signed))}"
        for name, pattern, width, is_signed in zip(names, first, widths, signed, strict=True)
    )
    count = int(pairs.sum())
    return f"for {a}, {b}" + (f" and {count - 1:,} other pairs of operands" if count > 1 else "")


def _listed(values: Iterable[int]) -> str:
    texts = [str(value) for value in values]
    if len(texts) > _LISTED:
        texts = [*texts[:_LISTED], f"{len(texts) - _LISTED} more"]
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


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
