"""The listing of a network's program: sums, places, and the source that it becomes."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.disassembler import disassemble
from hawx_hw.architectures.simt.listing import listing, listing_text, remarks
from hawx_hw.architectures.simt.memories import parameter_memories
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.architectures.simt.simulator import simulate
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import lenet5, random_plan

ADDRESSES = {"layer 0": 0, "layer 1": 24, "layer 2": 57, "layer 3": 72, "layer 4": 93}


def contents(program) -> list[tuple[str, int, int, tuple[int, ...]]]:
    return [(m.name, m.width, m.depth, tuple(m.words)) for m in parameter_memories(program, 2)]


@pytest.mark.parametrize("seed", range(12))
def test_cycles_are_those_of_the_simulator(seed: int) -> None:
    made = random_plan(seed)
    outcome = simulate(made.program)
    entries = listing(made)
    assert [entry.word for entry in entries] == list(made.program.code)
    # A warp's instructions take all cycles until it halts.
    last = {each.warp: each.cycle for each in outcome.retirements}
    assert sum(entry.cycles for entry in entries) == sum(last.values()) + made.unit.warps
    for entry in entries:
        ended = [each for each in outcome.retirements if each.pc == entry.address]
        assert entry.runs == len(ended)
        assert entry.share == pytest.approx(
            entry.cycles / (made.unit.warps * made.timing.cycles), rel=1e-12
        )
        assert (entry.walk > 0) == (bool(entry.engine) and entry.runs > 0)
    walks = sum(entry.walk for entry in entries if entry.engine == "multiply")
    causes = [layer.causes for layer in made.timing.layers]
    assert walks == pytest.approx(
        sum(c["useful"] + c["idle_lanes"] + c["stretched"] + c["moving"] for c in causes)
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_source_has_the_same_memories(seed: int) -> None:
    made = random_plan(seed)
    text = disassemble(made.program, comments=remarks(listing(made)))
    assert "; layer 0: " in text
    assert contents(assemble(text)) == contents(made.program)


def test_a_single_item_is_in_no_loop() -> None:
    network = convolution(np.random.default_rng(0), (4, 3, 3), 4, (3, 3))
    entries = listing(plan(network, SimtConfig(lanes=4, warps=1)))
    assert {entry.loops for entry in entries} == {()}
    assert entries[0].kernel == "convolution: 1 tile of 4 lanes, 1 line of 1 window"


@pytest.fixture(scope="module")
def lenet() -> Plan:
    return plan(lenet5(), SimtConfig(lanes=8))


def test_lenet5(lenet: Plan) -> None:
    entries = listing(lenet)
    lines = list(listing_text(lenet, entries))
    assert lines[0].split()[:2] == ["address", "word"]
    assert f"; layer 0: conv1 + pool1, {lenet.timing.layers[0].end} cycles" in lines
    assert ";   convolution: 1 tile of 6 lanes, 14 lines of 14 windows" in lines
    (multiplies,) = (line for line in lines if "MAC.z   v0, s4, 0 @p1" in line)
    assert multiplies.split()[:3] == ["15", "c0810100", "98"]
    assert "items/tiles" in multiplies
    assert lines[-3].startswith(f"{lenet.timing.cycles} cycles of 2 warps")
    # Loops repeat the work of their layer only.
    starts = {line.split(":")[0]: at for at, each in remarks(entries).items() for line in each}
    assert {key: starts[key] for key in ADDRESSES} == ADDRESSES
    assert [entry.loops for entry in entries if entry.text == "REL"] == [("release",)]
