# amaranth: UnusedElaboratable=no
"""The multiply engine against the simulator: registers, and the cycle of each begin and end."""

from __future__ import annotations

import functools
import random
from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware.activation_feed import windows_of
from hawx_hw.architectures.simt.gateware.multiply_engine import MultiplyEngine
from hawx_hw.architectures.simt.isa import INSTRUCTIONS
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks import by_name
from hawx_hw.gateware.hierarchy import Emission
from tests.architectures.simt.gateware.engines import (
    Job,
    random_job,
    reference,
    run_job,
    with_fault,
)
from tests.architectures.simt.programs import random_unit

UNITS = {
    "1": Unit(lanes=1, warps=3, registers=3, taps=3),
    "3": Unit(lanes=3, cluster=1, warps=2, registers=8, block_register=True),
    "4": Unit(lanes=4, cluster=4, word=2, warps=4, registers=16, taps=4, register_bits=16),
    "8": Unit(lanes=8, warps=2, block_register=True),
    "13": Unit(lanes=13, warps=2, registers=5, scalar_bits=12, activation_words=64),
    "16": Unit(lanes=16, cluster=4, warps=3, registers=8, activation_words=130),
}


@functools.cache
def job(lanes: str) -> Job:
    return random_job(int(lanes), UNITS[lanes], 10)


@pytest.mark.parametrize("lanes", UNITS)
def test_random_instructions(lanes: str) -> None:
    expected, result = reference(job(lanes)), run_job(job(lanes))
    assert result.cycles == expected.cycles
    np.testing.assert_array_equal(result.registers, expected.registers)
    assert result.fault is None


@pytest.mark.parametrize(
    ("lanes", "mnemonics", "masked"),
    [("8", "MAC", False), ("4", "MAC", True), ("3", "MACW RADD", False), ("4", "LDV RMAX", True)],
)
def test_a_unit_with_few_instructions(lanes: str, mnemonics: str, masked: bool) -> None:
    names = tuple(n for n in INSTRUCTIONS if n.partition(".")[0] in mnemonics.split())
    unit = replace(UNITS[lanes], instructions=names, predicates=int(masked))
    every = random_job(int(lanes), unit, 30)
    whole = np.ones(unit.lanes, dtype=bool)
    works = tuple(
        work if masked else replace(work, mask=whole)
        for work in every.works
        if work.instruction.mnemonic in mnemonics.split()
    )
    assert {work.instruction.mnemonic for work in works} == set(mnemonics.split())
    sample = replace(every, works=works[:8])
    expected, result = reference(sample), run_job(sample)
    assert result.cycles == expected.cycles
    np.testing.assert_array_equal(result.registers, expected.registers)


def few_words(seed: int, unit: Unit) -> Job:
    """Works whose runs read up to two words, some of them with pixel groups."""
    every = random_job(seed, unit, 40)
    streams = every.program.streams
    works = [work for work in every.works if streams[work.instruction.d].words <= 2]
    works = [
        replace(work, instruction=replace(work.instruction, d=number))
        for number, work in enumerate(works)
    ]
    own = tuple(s for s in streams if s.words <= 2)
    return replace(every, program=replace(every.program, streams=own), works=tuple(works))


@pytest.mark.parametrize("seed", [2, 4])
def test_groups_whose_runs_read_two_words(seed: int) -> None:
    unit = Unit(lanes=6, cluster=2, warps=2, registers=6)
    sample = few_words(seed, unit)
    format = StreamFormat.of(sample.program.streams, unit)
    assert windows_of(unit, format) == (3, 1)
    assert any(s.words == 2 and s.groups > 1 for s in sample.program.streams)
    expected, result = reference(sample), run_job(sample)
    assert result.cycles == expected.cycles
    np.testing.assert_array_equal(result.registers, expected.registers)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_many_groups_whose_runs_read_two_words(seed: int) -> None:
    rng = random.Random(seed)
    lanes, cluster = rng.choice([(2, 1), (4, 2), (6, 2), (6, 1), (8, 4), (16, 4)])
    sample = few_words(100 + seed, Unit(lanes=lanes, cluster=cluster, registers=6))
    expected, result = reference(sample), run_job(sample)
    assert result.cycles == expected.cycles
    np.testing.assert_array_equal(result.registers, expected.registers)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_many_random_instructions(seed: int) -> None:
    unit = random_unit(random.Random(seed))
    sample = random_job(seed, unit, 12)
    expected, result = reference(sample), run_job(sample)
    assert result.cycles == expected.cycles
    np.testing.assert_array_equal(result.registers, expected.registers)


