"""The structure of a Verilog design, whatever its modules and signals are called.

Yosys dissolves the hierarchy; what is left is a graph of cells and bits. Colors of the cells are
refined from their neighbours until they stay (Weisfeiler and Leman): two designs whose cells have
the same colors are the same circuit but for names, as far as this refinement can see. The ports of
the top anchor the colors, by their names.

    python benchmarks/verilog_structure.py OLD/CONFIG NEW/CONFIG
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from hawx_hw.util.scratch import scratch_folder

__all__ = ["cell_colors", "compare_structure", "flat_module"]

TOP = "hawx_accelerator"
_ROUNDS = 64
_COMMUTATIVE = ("$_AND_", "$_NAND_", "$_OR_", "$_NOR_", "$_XOR_", "$_XNOR_")
_MACROS = ("hawx_rom", "hawx_sp_ram", "hawx_sdp_ram")
_SCRIPT = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1:]:
    design.run_pass(command)
"""


def flat_module(build: Path) -> dict[str, Any]:
    """The design in a build folder without hierarchy, as Yosys writes it in JSON.

    The hash of the config, a constant in the registers, counts as zero.
    """
    rtl = build / "rtl"
    program = json.loads((build / "program.json").read_text("utf-8"))
    number = f"32'd{int(program['config_hash'], 16)}"
    # The macros are left out: cells of an unknown kind stay as they are.
    names = (rtl / "filelist.f").read_text("utf-8").split()
    known = [name for name in names if Path(name).stem not in _MACROS]
    with scratch_folder("structure") as folder:
        for name in known:
            text = (rtl / name).read_text("utf-8")
            (folder / name).write_text(text.replace(number, "32'd0"), "utf-8")
        commands = [
            *(f"read_verilog {name}" for name in known),
            f"hierarchy -top {TOP}",
            "proc",
            "flatten",
            "opt_expr",
            "opt_merge",
            "opt_dff",
            "opt_clean -purge",
            # Down to simple gates and flip-flops, so that it does not matter which bits shared a
            # signal, and without ABC, whose result depends on the order of its inputs.
            "techmap",
            "simplemap",
            "dfflegalize -cell $_DFF_P_ x -cell $_DFF_P_ 0",
            "opt_expr",
            "opt_merge",
            "opt_clean -purge",
            "write_json flat.json",
        ]
        arguments = [sys.executable, "-c", _SCRIPT, *commands]
        subprocess.run(arguments, check=True, capture_output=True, cwd=folder)
        content = json.loads((folder / "flat.json").read_text("utf-8"))
    module: dict[str, Any] = content["modules"][TOP]
    return module


def cell_colors(module: dict[str, Any], rounds: int = _ROUNDS) -> list[str]:
    """The color of each cell, by what is at most ``rounds`` cells away."""
    cells = list(module["cells"].values())
    colors = [_digest(cell["type"], _parameters(cell)) for cell in cells]
    anchors: dict[Any, list[str]] = {}
    for name, port in module["ports"].items():
        for index, bit in enumerate(port["bits"]):
            anchors.setdefault(bit, []).append(f"{name}[{index}]")
    count = len(set(colors))
    pins = [_pins(cell) for cell in cells]
    for _ in range(rounds):
        bits: dict[Any, list[str]] = {bit: list(names) for bit, names in anchors.items()}
        for own, color in zip(pins, colors, strict=True):
            for pin, nets in own:
                for index, bit in enumerate(nets):
                    if isinstance(bit, int):
                        bits.setdefault(bit, []).append(f"{color}{pin}{index}")
        known = {bit: _digest(*sorted(ends)) for bit, ends in bits.items()}
        colors = [
            _digest(
                color,
                *sorted(
                    pin + ".".join(known.get(bit, str(bit)) for bit in nets) for pin, nets in own
                ),
            )
            for own, color in zip(pins, colors, strict=True)
        ]
        if len(set(colors)) == count:
            break
        count = len(set(colors))
    return colors


def _pins(cell: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """The pins of a cell with their nets; inputs that may be swapped have one name."""
    swaps = cell["type"] in _COMMUTATIVE
    return [
        ("A" if swaps and pin == "B" else pin, nets) for pin, nets in cell["connections"].items()
    ]


def _parameters(cell: dict[str, Any]) -> str:
    """Without the names of memories, which Yosys makes up."""
    return json.dumps({k: v for k, v in cell["parameters"].items() if k != "MEMID"}, sort_keys=True)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def compare_structure(old: Path, new: Path) -> str:
    """How the designs of two build folders compare, in words."""
    before, after = flat_module(old), flat_module(new)
    words = []
    for rounds, what in ((_ROUNDS, ""), (0, "by kind of cell"), (1, "by kind and neighbors")):
        one, other = (Counter(cell_colors(module, rounds)) for module in (before, after))
        differ = (one - other).total(), (other - one).total()
        if not any(differ) and rounds:
            same = f"the same structure {what}".rstrip()
            return ", ".join([f"{one.total():,} cells", same, *words])
        if what:
            words.append(f"{differ[0]:,} only before and {differ[1]:,} only now {what}")
    return ", ".join([f"{one.total():,} cells before", *words])


if __name__ == "__main__":
    print(compare_structure(*(Path(name).resolve() for name in sys.argv[1:3])))
