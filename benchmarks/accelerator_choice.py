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
from collections.abc import Sequence

import numpy as np
from emulation_networks import resnet20

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load as load_dataset
from hawx_hw.datasets.roles import roles
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.networks import load as load_network
from hawx_hw.prediction.choice import choose
from hawx_hw.prediction.choice_result import ConsideredAccelerator
from hawx_hw.prediction.designs import DesignPredictor
from hawx_hw.quantize.calibration import quantize
from hawx_hw.technology import load
from hawx_hw.util.tables import print_table

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
    images = roles(data).proposing(_CALIBRATION_IMAGES).images
    return quantize(load_network("lenet5", data, None), images, name=name)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Choices of what configs leave out.")
    networks = ["digits", "mnist", "padded", "resnet20"]
    parser.add_argument("--networks", nargs="+", choices=networks, default=networks)
    architecture, technology = ARCHITECTURES["systolic"], load("generic45")
    predictor = DesignPredictor(architecture, technology, [by_name("exact")])
    lines = []
    for name in parser.parse_args().networks:
        graph = network(name)
        for given in _GIVEN:
            config = SystolicConfig.model_validate(given)
            label = ", ".join(f"{key} {value}" for key, value in given.items())
            start = time.process_time()
            choice = choose(graph, config, technology.memories, lambda: predictor)
            seconds = f"{time.process_time() - start:.1f}"
            for which, each in _shown(choice.considered):
                keys = {**given, **each.numbers, "multipliers": None}
                metrics = each.cycles, each.energy_nj, each.latency_us
                array = SystolicConfig.model_validate(keys)
                note = seconds if which == "chosen" else ""
                lines.append((name, label, which, *_line(array, metrics), note))
            if config.multipliers is None:
                made = predictor(architecture.plan(graph, config, {}))
                metrics = made.cycles, made.energy_pj.value / 1000, made.latency_us
                lines.append((name, label, "rule of thumb", *_line(config, metrics), ""))
    print("s: slice columns, r: requantizers, w: rows of weights read in a cycle")
    heading = ("network", "given", "which", "array", "cycles", "nJ", "us", "uJ us", "CPU s")
    print_table(heading, lines, numbers=True)


def _shown(
    considered: Sequence[ConsideredAccelerator],
) -> tuple[tuple[str, ConsideredAccelerator], ...]:
    """The choice, and the best by other aims of what was planned."""
    return (
        ("chosen", considered[0]),
        ("least energy", min(considered, key=lambda each: each.energy_nj)),
        ("fewest cycles", min(considered, key=lambda each: each.cycles)),
    )


def _line(config: SystolicConfig, metrics: tuple[int, float, float]) -> tuple[str, ...]:
    """An array with its cycles, energy in nJ and delay in us."""
    shape = config.array()
    numbers = f"s{shape.slice_columns} r{shape.requantizers} w{shape.weight_rows}"
    cycles, energy, delay = metrics
    return (
        f"{shape.rows} x {shape.columns} {numbers}",
        f"{cycles:,}",
        f"{energy:,.0f}",
        f"{delay:,.1f}",
        f"{energy * delay / 1000:,.2f}",
    )


if __name__ == "__main__":
    main()
