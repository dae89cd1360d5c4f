"""Networks on SIMT units as Verilog: results, and cycles from start to done.

    python benchmarks/simt.py --rtl [--images N] [--simulator NAME] [--only TEXT]

LeNet-5 on MNIST runs the first images of its test set; the 3 x 3 layers of ResNet-20, each by
itself with random weights, run two random images on 16 lanes. Every unit is emitted,
compiled with Verilator and run with all scenarios of the testbench (stalls, images back to back,
reset, wrong packets): results and every stored word must be those of the integer model, and the
cycles of every layer those of the cycle model, else the benchmark ends. "Busy" is the network's
multiplications by those that the lanes could do in these cycles; lanes without a filter and groups
without a pixel count as idle. A minute a unit; the unit of one lane takes some minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from accelerator_choice import network
from emulation_networks import convolution
from rich.console import Console
from rich.table import Table
from verilog_runs import run_in_verilog

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load as load_dataset
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.graph.pixels import codes
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.verification.accelerator_job import AcceleratorMismatch
from hawx_hw.verification.result import VerifyResult

_BLOCKS = ("exact", "array(2,2,0)", "drum(k=4)", "roup(1,2)")


@dataclass(frozen=True)
class Case:
    """A unit to run.

    Parameters
    ----------
    keys : mapping of str to Any
        Of the config's accelerator.
    mixed : bool
        Whether blocks differ: by filter in convolutions, by layer elsewhere.
    layer : tuple of int or None
        Channels and size of the 3 x 3 layer; None for LeNet-5.
    """

    keys: Mapping[str, Any]
    mixed: bool = False
    layer: tuple[int, int] | None = None

    @property
    def title(self) -> str:
        """Its network and its keys, in short."""
        network = (
            "LeNet-5" if self.layer is None else "3 x 3 of {0} on {1} x {1}".format(*self.layer)
        )
        return ", ".join((network, *(f"{name} {value}" for name, value in self.keys.items())))


_LAYERS = ((16, 32), (32, 16), (64, 8))
#: Every number of lanes and of warps; exact and mixed blocks, built in and loaded parameters.
CASES = (
    *(Case({"lanes": lanes}) for lanes in (4, 8, 13, 16, 32)),
    *(Case({"lanes": 8, "warps": warps, "parameters": "loaded"}) for warps in (1, 3, 4, 8)),
    Case({"lanes": 4, "warps": 3}, mixed=True),
    Case({"lanes": 8}, mixed=True),
    Case({"lanes": 13, "warps": 4}, mixed=True),
    Case({"lanes": 16, "parameters": "loaded"}, mixed=True),
    Case({"lanes": 32, "warps": 8}, mixed=True),
    *(Case({"lanes": 16}, layer=layer) for layer in _LAYERS),
    Case({"lanes": 1}),
    Case({"lanes": 1, "warps": 1, "parameters": "loaded"}, mixed=True),
)


def mixed(graph: Graph) -> Assignment:
    """Blocks by filter in convolutions, by layer elsewhere."""
    blocks = [by_name(name) for name in _BLOCKS]
    assignment: dict[str, LayerBlocks] = {}
    nodes = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    for number, node in enumerate(nodes):
        shape = node.weight.shape
        if isinstance(node, Conv2d):
            own = [blocks[index % 2 + 2 * (number % 2)] for index in range(len(node.weight))]
            assignment[node.name] = LayerBlocks.by_filter(own, shape)
        else:
            assignment[node.name] = LayerBlocks.uniform(blocks[1 + number % 3], shape)
    return assignment


def measured(
    case: Case, graph: Graph, images: np.ndarray, simulator: str
) -> tuple[Plan, VerifyResult]:
    """Emit a unit and verify it."""
    made = plan(graph, SimtConfig.model_validate(case.keys), mixed(graph) if case.mixed else None)
    try:
        return made, run_in_verilog(made, images, simulator=simulator).result
    except AcceleratorMismatch as mismatch:
        sys.exit(f"{case.title}: {mismatch}")


def busy(made: Plan, result: VerifyResult, *, convolutions: bool) -> float:
    """Share of lane-cycles in which the network's multiplications are done."""
    layers = [
        layer
        for layer, compiled in zip(result.ledger, made.compiled.layers, strict=False)
        if not convolutions or compiled.operation.output_shape[1] > 1
    ]
    lanes = made.unit.lanes
    return sum(layer.macs for layer in layers) / lanes / sum(layer.cycles for layer in layers)


def record(case: Case, made: Plan, result: VerifyResult) -> Sequence[str]:
    """A line of the table."""
    layers = result.ledger[: len(made.compiled.layers)]
    count = sum(made.timing.instructions.values())
    return (
        case.title,
        "mixed" if case.mixed else "exact",
        str(made.unit.warps),
        str(result.images),
        f"{sum(layer.cycles for layer in layers):,}",
        f"{busy(made, result, convolutions=True):.1%}",
        f"{busy(made, result, convolutions=False):.1%}",
        f"{count / made.cycles().macs:.4f}",
    )


def print_units(images: int, simulator: str, only: str) -> None:
    """Run the units whose titles contain ``only``, and print the table."""
    graph = network("mnist")
    pixels = load_dataset("mnist").test.images[:images]
    table = Table(title="In Verilog; cycles from start to done")
    for name in ("unit", "blocks", "warps", "images, all right", "cycles", "convolutions busy",
                 "all busy", "instructions a MAC"):  # fmt: skip
        table.add_column(name, justify="left" if name in ("unit", "blocks") else "right")
    for case in CASES:
        if only not in case.title:
            continue
        if case.layer is None:
            made, result = measured(case, graph, codes(pixels), simulator)
        else:
            own = convolution(*case.layer)
            sample = random_codes(np.random.default_rng(0), own, 2)
            made, result = measured(case, own, sample, simulator)
        table.add_row(*record(case, made, result))
        print(f"{case.title}: done", flush=True)
    Console(width=160).print(table)
