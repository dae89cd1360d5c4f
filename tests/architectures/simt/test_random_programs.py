"""Random programs on the Verilog of units: a fixed sample of benchmarks/simt_random.py."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.simt.isa import Instruction, decode, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.registry import by_name
from tests.architectures.simt.faults import FAULTS, beyond, faulty_case
from tests.architectures.simt.hardware.campaign import (
    FAULTY,
    FLIPPED,
    LEGAL,
    Campaign,
    all_faults,
    made_cases,
)
from tests.architectures.simt.hardware.comparison import STILL, difference
from tests.architectures.simt.hardware.coverage import Coverage
from tests.architectures.simt.hardware.observer import observe
from tests.architectures.simt.hardware.shape import Shape
from tests.architectures.simt.hardware.shrinking import listing, shrink
from tests.architectures.simt.hardware.simulation import Run
from tests.architectures.simt.programs import Case, flipped, random_case
from tests.architectures.simt.random_walks import random_lanes

#: Units with their numbers of banks. Between them they have pixel groups, words of no power
#: of two of bytes, several requantizers, a register after each block, banks of weights, scalars
#: that an immediate does not fill and such that it fills.
SAMPLE = (
    (
        Unit(
            lanes=4, cluster=2, warps=3, registers=4, word=2, taps=3, requantizers=1,
            register_bits=20, scalar_bits=17, activation_words=96, result_words=24,
        ),
        2,
    ),
    (
        Unit(
            lanes=3, cluster=3, warps=2, registers=8, word=3, taps=8, requantizers=2,
            block_register=True, scalar_bits=12, activation_words=64, result_words=24,
        ),
        1,
    ),
)  # fmt: skip
SMALL = Unit(lanes=2, warps=2, registers=4, activation_words=64, result_words=24)


def two_blocks(lanes: int) -> LaneBlocks:
    """Two in each lane; three selections: one, the other, both by turns."""
    turns = [lane % 2 for lane in range(lanes)]
    choice = np.array([[0] * lanes, [1] * lanes, turns])
    return LaneBlocks((by_name("exact"), by_name("drum(3)")), choice)


@pytest.mark.parametrize(("unit", "banks"), SAMPLE)
def test_programs_on_hardware(unit: Unit, banks: int, tmp_path: Path) -> None:
    """Control, memories and registers are the simulator's, and the sample reaches everything."""
    lanes = two_blocks(unit.lanes)
    made = list(made_cases(unit, lanes, 100_000, legal=80, flips=40, faults=all_faults(unit)))
    campaign = Campaign(made, tmp_path, banks=banks, optimize="-O0")
    coverage = Coverage(whole=False)
    report = campaign.compare(coverage)
    for failure in report.failures[:1]:
        small, what = campaign.shrunk(failure)
        pytest.fail(f"{failure.made.kind}, {failure.made.name}: {what}\n{listing(small)}")
    assert coverage.missing([campaign.shape]) == []
    assert report.equal[LEGAL] == 80 and not report.trapped[LEGAL]
    assert report.equal[FLIPPED] > 30 and report.trapped[FLIPPED] > 5
    assert report.trapped[FAULTY] > 100


def fitted(case: Case) -> tuple[Shape, Case]:
    shape = Shape.of([case])
    return shape, shape.fit(case)


def run_of(case: Case, shape: Shape) -> Run:
    """What a unit does that is equal to the simulator."""
    outcome, _ = observe(case, shape)
    trap = outcome.trap
    ends = {each.cycle for each in outcome.retirements if decode(each.word).mnemonic == "BAR"}
    assert not ends
    return Run(
        outcome.cycles if trap is None else outcome.cycles + STILL,
        None if trap else outcome.cycles - 1,
        outcome.released if trap is None else trap.cycle + 1,
        trap and (int(trap.cause), trap.warp, trap.pc, trap.value, trap.cycle),
        tuple((each.cycle, each.warp, each.pc) for each in outcome.retirements),
        ((outcome.cycles - 1, 0),),
        outcome.memories.activations,
        outcome.memories.result,
        np.array([warp.scalars for warp in outcome.warps]),
        np.stack([warp.predicates for warp in outcome.warps]),
        np.stack([warp.registers for warp in outcome.warps]),
    )


