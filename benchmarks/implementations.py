"""Every implementation of some blocks: area, delay, energy, and what each objective chooses.

    python benchmarks/implementations.py [--technology T] [BLOCK ...]

Energies are those of a multiplication in LeNet-5 on digits, 8 x 8 PEs, with the block in all
layers (images learned from, weighted by the layers' multiplications), and of a step with uniform
operands; each without and with glitches, the register after the block included. An asterisk marks
the choice by that column; the last one is ``block_implementation: least_energy``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from hawx_hw import datasets
from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import Block
from hawx_hw.characterization.least_energy import IMAGES, LayerOperands, layer_operands
from hawx_hw.characterization.measure import energies_of
from hawx_hw.characterization.operands import uniform
from hawx_hw.config.models import Config
from hawx_hw.datasets.roles import roles
from hawx_hw.gateware.block_verilog import implementation_verilog, registered
from hawx_hw.graph.pixels import codes
from hawx_hw.sweep.label import plan_of
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.implementations import compare_implementations
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.technology import Technology, load

_BLOCKS = (
    "exact", "array(ha=2,hb=2,v=0)", "array(ha=0,hb=0,v=4)", "roup(p=0,r=2)", "roup(p=1,r=1)",
    "roup(p=1,r=2)", "roupa(p=0,r=4)", "rad(k=4)", "booth_perforation(j=0,m=1)",
    "kulkarni(c=3)", "precision(w=6,a=6)", "precision(w=4,a=4)",
)  # fmt: skip
_COLUMNS = ("um2", "ns", "uniform", "glitches", "layers", "layers, glitches")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Compare implementations of blocks.")
    parser.add_argument("blocks", nargs="*", default=_BLOCKS)
    parser.add_argument("--technology", default="generic45")
    arguments = parser.parse_args()
    technology = load(arguments.technology)
    table = Table(title=f"Implementations in {technology.name}, energies in fJ")
    for name in ("block", "built as", *_COLUMNS):
        table.add_column(name, justify="left" if name in ("block", "built as") else "right")
    for name in arguments.blocks:
        block = by_name(name)
        for line in _lines(block, technology):
            table.add_row(*line)
    Console(width=120).print(table)


def _lines(block: Block, technology: Technology) -> list[tuple[str, ...]]:
    names = block.implementations
    designs = [registered(one) for one in implementation_verilog([(block, n) for n in names])]
    mapped = map_designs(
        [(one.files, one.top) for one in designs], technology, jobs=2, store=default_store()
    )
    (alone,) = compare_implementations([block], technology, store=default_store())
    flows = {"uniform": [LayerOperands(uniform(), 1.0)], "layers": _layers(block)}
    columns = [[one.area for one in alone.metrics], [one.delay_ns for one in alone.metrics]]
    for operands in flows.values():
        columns += [
            [_energy(block, one, technology, operands, glitches) for one in mapped]
            for glitches in (False, True)
        ]
    best = [column.index(min(column)) for column in columns]
    rows = []
    for number, name in enumerate(names):
        values = [
            f"{column[number]:.{digits}f}{'*' if chosen == number else ' '}"
            for column, chosen, digits in zip(columns, best, (0, 2, 0, 0, 0, 0), strict=True)
        ]
        rows.append(("" if number else block.name, name, *values))
    return rows


def _layers(block: Block) -> Sequence[LayerOperands]:
    config = Config.model_validate(
        {
            "name": "implementations",
            "network": {"model": "lenet5", "dataset": "digits"},
            "accelerator": {"rows": 8, "columns": 8},
            "blocks": block.name,
        }
    )
    images = codes(roles(datasets.load("digits")).proposing(IMAGES).images)
    return layer_operands(plan_of(config), images)[block.digest]


def _energy(
    block: Block,
    mapped: Mapped,
    technology: Technology,
    operands: Sequence[LayerOperands],
    glitches: bool,
) -> float:
    total = 0.0
    for one in operands:
        step, _ = energies_of(
            block, mapped, technology, one.operands, glitches=glitches, store=default_store()
        )
        total += one.weight * (step["switching_fj"] + step["internal_fj"])
    return total


if __name__ == "__main__":
    main()
