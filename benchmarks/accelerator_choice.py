"""What is chosen for the keys that a config leaves out, against the rule of thumb and other aims.

    python benchmarks/accelerator_choice.py [--networks digits mnist padded resnet20]

Cycles are exact, energies predicted for generic45, both under exact blocks. ``digits`` and
``mnist`` are the zoo's LeNet-5; ``padded`` is a random network of padded layers; ``resnet20`` has
random weights. Beside the choice (the least energy times delay) stand the least energy and the
fewest cycles of what was planned, and for given rows and columns what the rule of thumb gives.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from emulation_networks import resnet20
from rich.console import Console
from rich.table import Table

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load as load_dataset
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.networks import load as load_network
from hawx_hw.prediction.choice import choose
from hawx_hw.prediction.designs import DesignPredictor
from hawx_hw.quantize.calibration import quantize
from hawx_hw.technology import load

_GIVEN = (
    {"multipliers": 16},
    {"multipliers": 64},
    {"multipliers": 100},
    {"multipliers": 117},
    {"rows": 8, "columns": 8},
    {"rows": 13, "columns": 9},
    {"rows": 16, "columns": 16},
)
_CALIBRATION_IMAGES = 512


def network(name: str) -> Graph:
    """The integer graph of a name."""
    if name == "resnet20":
        return resnet20()
    if name == "padded":
        return random_graph(np.random.default_rng(4), layers=4, max_size=12, max_channels=24)
    data = load_dataset(name)
    images = evenly_spaced(data.train, _CALIBRATION_IMAGES).images
    return quantize(load_network("lenet5", data, None), images, name=name)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Choices of what configs leave out.")
    networks = ["digits", "mnist", "padded", "resnet20"]
    parser.add_argument("--networks", nargs="+", choices=networks, default=networks)
    architecture, technology = ARCHITECTURES["systolic"], load("generic45")
    predictor = DesignPredictor(architecture, technology, [by_name("exact")])
    table = Table(title="energy of an image in nJ; s: slice columns, r: requantizers, w: rows read")
    for heading in ("network", "given", "which", "array", "cycles", "nJ", "us", "uJ us", "CPU s"):
        table.add_column(heading, justify="left" if heading in ("network", "which") else "right")
    for name in parser.parse_args().networks:
        graph = network(name)
        for given in _GIVEN:
            config = SystolicConfig.model_validate(given)
            start = time.process_time()
            choice = choose(graph, config, technology.memories, lambda: predictor)
            seconds = time.process_time() - start
            considered = choice.considered
            rows = {
                "chosen": considered[0],
                "least energy": min(considered, key=lambda each: each.energy_nj),
                "fewest cycles": min(considered, key=lambda each: each.cycles),
            }
            label = ", ".join(f"{key} {value}" for key, value in given.items())
            for which, each in rows.items():
                keys = {**given, **each.numbers, "multipliers": None}
                metrics = each.cycles, each.energy_nj, each.latency_us
                note = f"{seconds:.1f}" if which == "chosen" else ""
                _add(table, name, label, which, SystolicConfig.model_validate(keys), metrics, note)
            if config.multipliers is None:
                made = predictor(architecture.plan(graph, config, {}))
                metrics = made.cycles, made.energy_pj.value / 1000, made.latency_us
                _add(table, name, label, "rule of thumb", config, metrics)
            table.add_section()
    Console().print(table)


def _add(
    table: Table,
    name: str,
    given: str,
    which: str,
    config: SystolicConfig,
    metrics: tuple[int, float, float],
    seconds: str = "",
) -> None:
    """Append an array with its cycles, energy in nJ and delay in us."""
    shape = config.array()
    numbers = f"s{shape.slice_columns} r{shape.requantizers} w{shape.weight_rows}"
    cycles, energy, delay = metrics
    table.add_row(
        name,
        given,
        which,
        f"{shape.rows} x {shape.columns} {numbers}",
        f"{cycles:,}",
        f"{energy:,.0f}",
        f"{delay:,.1f}",
        f"{energy * delay / 1000:,.2f}",
        seconds,
    )


if __name__ == "__main__":
    main()