def check_faults(seed: int, unit: Unit) -> int | None:
    """Compare up to the trap and what goes on after it; returns the cause."""
    sample = with_fault(random_job(seed, unit, 4), seed)
    expected, result = reference(sample), run_job(sample)
    assert result.cycles == expected.cycles
    assert result.fault == expected.fault
    # Registers of the warp that traps are undefined.
    sound = [
        warp for warp in range(unit.warps) if expected.fault is None or warp != expected.fault[2]
    ]
    np.testing.assert_array_equal(result.registers[sound], expected.registers[sound])
    return expected.fault and expected.fault[1]


@pytest.mark.parametrize(
    ("seed", "cause"),
    [
        (21, Cause.TAPS),
        (8, Cause.BEATS),
        (14, Cause.SELECTION),
        (85, Cause.WINDOW),
        (52, Cause.ACTIVATION),
        (55, Cause.WEIGHT),
    ],
)
def test_faults(seed: int, cause: Cause) -> None:
    assert check_faults(seed, random_unit(random.Random(seed))) == cause


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_faults(seed: int) -> None:
    check_faults(seed, random_unit(random.Random(seed)))


def test_the_sample_has_everything() -> None:
    """The instructions that the tests above run have every operation, shape and mask."""
    works = [(job(lanes).program, work) for lanes in UNITS for work in job(lanes).works]
    streams = [(program.unit, program.streams[work.instruction.d]) for program, work in works]
    assert {work.instruction.mnemonic for _, work in works} == {
        "MAC", "MACW", "LDV", "RADD", "RMAX"
    }  # fmt: skip
    assert {work.instruction.fn for _, work in works} == {0, 1}
    assert {bool(work.instruction.sel) for _, work in works} == {False, True}
    assert {bool(work.mask.all()) for _, work in works} == {False, True}
    beats = {work.scalars[4] for _, work in works}
    assert {1, 2, 3} <= beats
    assert any(
        work.scalars[4] * stream.window == unit.registers
        for (_, work), (unit, stream) in zip(works, streams, strict=True)
    )
    assert any(stream.groups > 1 and stream.words > 1 for _, stream in streams)
    assert any(stream.taps < stream.words for _, stream in streams)
    assert any(stream.taps > stream.words > 1 for _, stream in streams)
    assert {bool(stream.width) for _, stream in streams} == {False, True}
    assert any(
        1 < work.scalars[4] * stream.window < 4 and stream.run == 1 and stream.positions > 1
        for (_, work), (_, stream) in zip(works, streams, strict=True)
    )


def single(unit: Unit, stream: Stream, works: int) -> Job:
    """The same MAC.z of a stream several times, warp after warp, from place 0 with two beats."""
    base = random_job(0, unit, 1)
    instruction = replace(base.works[0].instruction, mnemonic="MAC", v=0, rs=4, sel=0, fn=1, d=0)
    work = replace(base.works[0], instruction=instruction, scalars=(0, 0, 0, 0, 2))
    count = stream.positions * stream.taps
    weights = np.random.default_rng(0).integers(-128, 128, (count, unit.lanes), np.int8)
    program = replace(base.program, streams=(stream,), weights=weights)
    made = tuple(replace(work, warp=number % unit.warps, wait=0) for number in range(works))
    return replace(base, program=program, works=made)


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_fault_in_the_last_steps(after: int) -> None:
    """The next instruction has begun when it is known, and goes on to its end."""
    unit = Unit(lanes=2, warps=2, registers=4, activation_words=50)
    sample = single(unit, Stream(kernel_x=after, kernel_x_step=1), 2)
    # The first of so many steps faults.
    scalars = [(unit.address(100), 0, 0, 0, 1), (0, 0, 0, 0, 1)]
    works = [replace(work, scalars=own) for work, own in zip(sample.works, scalars, strict=True)]
    sample = replace(sample, works=tuple(works))
    expected, result = reference(sample), run_job(sample)
    assert expected.fault is not None
    assert len(expected.cycles) == (2 if after <= 3 else 1)
    assert result.cycles == expected.cycles
    assert result.fault == expected.fault
    np.testing.assert_array_equal(result.registers[1], expected.registers[1])


