"""A design that is built for its numbers: those of one that is emitted, mapped and measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from hawx_hw.verification.measured_design import measure_design
from hawx_hw.verification.power import measure_power


def test_the_numbers_are_those_of_the_steps(tmp_path: Path, shared_store: Store) -> None:
    technology, rng = load("generic45"), np.random.default_rng(3)
    graph = random_graph(rng, layers=1, max_size=4, max_channels=3)
    made, images = plan(graph, ArrayShape.complete(2, 2)), random_codes(rng, graph, 3)
    # The design of test_power.py.
    measured = measure_design(
        made, images, technology, implementations={},
        clock_mhz=300.0, clock_gating=False, glitch_cycles=9, store=shared_store,
    )  # fmt: skip
    emit_accelerator(made, tmp_path, config_hash=0)
    names = (tmp_path / "rtl" / "filelist.f").read_text().split()
    sources = {name: (tmp_path / "rtl" / name).read_text() for name in names}
    (mapped,) = map_designs([(sources, TOP)], technology, store=shared_store)
    path, delays = longest_path(mapped.flat)
    power = measure_power(
        mapped.flat, made, tmp_path / "mem", images, technology,
        longest_path_ns=path.delay, clock_mhz=300.0, clock_gating=False, glitch_cycles=9,
    )  # fmt: skip
    assert measured.power == power
    assert (measured.longest_path, measured.delays) == (path, delays)
    assert measured.mapped.netlist.report() == mapped.netlist.report()
