"""Mapped accelerators compute what the integer model computes, in its cycles; faults are found."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.netlist.timed import library_delays
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from hawx_hw.verification.accelerator_job import AROUND
from hawx_hw.verification.gate_level import AcceleratorActivity, simulate_accelerator
from tests.search.small import small_graph
from tests.synthetic_blocks import random_assignment

Mapped = tuple[Plan, Netlist, Path]


def mapped(folder: Path, store: Store, seed: int, *, blocks: bool, loadable: bool) -> Mapped:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=2, max_size=5, max_channels=4)
    architecture = ArrayShape.complete(2, 3, loadable=loadable)
    made = plan(graph, architecture, random_assignment(rng, graph) if blocks else None)
    return synthesized(made, folder, store)


def synthesized(made: Plan, folder: Path, store: Store) -> Mapped:
    emit_accelerator(made, folder, config_hash=7)
    names = (folder / "rtl" / "filelist.f").read_text().split()
    sources = {name: (folder / "rtl" / name).read_text() for name in names}
    (design,) = map_designs([(sources, TOP)], load("generic45"), store=store)
    return made, design.netlist, folder / "mem"


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory, shared_store: Store) -> Mapped:
    return mapped(tmp_path_factory.mktemp("built_in"), shared_store, 3, blocks=True, loadable=False)


def images(made: Plan, count: int) -> np.ndarray:
    return random_codes(np.random.default_rng(1), made.graph, count)


def flat(netlist: Netlist) -> FlatNetlist:
    return flatten(netlist)


def test_results_cycles_and_segments(built_in: Mapped) -> None:
    made, netlist, memories = built_in
    shown: list[tuple[int, int | None]] = []
    result = simulate_accelerator(
        flat(netlist), made, memories, images(made, 67), progress=lambda *a: shown.append(a)
    )
    layers = made.cycles().layers
    assert list(result.layers) == [*(layer.name for layer in layers), AROUND]
    for layer in layers:
        assert result.layers[layer.name].cycles == 67 * layer.total
    assert result.total.cycles == 67 * result.cycles
    assert shown[-1] == (2 * result.cycles, 2 * result.cycles)
    assert all(result.layers[layer.name].toggles.sum() > 0 for layer in layers)
    # What images do to an accelerator does not depend on which others run beside them.
    one = simulate_accelerator(flat(netlist), made, memories, images(made, 67)[:1])
    again = simulate_accelerator(flat(netlist), made, memories, images(made, 67)[1:])
    np.testing.assert_array_equal((one.total + again.total).toggles, result.total.toggles)
    reads = sum(r for r, _ in result.total.accesses.values())
    assert reads == sum(r for r, _ in (one.total + again.total).accesses.values()) > 0


@pytest.mark.parametrize(
    ("graph", "requantizers", "loadable"),
    [
        # Two average poolings, a convolution with padding, an addition, a linear layer; slices of
        # two words of sums.
        (random_graph(np.random.default_rng(22), layers=4, max_size=4, max_channels=3), 1, False),
        # Maximum pooling in the array; slices of a single word of sums; loaded parameters.
        (small_graph(), 2, True),
    ],
)
def test_accesses_are_those_of_the_plan(
    graph: Graph, requantizers: int, loadable: bool, tmp_path: Path, shared_store: Store
) -> None:
    shape = ArrayShape.complete(2, 4, slice_columns=2, requantizers=requantizers, loadable=loadable)
    made, netlist, memories = synthesized(plan(graph, shape), tmp_path, shared_store)
    result = simulate_accelerator(flat(netlist), made, memories, images(made, 1))
    measured: Counter[str] = Counter()
    for path, (reads, writes) in result.total.accesses.items():
        part, *below = path.split("/")[:-1]
        if part == "core":
            name = below[-1] if below[-1].startswith(("taps", "weights")) else stem(below[-1])
            measured += Counter({f"{name} reads": reads, f"{name} writes": writes})
    # The third and the fourth are the shell's.
    activations, accumulators, _, _, *parameters = made.accesses()
    names = ["activations", "accumulators", *(memory.name for memory in made.memories())]
    planned: Counter[str] = Counter()
    for name, use in zip(names, [activations, accumulators, *parameters], strict=True):
        own = {f"{name} reads": use.reads * use.count, f"{name} writes": use.writes * use.count}
        planned += Counter(own)
    assert planned == measured


def stem(name: str) -> str:
    """The name without its number."""
    return name.rstrip("0123456789").rstrip("_")


def test_a_fault_in_a_gate_is_found(built_in: Mapped) -> None:
    made, netlist, memories = built_in
    name = next(n for n in netlist.modules if n.startswith("hawx_pe"))
    module = netlist.modules[name]
    instances = list(module.instances)
    for index, instance in enumerate(instances):
        if instance.kind == "XOR2":
            swapped = replace(instance, kind="XNOR2", pins=_renamed(instance.pins))
            instances[index] = swapped
            break
    broken = {**netlist.modules, name: replace(module, instances=instances)}
    with pytest.raises(VerificationError, match="computes another result"):
        simulate_accelerator(
            flat(replace(netlist, modules=broken)), made, memories, images(made, 8)
        )


def _renamed(pins: dict[str, list[int | str]]) -> dict[str, list[int | str]]:
    return {{"Z": "ZN"}.get(pin, pin): nets for pin, nets in pins.items()}


def test_missing_memory_file(built_in: Mapped, tmp_path: Path) -> None:
    made, netlist, _ = built_in
    with pytest.raises(UserError, match="A memory's contents cannot be read"):
        simulate_accelerator(flat(netlist), made, tmp_path, images(made, 1))


def test_no_image(built_in: Mapped) -> None:
    made, netlist, memories = built_in
    with pytest.raises(ValueError, match="at least one, not none"):
        simulate_accelerator(flat(netlist), made, memories, images(made, 0))


def test_glitches_change_no_result(built_in: Mapped) -> None:
    made, netlist, memories = built_in
    cells = flat(netlist)
    quiet = simulate_accelerator(cells, made, memories, images(made, 3))
    timed = simulate_accelerator(
        cells, made, memories, images(made, 3), delays=library_delays(cells)
    )
    assert not quiet.timed and list(timed.timed) == list(quiet.layers)
    assert_same(timed, quiet)
    pulses = 0
    for name, groups in timed.timed.items():
        # All cycles are timed.
        activity, whole = quiet.layers[name], reduce(add, groups)
        assert whole.settled.cycles == whole.pulses.cycles == activity.cycles
        for each in (whole.settled, whole.pulses):
            assert np.array_equal(each.ones, activity.ones)
        assert np.array_equal(whole.settled.toggles, activity.toggles)
        more = whole.pulses.toggles - activity.toggles
        assert np.all(more >= 0) and np.all(more % 2 == 0)
        pulses += int(more.sum())
    assert pulses > 0


def test_some_cycles_with_delays_amid_the_others(built_in: Mapped) -> None:
    made, netlist, memories = built_in
    cells = flat(netlist)
    quiet = simulate_accelerator(cells, made, memories, images(made, 66))
    timed = simulate_accelerator(
        cells, made, memories, images(made, 66), delays=library_delays(cells), timed_cycles=60
    )
    assert_same(timed, quiet)
    counts = []
    for name, groups in timed.timed.items():
        assert len(groups) == 8
        each = [group.settled.cycles for group in groups]
        # As many of every image, and by turns in each of the groups.
        assert not any(count % 66 for count in each)
        assert max(each) - min(each) <= 2 * 66
        counts.append(sum(each) // 66)
        whole = reduce(add, groups)
        assert np.all(whole.settled.toggles <= quiet.layers[name].toggles)
        assert np.all(whole.pulses.toggles >= whole.settled.toggles)
        assert 2 <= counts[-1] <= quiet.layers[name].cycles // 66
    assert sum(counts) == pytest.approx(60, abs=2)


def assert_same(timed: AcceleratorActivity, quiet: AcceleratorActivity) -> None:
    """What is counted without glitches does not depend on which cycles are timed."""
    assert list(timed.layers) == list(quiet.layers)
    for name, activity in timed.layers.items():
        assert activity.cycles == quiet.layers[name].cycles
        assert np.array_equal(activity.ones, quiet.layers[name].ones)
        assert np.array_equal(activity.toggles, quiet.layers[name].toggles)
        assert activity.accesses == quiet.layers[name].accesses
