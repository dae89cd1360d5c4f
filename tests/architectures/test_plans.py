"""What every plan promises, whatever its architecture: its memories are those of the hardware."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pyslang
import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.util.macros import MACROS
from tests.architectures.serial import Serial, SerialConfig, graph
from tests.architectures.simt.networks import UNITS, random_plan


def systolic(seed: int) -> Plan:
    rng = np.random.default_rng(seed)
    shape = ArrayShape.complete(
        int(rng.integers(1, 6)),
        int(rng.integers(1, 13)),
        slice_columns=1 if seed % 3 == 0 else None,
        weight_rows=1 if seed % 3 == 1 else None,
        loadable=seed % 2 == 1,
    )
    return plan(random_graph(rng, layers=3, max_size=6), shape)


def simt(seed: int) -> Plan:
    # A unit of its own for each, and parameters of both kinds.
    return random_plan(seed * (len(UNITS) // 2 + 1))


def serial() -> Plan:
    return Serial().plan(graph(), SerialConfig(), {})


def macros(folder: Path) -> Counter[tuple[str, int, int]]:
    """Kind, width and depth of every memory macro of the elaborated Verilog."""
    compilation = pyslang.ast.Compilation()
    for name in (folder / "filelist.f").read_text("utf-8").split():
        compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromFile(str(folder / name)))
    instances: Counter[tuple[str, int, int]] = Counter()

    def visit(symbol: object) -> None:
        if isinstance(symbol, pyslang.ast.InstanceSymbol) and symbol.definition.name in MACROS:
            width, depth = (int(symbol.body.find(n).value.value) for n in ("WIDTH", "DEPTH"))
            instances[symbol.definition.name, width, depth] += 1

    # Macros that the accelerator does not use are modules without a parent, too.
    (top,) = (top for top in compilation.getRoot().topInstances if top.name == TOP)
    top.visit(visit)
    return instances


PLANS = {"serial": serial} | {
    f"{kind.__name__}_{seed}": partial(kind, seed)
    for kind, count in ((systolic, 4), (simt, 2))
    for seed in range(count)
}


@pytest.mark.parametrize("name", PLANS)
def test_accesses_are_of_all_memories_of_the_hardware(name: str, tmp_path: Path) -> None:
    made = PLANS[name]()
    emit_accelerator(made, tmp_path, config_hash=0)
    listed: Counter[tuple[str, int, int]] = Counter()
    for use in made.accesses():
        assert use.reads >= 0 and use.writes >= 0
        listed[use.macro, use.width, use.depth] += use.count
    assert listed == macros(tmp_path / "rtl")
