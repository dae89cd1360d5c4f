"""What every plan promises: its memories, and its drawing, are those of the hardware."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pyslang
import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.drawing import WIDTH
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


#: Kind of a memory macro, width and depth.
Shape = tuple[str, int, int]


def macros(folder: Path) -> dict[str, Shape]:
    """Every memory macro of the elaborated Verilog, by the path of its instance below the top."""
    compilation = pyslang.ast.Compilation()
    for name in (folder / "filelist.f").read_text("utf-8").split():
        compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromFile(str(folder / name)))
    instances: dict[str, Shape] = {}

    def visit(symbol: object) -> None:
        if isinstance(symbol, pyslang.ast.InstanceSymbol) and symbol.definition.name in MACROS:
            width, depth = (int(symbol.body.find(n).value.value) for n in ("WIDTH", "DEPTH"))
            path = symbol.hierarchicalPath.removeprefix(f"{TOP}.").replace(".", "/")
            instances[path] = symbol.definition.name, width, depth

    # Macros that the accelerator does not use are modules without a parent, too.
    (top,) = (top for top in compilation.getRoot().topInstances if top.name == TOP)
    top.visit(visit)
    return instances


#: A plan, and its hardware's memories.
Built = tuple[Plan, dict[str, Shape]]
PLANS = {"serial": serial} | {
    f"{kind.__name__}_{seed}": partial(kind, seed)
    for kind, count in ((systolic, 4), (simt, 2))
    for seed in range(count)
}


@pytest.fixture(scope="module", params=PLANS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A plan, and the memories of its Verilog."""
    made: Plan = PLANS[request.param]()
    folder = tmp_path_factory.mktemp(request.param)
    emit_accelerator(made, folder, config_hash=0)
    return made, macros(folder / "rtl")


def test_accesses_are_of_all_memories_of_the_hardware(built: Built) -> None:
    made, instances = built
    listed: Counter[Shape] = Counter()
    for use in made.accesses():
        assert use.reads >= 0 and use.writes >= 0
        listed[use.macro, use.width, use.depth] += use.count
    assert listed == Counter(instances.values())


def test_the_drawing_has_the_memories_of_the_hardware_by_their_paths(built: Built) -> None:
    made, instances = built
    drawn = {each.path: (each.macro, each.bits, each.words) for each in made.drawing().memories}
    assert drawn == {path.removesuffix("/macro"): shape for path, shape in instances.items()}


def test_the_drawing_s_cells_are_the_multipliers_with_their_blocks(built: Built) -> None:
    made, _ = built
    drawing = made.drawing()
    names = [block.name for block in drawing.blocks]
    assert names == [block.name for block in made.blocks]
    assert len(drawing.cells) == made.multipliers
    instances = Counter(index for cell in drawing.cells for index in cell.blocks)
    assert tuple(instances[index] for index in range(len(names))) == made.instances


def test_the_drawing_s_cells_do_all_multiplications(built: Built) -> None:
    made, _ = built
    drawing, counted = made.drawing(), {each.layer: each.blocks for each in made.multiplications()}
    for use, layer in zip(drawing.layers, made.cycles().layers, strict=True):
        assert use.layer == layer.name
        done: Counter[str] = Counter()
        for number, cell in zip(use.cells, drawing.cells, strict=bool(use.cells)):
            for block, count in zip(cell.blocks, use.uses[number], strict=True):
                assert count <= layer.total
                done[drawing.blocks[block].name] += int(count)
        assert +done == Counter(counted.get(layer.name, {}))


def test_nothing_is_drawn_outside_or_over_something_else(built: Built) -> None:
    made, _ = built
    drawing = made.drawing()
    size = drawing.cell_width, drawing.cell_height
    boxes = [
        (each.x, each.y, each.width, each.height) for each in (*drawing.units, *drawing.memories)
    ]
    boxes += [(cell.x, cell.y, *size) for cell in drawing.cells]
    for x, y, width, height in boxes:
        assert x >= 0 and x + width <= WIDTH and y >= 0 and y + height <= drawing.height
        assert width > 0 and height > 0
    for one, other in itertools.combinations(sorted(boxes), 2):
        apart = [
            one[axis] + one[2 + axis] <= other[axis] + 0.02
            or other[axis] + other[2 + axis] <= one[axis] + 0.02
            for axis in (0, 1)
        ]
        assert any(apart), (one, other)
    for bus in drawing.buses:
        assert all(0 <= x <= WIDTH and 0 <= y <= drawing.height for x, y in bus.points)


def test_timelines_have_every_cycle_of_the_ledger(built: Built) -> None:
    made, _ = built
    for number, layer in enumerate(made.cycles().layers):
        timeline = made.timeline(number)
        if timeline is None:
            continue
        assert (timeline.layer, timeline.cycles) == (layer.name, layer.total)
        named = [cause for each in timeline.activities for cause in each.causes]
        assert sorted(named) == sorted(layer.causes)
        for activity, cycles in zip(timeline.activities, timeline.tracks[0].totals, strict=True):
            caused = math.fsum(layer.causes[cause] for cause in activity.causes)
            assert math.isclose(cycles, caused, abs_tol=1e-6), (layer.name, activity.title)
