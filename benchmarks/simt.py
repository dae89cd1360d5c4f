"""Cycles and memory accesses of LeNet-5 on SIMT units, by the cycle model or in Verilog.

    python benchmarks/simt.py [--lanes 1 4 8 13 16 32 64] [--simulate] [--resnet20]
    python benchmarks/simt.py --rtl [--images N] [--simulator NAME] [--only TEXT]
    python benchmarks/simt.py --area [--lanes 8 16]

``--rtl`` emits units and runs them (simt_rtl.py), ``--area`` synthesizes them (simt_area.py); the
rest of this is about the cycle model.

The network is LeNet-5 on digits (the checkpoint that is in the repository), exact blocks, one
image. Every program is run, and its result compared with the reference; ``--simulate`` does so in
the simulator that defines the unit, which takes seconds for each, and compares the cycles as well.
"Busy" is the network's multiplications by those that the lanes could do in these cycles; lanes
without a filter and groups without a pixel count as idle. ``--resnet20`` prints ResNet-20 with
random weights on 16 lanes instead.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import numpy as np
from accelerator_choice import network
from emulation_networks import resnet20
from simt_area import print_areas
from simt_rtl import print_units

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.architectures.simt.runner import run_program
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.graph.reference import run
from hawx_hw.technology import load
from hawx_hw.technology.memories import MemoryModel
from hawx_hw.util.tables import print_table

_LANES = (1, 4, 8, 13, 16, 32, 64)
#: Units that are synthesized.
_SYNTHESIZED = (8, 16)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lanes", type=int, nargs="*")
    parser.add_argument("--simulate", action="store_true")
    parser.add_argument("--resnet20", action="store_true")
    parser.add_argument("--rtl", action="store_true")
    parser.add_argument("--area", action="store_true")
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--simulator", default="verilator")
    parser.add_argument("--only", default="", help="with --rtl: units whose title contains this")
    options = parser.parse_args()
    if options.rtl:
        print_units(options.images, options.simulator, options.only)
        return
    if options.area:
        print_areas(options.lanes or _SYNTHESIZED)
        return
    if options.resnet20:
        print_resnet20()
        return
    graph = network("digits")
    images = random_codes(np.random.default_rng(0), graph, 1)
    plans = [plan(graph, SimtConfig(lanes=lanes)) for lanes in options.lanes or _LANES]
    for each in plans:
        check(each, graph, images, simulated=options.simulate)
    print("Cycles, from the cycle model:\n")
    heading = ("lanes", "warps", "groups", "cycles by layer", "cycles", "convolutions busy",
               "all busy", "instructions a MAC")  # fmt: skip
    print_table(heading, [cycle_record(each) for each in plans])
    print(
        "\nWords read (registers and buffers: and written) an image, and the energy of all memories"
    )
    print("by generic45's memory models, the clock of those that are flip-flops included:\n")
    models = load("generic45").memory_models
    heading = ("lanes", "activations read", "weights read", "registers", "weight buffers",
               *(f"pJ a MAC, {model}" for model in models))  # fmt: skip
    print_table(heading, [access_record(each, models.values()) for each in plans])


def print_resnet20() -> None:
    """Print how busy ResNet-20 keeps the multipliers."""
    graph = resnet20()
    made = plan(graph, SimtConfig(lanes=16))
    check(made, graph, random_codes(np.random.default_rng(0), graph, 1), simulated=False)
    report = made.cycles()
    layers = [
        cycles
        for cycles, layer in zip(report.layers, made.compiled.layers, strict=True)
        if layer.operation.kernel.kernel == (3, 3)
    ]
    busy = [layer.macs / 16 / layer.total for layer in layers]
    all_busy = sum(layer.macs for layer in layers) / 16 / sum(layer.total for layer in layers)
    print(f"ResNet-20, 16 lanes, from the cycle model: {report.core:,} cycles; multipliers busy")
    print(
        f"{report.macs / 16 / report.core:.1%} of all, {all_busy:.1%} of the {len(layers)} layers"
    )
    print(f"of 3 x 3, {min(busy):.1%} of the least busy of these")


def check(each: Plan, graph: Graph, images: np.ndarray, *, simulated: bool) -> None:
    """Run one image; raise an error where the result, or the cycles, are others."""
    image = each.compiled.image.memory(images[0])
    if simulated:
        outcome = simulate(each.program, image)
        result = outcome.memories.result
        if outcome.cycles != each.timing.cycles:
            raise SystemExit(f"{outcome.cycles} cycles, and the model has {each.timing.cycles}")
    else:
        (result,) = run_program(each.program, image[None])
    got = each.compiled.layers[-1].target.codes(result).ravel()
    if got.tolist() != run(graph, images)[0].ravel().tolist():
        raise SystemExit(f"{each.accelerator.size}: the result is not that of the reference")


def cycle_record(each: Plan) -> tuple[str, ...]:
    """A line of the first table."""
    report = each.cycles()
    kernels = [
        cycles
        for cycles, layer in zip(report.layers, each.compiled.layers, strict=True)
        if layer.operation.output_shape[1] > 1
    ]
    lanes = each.unit.lanes
    busy = sum(layer.macs for layer in kernels) / lanes / sum(layer.total for layer in kernels)
    count = sum(each.timing.instructions.values())
    return (
        str(lanes),
        str(each.unit.warps),
        " ".join(str(layer.groups) for layer in each.compiled.layers),
        " ".join(f"{layer.total:,}" for layer in report.layers),
        f"{report.core:,}",
        f"{busy:.1%}",
        f"{report.macs / lanes / report.core:.1%}",
        f"{count / report.macs:.4f}",
    )


def access_record(each: Plan, models: Iterable[MemoryModel]) -> tuple[str, ...]:
    """A line of the second table."""
    uses, cycles = each.accesses(), each.timing.cycles

    def energy(model: MemoryModel) -> float:
        metrics = [model.metrics(use.macro, use.width, use.depth) for use in uses]
        return sum(
            use.count * own.energy_fj(use.reads, use.writes, cycles)
            for use, own in zip(uses, metrics, strict=True)
        )

    def words(kind: str, *, written: bool) -> str:
        own = [use for use in uses if use.use == kind]
        return f"{sum(use.count * (use.reads + written * use.writes) for use in own):,.0f}"

    return (
        str(each.unit.lanes),
        words("activation", written=False),
        words("weight", written=False),
        words("register", written=True),
        words("weight buffer", written=True),
        *(f"{energy(model) / 1000 / each.graph.macs:.2f}" for model in models),
    )


if __name__ == "__main__":
    main()
