"""Whole residual networks in Verilog: every stored code and every cycle, and how long it takes.

    python benchmarks/networks_rtl.py [--images N] [--traced N] [--only TEXT] [--scenarios all]
        [--mixed] [--parameters loaded] [--resnet8 FILE] [--resnet20 FILE]

ResNet-8 and ResNet-20 for CIFAR-10 (residual additions, shortcuts of stride 2, average of the whole
map) on systolic arrays of 8 x 8 and 16 x 16 and on a SIMT unit of 16 lanes. Weights and images are
random; ``--resnet8`` and ``--resnet20`` name a trained network instead, a checkpoint of the zoo's
(that of akamaster's ResNet-20 among them), or a file of a network that a config may name; images
are then those of CIFAR-10's test set. ``--mixed`` gives the filters of each layer different blocks.
``--only`` runs what has the text in its network or its accelerator.

Every accelerator is emitted, compiled and simulated as ``hawx verify`` does. Each image's result
and the cycles from its first byte to its last are compared, for the first ``--traced`` images also
every code that any layer stores and the cycles of each layer; a difference ends the benchmark.
``--scenarios all`` runs all that ``hawx verify`` runs, with stalls, wrong packets and resets, which
are some twenty inferences more.
"""

from __future__ import annotations

import argparse
import functools
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from emulation_networks import resnet
from simt_rtl import mixed
from verilog_runs import VerilogRun, run_in_verilog

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.config.zoo import MODEL_FILES
from hawx_hw.datasets import load as load_dataset
from hawx_hw.datasets.roles import roles
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.importing.sources import Request
from hawx_hw.importing.sources import load as load_network
from hawx_hw.quantize.calibration import quantize_layers
from hawx_hw.util.tables import print_table
from hawx_hw.verification.accelerator_job import AcceleratorMismatch

#: Residual blocks of each stage.
NETWORKS: Mapping[str, int] = {"resnet8": 1, "resnet20": 3}
ACCELERATORS: Mapping[str, Mapping[str, Any]] = {
    "systolic 8 x 8": {"architecture": "systolic", "rows": 8, "columns": 8},
    "systolic 16 x 16": {"architecture": "systolic", "rows": 16, "columns": 16},
    "SIMT 16 lanes": {"architecture": "simt", "lanes": 16},
}
HEADING = ("network", "accelerator", "blocks", "cycles predicted", "measured", "images equal",
           "codes equal", "activation words", "parameter words", "emit, s", "compile, s",
           "simulate, s", "CPU, s")  # fmt: skip
_CALIBRATION = 512


@dataclass(frozen=True)
class Case:
    """A network on an accelerator.

    Parameters
    ----------
    network : str
    accelerator : str
        One of :data:`ACCELERATORS`.
    graph : Graph
    images : ndarray of int8
        Input codes.
    """

    network: str
    accelerator: str
    graph: Graph
    images: np.ndarray

    @property
    def title(self) -> str:
        """Both names."""
        return f"{self.network}, {self.accelerator}"

    def plan(self, *, blocks: bool, parameters: str) -> Plan:
        """The network on the accelerator.

        Parameters
        ----------
        blocks : bool
            Whether filters have different blocks.
        parameters : str
            ``rom`` or ``loaded``.
        """
        keys = ACCELERATORS[self.accelerator]
        architecture = ARCHITECTURES[keys["architecture"]]
        config: AcceleratorConfig = architecture.config.model_validate(
            {**keys, "parameters": parameters}
        )
        return architecture.plan(self.graph, config, mixed(self.graph) if blocks else {})


def random_network(blocks: int, images: int) -> tuple[Graph, np.ndarray]:
    """A network with random weights, and random images."""
    graph = resnet(blocks)
    return graph, random_codes(np.random.default_rng(0), graph, images)


def trained_network(model: str, file: Path, images: int) -> tuple[Graph, np.ndarray]:
    """A trained network, and the first test images.

    Parameters
    ----------
    model : str
        Its name in the zoo.
    file : Path
        Its checkpoint, or a file of a whole network.
    images : int
    """
    data = load_dataset("cifar10")
    calibration = roles(data).proposing(_CALIBRATION).images
    own = file.suffix in MODEL_FILES
    request = Request(str(file), Path()) if own else Request(model, Path(), file)
    network = load_network(request, data, calibration)
    graph = quantize_layers(network.layers, calibration, name=model)
    return graph, graph.codes(data.test.images[:images])


def cases(only: str, makers: Mapping[str, Callable[[], tuple[Graph, np.ndarray]]]) -> list[Case]:
    """Every network on every accelerator, of those that have ``only`` in one of their names."""
    result = []
    for network, make in makers.items():
        names = [name for name in ACCELERATORS if only in network or only in name]
        if names:
            graph, images = make()
            result += [Case(network, name, graph, images) for name in names]
    return result


def record(case: Case, plan: Plan, run: VerilogRun) -> Sequence[str]:
    """A line of the table."""
    activations = [use for use in plan.accesses() if use.use == "activation"]
    return (
        case.network,
        case.accelerator,
        "mixed" if len(plan.blocks) > 1 else plan.blocks[0].name,
        f"{run.result.cycles_predicted:,}",
        "-" if run.result.cycles_per_image is None else f"{run.result.cycles_per_image:,}",
        f"{run.result.images} of {len(case.images)}",
        f"{run.codes:,}",
        " + ".join(f"{use.count} x {use.depth:,} x {use.width} b" for use in activations),
        f"{sum(memory.depth for memory in plan.memories()):,}",
        f"{run.emit_seconds:.0f}",
        f"{run.compile_seconds:.0f}",
        f"{run.simulate_seconds:.0f}",
        f"{run.cpu_seconds:.0f}",
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--traced", type=int, help="left out: all images")
    parser.add_argument("--only", default="", help="networks or accelerators with this in the name")
    parser.add_argument("--simulator", default="verilator")
    parser.add_argument("--scenarios", choices=("inference", "all"), default="inference")
    parser.add_argument("--parameters", choices=("rom", "loaded"), default="rom")
    parser.add_argument("--mixed", action="store_true", help="different blocks in each layer")
    for name in NETWORKS:
        parser.add_argument(f"--{name}", type=Path, help="a trained network, on real images")
    options = parser.parse_args()
    makers: dict[str, Callable[[], tuple[Graph, np.ndarray]]] = {}
    for name, blocks in NETWORKS.items():
        makers[name] = functools.partial(random_network, blocks, options.images)
        if (file := getattr(options, name)) is not None:
            makers[name] = functools.partial(trained_network, name, file, options.images)
    lines = []
    for case in cases(options.only, makers):
        plan = case.plan(blocks=options.mixed, parameters=options.parameters)
        try:
            run = run_in_verilog(
                plan,
                case.images,
                simulator=options.simulator,
                traced=options.images if options.traced is None else options.traced,
                scenarios=None if options.scenarios == "all" else ("inference",),
            )
        except AcceleratorMismatch as mismatch:
            sys.exit(f"{case.title}: {mismatch}")
        lines.append(record(case, plan, run))
        print(f"{case.title}: done", flush=True)
    print_table(HEADING, lines, numbers=True)
    for who, what in (("this program", resource.RUSAGE_SELF), ("tools", resource.RUSAGE_CHILDREN)):
        print(f"Peak memory of {who}: {resource.getrusage(what).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
