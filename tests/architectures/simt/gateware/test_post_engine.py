"""The post engine against the simulator, and against the graph's rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.simt.descriptors import Store
from hawx_hw.architectures.simt.gateware.post_engine import requantizer_format
from hawx_hw.architectures.simt.isa import Instruction
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.store_words import StoreFormat
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.registry import by_name
from hawx_hw.graph.graph import Requantization
from hawx_hw.graph.reference import requantize
from tests.architectures.simt.gateware.post_engines import (
    Job,
    Work,
    check,
    random_job,
    registers_of,
)

SMALL = {"activation_words": 64, "result_words": 16, "warps": 2}
UNITS = {
    "1": Unit(lanes=1, **SMALL),
    "3, Q 2": Unit(lanes=3, requantizers=2, register_bits=16, scalar_bits=12, **SMALL),
    "8": Unit(lanes=8, **SMALL),
    "10, L 5, Q 4": Unit(lanes=10, cluster=5, requantizers=4, addend_bits=40, **SMALL),
    "12, L 3, Q 3": Unit(lanes=12, cluster=3, requantizers=3, registers=16, **SMALL),
    "16, L 8, Q 1": Unit(lanes=16, cluster=8, registers=32, product_bits=64, **SMALL),
}


@pytest.mark.parametrize("unit", UNITS)
def test_random_instructions(unit: str) -> None:
    assert not check(random_job(len(unit), UNITS[unit], 7)).faults


@pytest.mark.parametrize(
    "names", [("QST", "QST.max"), ("QST.sum",), ("STV",), ("QST.max", "STV")], ids=len
)
def test_a_unit_with_few_instructions(names: tuple[str, ...]) -> None:
    unit = replace(UNITS["8"], instructions=names)
    every = random_job(len(names), unit, 24)
    works = tuple(work for work in every.works if work.instruction.name in names)
    assert {work.instruction.name for work in works} == set(names)
    assert not check(replace(every, works=works[:8])).faults


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_many_random_instructions(seed: int) -> None:
    check(random_job(seed, list(UNITS.values())[seed % len(UNITS)], 12))


EIGHT = Unit(lanes=8, registers=4, **SMALL)
PLAIN = Store(shift=9, lanes=8)


def job(
    store: Store,
    instruction: Instruction,
    *scalars: tuple[int, ...],
    constants: int = 3,
    claimed: bool = True,
    unit: Unit = EIGHT,
) -> Job:
    """A job of one store, with the scalars of each warp."""
    generator = np.random.default_rng(constants)
    words = np.stack(
        [
            generator.integers(0, 1 << 16, (constants, unit.word)),
            generator.integers(-(1 << 20), 1 << 20, (constants, unit.word)),
        ],
        axis=2,
    )
    program = Program(
        unit,
        LaneBlocks.uniform([by_name("exact")], unit.lanes),
        (0,),
        stores=(store,) * 2,
        constants=words,
    )
    works = tuple(
        Work(instruction, warp % unit.warps, values, claimed) for warp, values in enumerate(scalars)
    )
    return Job(program, registers_of(unit, 1), works)


QST = Instruction("QST", v=1, rs=4, d=1)
MAX = replace(QST, fn=1)
STV = Instruction("STV", v=1, rs=4, d=1)


#: Store, instruction and scalars, and the fault's cause; the result memory is not free.
FAULTS = (
    (replace(PLAIN, groups=3), QST, (0, 0, 1, 1), Cause.STREAM),
    (replace(PLAIN, lanes=9), STV, (0, 0, 1, 1), Cause.STREAM),
    (PLAIN, QST, (0, 0, 0, 1), Cause.BEATS),
    (replace(PLAIN, shift=40), QST, (0, 0, 1, 1), Cause.SHIFT),
    (replace(PLAIN, shift=0, groups=3), QST, (0, 0, 0, 1), Cause.STREAM),
    (replace(PLAIN, result=True), STV, (0, 0, 1, 1), Cause.SEQUENCE),
    # The second, fourth and third beat.
    (PLAIN, replace(QST, v=3), (0, 0, 4, 4), Cause.BEATS),
    (PLAIN, replace(STV, v=31), (0, 0, 1, 1), Cause.BEATS),
    (replace(PLAIN, window=3), MAX, (0, 0, 2, 2), Cause.BEATS),
    (PLAIN, QST, (62, 0, 3, 3), Cause.STORE),
    (PLAIN, QST, (0, 3, 1, 1), Cause.REQUANTIZATION),
    (replace(PLAIN, element_step=2, window=2), MAX, (0, 1, 1, 1), Cause.REQUANTIZATION),
    # Two in one cycle: the lower cause.
    (PLAIN, replace(QST, v=4), (99, 9, 1, 1), Cause.BEATS),
    (PLAIN, QST, (99, 9, 1, 1), Cause.REQUANTIZATION),
    (PLAIN, QST, (5, 0, 70, 900), Cause.BEATS),
)


def test_faults() -> None:
    stores = tuple(store for store, _, _, _ in FAULTS)
    sample = job(PLAIN, QST, *(scalars for _, _, scalars, _ in FAULTS), claimed=False)
    works = tuple(
        replace(work, instruction=replace(instruction, d=number))
        for number, (work, (_, instruction, _, _)) in enumerate(
            zip(sample.works, FAULTS, strict=True)
        )
    )
    program = replace(sample.program, stores=stores)
    done = check(Job(program, sample.registers, works))
    assert [cause for cause, _, _ in done.faults] == [cause for _, _, _, cause in FAULTS]


def test_a_store_beyond_the_result_memory() -> None:
    result = replace(PLAIN, result=True)
    done = check(job(result, QST, (14, 0, 3, 3), (13, 0, 3, 3)))
    assert done.faults == [(Cause.STORE, 0, 16)]


def test_a_shift_and_constants_do_not_matter_to_plain_stores() -> None:
    assert not check(job(replace(PLAIN, shift=0), STV, (0, 99, 2, 2))).faults


def test_words_before_a_fault_are_stored_and_the_walk_before_goes_on() -> None:
    done = check(job(PLAIN, QST, (10, 0, 2, 2), (63, 0, 2, 2)))
    assert done.faults
    assert done.memories.activations[[10, 11, 63]].any(axis=1).all()


def test_walks_follow_each_other_with_rules_of_their_own() -> None:
    # One cycle each: rules change while codes are under way.
    unit = Unit(lanes=1, registers=4, **SMALL)
    first = job(Store(shift=9), QST, *[(n, 0, 1, 1) for n in range(6)], unit=unit)
    stores = (Store(shift=9), Store(shift=3, low=-7, high=5), Store(shift=1, step=64))
    program = replace(first.program, stores=stores)
    kinds = [QST, STV, replace(QST, d=0), replace(QST, d=2), STV, replace(QST, d=0)]
    works = tuple(
        replace(work, instruction=kind) for work, kind in zip(first.works, kinds, strict=True)
    )
    done = check(Job(program, first.registers, works))
    assert [end - begin for begin, end in done.cycles] == [8] * 6
    assert np.diff([begin for begin, _ in done.cycles]).tolist() == [4] * 5


@pytest.mark.parametrize("step", [1, 16])
def test_codes_are_those_of_the_graph(step: int) -> None:
    generator = np.random.default_rng(step)
    rule = Requantization(generator.integers(1, 1 << 16, 8), 21, -5, -5, 100, step)
    addend = (rule.step << (rule.shift - 1)) + (rule.zero_point << rule.shift)
    store = Store(shift=rule.shift, low=rule.low, high=rule.high, step=step, lanes=8)
    work = job(store, replace(QST, v=0), (0, 0, 4, 4))
    constants = np.stack([rule.multiplier, np.full(8, addend)], axis=1)[None]
    work = replace(work, program=replace(work.program, constants=constants))
    codes = requantize(work.registers[0].astype(np.int64), rule)
    np.testing.assert_array_equal(check(work).memories.activations[:4], codes)


def test_a_rule_is_as_narrow_as_the_stores_allow_and_serves_plain_ones() -> None:
    format = requantizer_format(EIGHT, StoreFormat.of([Store(shift=5, lanes=8)], EIGHT))
    shapes = dict(format.rule.members)
    assert shapes["shift"].width == 3  # type: ignore[union-attr]
    assert shapes["low"].width == shapes["high"].width == 0  # type: ignore[union-attr]
    without = replace(EIGHT, instructions=("QST",))
    format = requantizer_format(without, StoreFormat.of([Store(shift=5), Store(shift=6)], without))
    assert dict(format.rule.members)["shift"].width == 1  # type: ignore[union-attr]
    assert format.least_shift == 5