def test_without_weights_there_is_nothing_to_multiply() -> None:
    sample = single(Unit(lanes=2, warps=2), Stream(), 1)
    program = replace(sample.program, weights=np.zeros((0, 2), np.int8))
    sample = replace(sample, program=program)
    expected, result = reference(sample), run_job(sample)
    assert result.cycles == expected.cycles
    assert result.fault == expected.fault
    assert expected.fault is not None
    assert expected.fault[1] == Cause.WEIGHT


CORNERS = [(-1, -1), (3, -1), (-1, 2), (3, 2), (9, 0), (0, 9), (0, 0)]


def test_edges_in_all_corners() -> None:
    """A kernel of 3 x 3 over a map of 5 x 4: what lies beyond it is the padding."""
    unit = Unit(lanes=4, warps=2, registers=2, activation_words=64)
    stream = Stream(
        taps=4, tap_step=1, kernel_x=3, kernel_x_step=4, kernel_x_x=1, kernel_y=3,
        kernel_y_step=20, kernel_y_y=1, beat_step=4, beat_x=1, width=5, height=4, pad=-77,
    )  # fmt: skip
    sample = single(unit, stream, len(CORNERS))
    modulus = 1 << unit.scalar_bits
    works = [
        replace(work, scalars=(100 + 20 * y + 4 * x, x % modulus, y % modulus, 0, 2))
        for work, (x, y) in zip(sample.works, CORNERS, strict=True)
    ]
    sample = replace(sample, works=tuple(works))
    expected, result = reference(sample), run_job(sample)
    assert expected.fault is None
    assert result.cycles == expected.cycles
    np.testing.assert_array_equal(result.registers, expected.registers)


def test_words_are_read_once() -> None:
    """Windows of 5 x 5 over a packed map of lines of two words: few words for many taps."""
    unit = Unit(lanes=8, warps=1, registers=8)
    stream = Stream(
        taps=5, tap_step=1, across=2, across_step=1, beat_step=2, down=2, down_step=16,
        kernel_y=5, kernel_y_step=16, words=2, word_step=8,
    )  # fmt: skip
    sample = single(unit, stream, 1)
    sample = replace(sample, works=(replace(sample.works[0], scalars=(2, 0, 0, 0, 2)),))
    result = run_job(sample)
    assert result.cycles == reference(sample).cycles
    # 200 taps in 40 runs, each of two words, of six lines: each word of a line is read once.
    assert result.reads == 12


def test_equal_parts_are_one_module() -> None:
    unit = Unit(lanes=4, cluster=2)
    streams = (Stream(groups=2, group_step=2, words=2, word_step=2, width=3), Stream(taps=2))
    blocks = (by_name("exact"), by_name("drum(3)"))

    def modules(choice: list[list[int]]) -> list[str]:
        engine = MultiplyEngine(
            unit,
            StreamFormat.of(streams, unit),
            LaneBlocks(blocks, np.array(choice)),
            streams=2,
            weights=9,
        )
        emission = Emission()
        emission.define("engine", engine)
        return [name for name in emission.modules if not name.startswith("hawx_block")]

    assert modules([[0, 0, 0, 0]]) == [
        "hawx_walker", "hawx_weight_buffer", "hawx_weight_feed", "hawx_group_walker",
        "hawx_activation_window", "hawx_activation_feed", "hawx_lane_exact", "hawx_cluster",
        "hawx_lane_array", "hawx_stream_faults", "engine",
    ]  # fmt: skip
    names = modules([[0, 0, 0, 0], [0, 0, 1, 1]])
    assert [name for name in names if "cluster" in name] == ["hawx_cluster_0", "hawx_cluster_1"]
