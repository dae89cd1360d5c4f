"""LeNet-5 on SIMT units as Verilog: results, and cycles from start to done.

    python benchmarks/simt_rtl.py [--images N] [--simulator NAME] [--only TEXT]

The network is LeNet-5 on MNIST; the images are the first of its test set. Every unit is emitted,
compiled with Verilator and run with all scenarios of the testbench (stalls, images back to back,
reset, wrong packets): results and every stored word must be those of the integer model, and the
cycles of every layer those of the cycle model, else the benchmark ends. "Busy" is the network's
multiplications by those that the lanes could do in these cycles; lanes without a filter and groups
without a pixel count as idle. A minute a unit; the unit of one lane takes some minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from accelerator_choice import network
from rich.console import Console
from rich.table import Table

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load as load_dataset
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.graph.pixels import codes
from hawx_hw.verification.accelerator_job import verify_accelerator
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
    """

    keys: Mapping[str, Any]
    mixed: bool = False

    @property
    def title(self) -> str:
        """Its keys, in short."""
        return ", ".join(f"{name} {value}" for name, value in self.keys.items())


#: Every number of lanes and of warps; exact and mixed blocks, built in and loaded parameters.
CASES = (
    *(Case({"lanes": lanes}) for lanes in (4, 8, 13, 16, 32)),
    *(Case({"lanes": 8, "warps": warps, "parameters": "loaded"}) for warps in (1, 3, 4, 8)),
    Case({"lanes": 4, "warps": 3}, mixed=True),
    Case({"lanes": 8}, mixed=True),
    Case({"lanes": 13, "warps": 4}, mixed=True),
    Case({"lanes": 16, "parameters": "loaded"}, mixed=True),
    Case({"lanes": 32, "warps": 8}, mixed=True),
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
    with tempfile.TemporaryDirectory(prefix="hawx-simt-") as name:
        folder = Path(name)
        emit_accelerator(made, folder / "accelerator", config_hash=0)
        result = verify_accelerator(
            folder / "accelerator",
            made,
            images,
            config_hash=0,
            traced=1,
            simulator=simulator,
            workdir=folder / "work",
            seed=0,
        )
    if result.mismatches or result.cycles_per_image != result.cycles_predicted:
        sys.exit(f"{case.title}: {result.mismatches} mismatches, {result.cycles_per_image} cycles "
                 f"instead of {result.cycles_predicted}")  # fmt: skip
    return made, result


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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--simulator", default="verilator")
    parser.add_argument("--only", default="", help="units whose title contains this")
    options = parser.parse_args()
    graph = network("mnist")
    pixels = load_dataset("mnist").test.images[: options.images]
    images = codes(pixels)
    table = Table(title="LeNet-5 on MNIST, in Verilog; cycles from start to done")
    for name in ("unit", "blocks", "warps", "images, all right", "cycles", "convolutions busy",
                 "all busy", "instructions a MAC"):  # fmt: skip
        table.add_column(name, justify="left" if name in ("unit", "blocks") else "right")
    for case in CASES:
        if options.only in case.title:
            table.add_row(*record(case, *measured(case, graph, images, options.simulator)))
            print(f"{case.title}: done", flush=True)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
