"""Verilog of the RAMs of a design as macros of a process, in place of the plain memories of rtl/.

A module has the ports and the behavior of the plain memory whose name it takes, and its parameters
choose what is inside: macros where the plan has some for that shape, else the plain memory.
"""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.memories.families import FOLDER, Family
from hawx_hw.flows.memories.plan import Arrangement, MemoryPlan, Shape, branch_name
from hawx_hw.flows.templates import render
from hawx_hw.util.files import read_text, write_text
from hawx_hw.util.macros import ADDRESS_WIDTH, DEPTH, MACROS, WIDTH, MacroKind

__all__ = ["BOXES", "boxes_text", "ram_text", "replace_memories"]

#: File with the macros as empty modules, for tools that need their ports.
BOXES = "hawx_memory_macros.v"
_TITLES = {"hawx_sp_ram": "Single-port memory", "hawx_sdp_ram": "Simple dual-port memory"}


def replace_memories(plan: MemoryPlan, folder: Path) -> list[str]:
    """Put the plan's RAMs in place of the plain memories in ``folder``.

    Parameters
    ----------
    plan : MemoryPlan
    folder : Path
        With the Verilog files of a design; ``<kind>.v`` becomes ``<kind>_cells.v``.

    Returns
    -------
    list of str
        Names of the files that are new.
    """
    new = []
    for kind in sorted({shape.kind for shape in plan.arrangements}):
        plain = read_text(folder / f"{kind}.v")
        head = f"module {kind} #"
        if plain.count(head) != 1:
            raise ValueError(f"{kind}.v must have one {head!r}")
        write_text(folder / f"{kind}_cells.v", plain.replace(head, f"module {kind}_cells #"))
        write_text(folder / f"{kind}.v", ram_text(plan, kind))
        new.append(f"{kind}_cells.v")
    return new


def ram_text(plan: MemoryPlan, kind: MacroKind) -> str:
    """Verilog of the module of a kind of RAM, with those of the macros inside it."""
    assert plan.family is not None
    shapes = [
        {
            "width": shape.width,
            "depth": shape.depth,
            "branch": branch_name(shape),
            "condition": _condition(shape),
            "banks": arrangement.banks,
            "parts": arrangement.parts,
            "macro": arrangement.macro,
            "ranges": {
                WIDTH: f"[{shape.width - 1}:0] ",
                ADDRESS_WIDTH: f"[{shape.address_width - 1}:0] ",
            },
            "body": _body(plan.family, shape, arrangement),
        }
        for shape, arrangement in plan.arrangements.items()
        if shape.kind == kind
    ]
    return render(
        FOLDER,
        "ram.v.j2",
        kind=kind,
        title=_TITLES[kind],
        ports=list(MACROS[kind].ports.items()),
        shapes=shapes,
        any_shape=" ||\n              ".join(f"({each['condition']})" for each in shapes),
    )


def boxes_text(plan: MemoryPlan) -> str:
    """Verilog of the macros that a plan uses, as empty modules; empty where it uses none."""
    if plan.family is None:
        return ""
    template = f"{plan.family.template}_box.v.j2"
    return "\n".join(render(FOLDER, template, macro=each) for each in plan.macros.values())


def _condition(shape: Shape) -> str:
    """Whether a module's parameters are those of a shape."""
    sizes = {WIDTH: shape.width, DEPTH: shape.depth, ADDRESS_WIDTH: shape.address_width}
    return " && ".join(f"{name} == {value}" for name, value in sizes.items())


def _body(family: Family, shape: Shape, arrangement: Arrangement) -> str:
    macro, banks, parts = arrangement.macro, arrangement.banks, arrangement.parts
    two = MACROS[shape.kind].two_ports
    padded = parts * macro.width
    write, read = ("write_address", "read_address") if two else ("address", "address")
    instances = [
        render(
            FOLDER,
            f"{family.template}.v.j2",
            macro=macro,
            instance=f"bank_{bank}_part_{part}",
            bank=bank,
            two_ports=two,
            low=part * macro.width,
            high=(part + 1) * macro.width - 1,
        )
        for bank in range(banks)
        for part in range(parts)
    ]
    return render(
        FOLDER,
        "body.v.j2",
        width=shape.width,
        padded=padded,
        two_ports=two,
        banks=banks,
        word_bits=macro.address_width,
        data_in=_padded("write_data", shape.width, padded),
        write_word=_word(write, shape, macro.address_width),
        read_word=_word(read, shape, macro.address_width),
        write_selects=[_select(write, shape, macro.address_width, b, banks) for b in range(banks)],
        read_selects=[_select(read, shape, macro.address_width, b, banks) for b in range(banks)],
        bank_bits=max(1, shape.address_width - macro.address_width),
        bank_address=_high(read, shape, macro.address_width),
        instances="".join(instances).rstrip("\n"),
        output_holds=family.output_holds,
    ).rstrip("\n")


def _padded(name: str, width: int, padded: int) -> str:
    """A signal with zeros above it."""
    return name if width == padded else f"{{{padded - width}'d0, {name}}}"


def _word(address: str, shape: Shape, bits: int) -> str:
    """The address inside a bank."""
    if shape.address_width <= bits:
        return _padded(address, shape.address_width, bits)
    return f"{address}[{bits - 1}:0]"


def _high(address: str, shape: Shape, bits: int) -> str:
    """The bits of an address that choose the bank."""
    top = shape.address_width - 1
    return f"{address}[{top}:{bits}]" if top > bits else f"{address}[{bits}]"


def _select(address: str, shape: Shape, bits: int, bank: int, banks: int) -> str:
    """A condition on an address that is in a bank, after another condition; empty for one bank."""
    if banks == 1:
        return ""
    width = shape.address_width - bits
    return f" && {_high(address, shape, bits)} == {width}'d{bank}"