def without_barriers() -> Case:
    for seed in range(100):
        case = random_case(seed, SMALL)
        if all(decode(word).mnemonic != "BAR" for word in case.program.code):
            return case
    raise AssertionError


def test_differences_are_seen() -> None:
    shape, case = fitted(without_barriers())
    run = run_of(case, shape)
    outcome, observer = observe(case, shape)
    assert difference(run, outcome, observer) is None
    cycle, warp, pc = run.retired[5]
    later = (*run.retired[:5], (cycle + 1, warp, pc), *run.retired[6:])
    for name, value in (
        ("retired", later),
        ("retired", run.retired[:-1]),
        ("trap", (1, 0, 0, 0, 9)),
        ("cycles", run.cycles + 1),
        ("done", None),
        ("released", None),
        ("layers", ()),
        ("activations", run.activations + np.int8(1)),
        ("result", run.result + np.int8(1)),
        ("scalars", run.scalars + 1),
        ("predicates", ~run.predicates),
        ("registers", run.registers + 1),
    ):
        changed = dataclasses.replace(run, **{name: value})
        assert difference(changed, outcome, observer) is not None, name


def test_a_trap_leaves_only_its_own_registers_undefined() -> None:
    case = faulty_case(3, "activation word", 1, SMALL)
    assert case is not None
    shape, case = fitted(case)
    _, observer = observe(case, shape)
    undefined = observer.undefined
    assert undefined and {warp for warp, _, _ in undefined} == {1}


def test_races_are_seen() -> None:
    """Two warps store one word."""
    code = [
        Instruction("LI", rd=6, imm=1),
        Instruction("LI", rd=7, imm=1),
        Instruction("STV", rs=4),
        Instruction("HALT"),
    ]
    words = [encode(instruction) for instruction in code]
    case = random_case(1, SMALL)
    program = dataclasses.replace(case.program, code=tuple(words))
    shape, case = fitted(dataclasses.replace(case, program=program))
    _, observer = observe(case, shape)
    assert observer.races


@pytest.mark.parametrize("kind", [*FAULTS, "VADD va", "MAC sel", "JMP offset"])
def test_faults_trap(kind: str) -> None:
    unit = SAMPLE[1][0]
    lanes = random_lanes(random.Random(1), unit)
    for seed in range(20):
        case = faulty_case(seed, kind, 1, unit, lanes)
        if case is not None:
            outcome = simulate(
                case.program, case.activations, result_free=case.result_free,
                watchdog=case.watchdog or 5000,
            )  # fmt: skip
            assert outcome.trap is not None and outcome.trap.warp == 1
            return
    raise AssertionError


def test_each_field_can_be_beyond_its_range() -> None:
    kinds = list(beyond(SMALL))
    assert len(kinds) == len(set(kinds)) > 60


def test_shrinking() -> None:
    """What is left of a program is what the failure needs, at the address that it has then."""
    case = random_case(5, SMALL, plain=True)
    required = next(word for word in case.program.code if decode(word).mnemonic == "PAND")
    _, case = fitted(case)

    def fails(cases: list[Case]) -> list[bool]:
        return [required in each.program.code for each in cases]

    small = shrink(case, fails)
    code = [word for word in small.program.code if decode(word).mnemonic not in ("NOP", "HALT")]
    assert code == [required]
    assert not any(small.program.arguments) and small.result_free == 0
    assert "PAND" in listing(small)
    assert len(listing(small).splitlines()) < 8


def test_a_shape_fits_all_its_programs() -> None:
    cases = [random_case(seed, SMALL) for seed in (1,)]
    lanes = cases[0].program.lanes
    cases += [random_case(seed, SMALL, lanes) for seed in range(2, 6)]
    shape = Shape.of(cases)
    fit = [shape.fit(case, number) for number, case in enumerate(cases)]
    for name in ("code", "arguments", "streams", "stores", "weights", "constants"):
        assert len({len(getattr(case.program, name)) for case in fit}) == 1, name
    assert {case.program.stream_format.bits for case in fit} == {shape.formats[0].bits}
    before = simulate(cases[2].program, cases[2].activations)
    after = simulate(fit[2].program, fit[2].activations)
    assert before.retirements == after.retirements


def test_flipped_programs_are_others() -> None:
    case = random_case(1, SMALL)
    changed = flipped(case, 3, 2).program
    assert (changed.code, changed.arguments) != (case.program.code, case.program.arguments)
