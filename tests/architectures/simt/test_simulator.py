"""When instructions begin and end, and what stops a unit."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.isa import MULTIPLY_FAULT_LATENCY, POST_FAULT_LATENCY
from hawx_hw.architectures.simt.simulator import Outcome, Simulator, simulate
from hawx_hw.architectures.simt.traps import Cause
from tests.architectures.simt.programs import flipped, random_case

#: A stream of 20 cycles, a store of 4; scalars are zero but for the beats.
SETUP = """
        .stream s taps=5 step=0 blocks=4
        .store  o lanes=4
        .store  r lanes=4 result
"""


def run(text: str, warps: int = 1, keys: str = "", **options: int) -> Outcome:
    unit = f".unit lanes=4 warps={warps} {keys}\n{SETUP}"
    weights = ".weight 1, 1, 1, 1\n" * 21
    program = assemble(f"{unit}{weights}.constant 1, 0\n{text}")
    return simulate(program, limit=10_000, **options)  # type: ignore[arg-type]


def ends(outcome: Outcome, warp: int = 0) -> list[int]:
    """Cycles in which the instructions of a warp ended."""
    return [each.cycle for each in outcome.retirements if each.warp == warp]


def test_front_end_instructions_take_a_turn_each() -> None:
    outcome = run("NOP\nLI s1, 1\nHALT", warps=3)
    assert [ends(outcome, warp) for warp in range(3)] == [[3, 7, 11], [4, 8, 12], [5, 9, 13]]
    assert outcome.cycles == 14
    slow = run("NOP\nHALT", warps=8)
    assert [ends(slow, warp) for warp in (0, 7)] == [[3, 11], [10, 18]]


def test_vector_instructions_take_longer() -> None:
    # 4 + 4 cycles; 4 + 6, and then the next turn.
    assert ends(run("VLANE v0\nNOP\nVADD v0, v0, v0\nNOP\nHALT")) == [7, 11, 21, 27, 31]


@pytest.mark.parametrize(("register", "latency"), [(0, 6), (1, 7)])
def test_a_stream_takes_its_scalars_its_walk_and_its_latency(register: int, latency: int) -> None:
    outcome = run("LI s8, 1\nMAC.z v0, s4, s\nHALT", keys=f"block_register={register}")
    assert ends(outcome)[1] == 4 + 4 + 5 + 20 + latency - 1


def test_a_store_takes_its_scalars_its_walk_and_its_latency() -> None:
    assert ends(run("LI s6, 1\nLI s7, 1\nQST v0, s4, o\nHALT"))[2] == 8 + 4 + 4 + 4 + 8 - 1
    # Nothing is left of the row: one cycle.
    assert ends(run("LI s6, 1\nQST v0, s4, o\nHALT"))[1] == 4 + 4 + 4 + 1 + 8 - 1


def test_walks_of_two_warps_follow_each_other_at_once() -> None:
    outcome = run("LI s8, 1\nMAC.z v0, s4, s\nMAC.z v0, s4, s\nHALT", warps=2)
    first = 4 + 4 + 5 + 20 + 6 - 1
    # The second warp's scalars are read while the first one walks; its second stream waits in turn.
    assert ends(outcome, 0)[1] == first
    assert ends(outcome, 1)[1] == first + 20
    # Warp 0 goes on in the next of its turns: its walk begins when that of warp 1 is over.
    assert ends(outcome, 0)[2] == first + 40
    assert ends(outcome, 1)[2] == first + 60


def test_an_engine_takes_the_warp_that_follows_the_last_one() -> None:
    text = "LI s8, 1\nMAC.z v0, s4, s\nMAC.z v0, s4, s\nHALT"
    outcome = run(text, warps=4)
    order = [each.warp for each in outcome.retirements if each.pc in (1, 2)]
    assert order == [0, 1, 2, 3, 0, 1, 2, 3]


def test_the_engines_work_side_by_side() -> None:
    text = """
        SR s1, warp
        LI s6, 1
        LI s7, 1
        LI s8, 1
        BEQ s1, s0, first
        QST v0, s4, o
        HALT
first:  MAC.z v0, s4, s
        HALT
"""
    outcome = run(text, warps=2)
    assert ends(outcome, 0)[5] == 20 + 4 + 5 + 20 + 6 - 1
    assert ends(outcome, 1)[5] == 1 + 20 + 4 + 4 + 4 + 8 - 1


def test_a_barrier_opens_with_the_last_warp() -> None:
    text = "SR s1, warp\nLOOP s1, end\nNOP\nend: BAR 1\nNOP\nHALT"
    outcome = run(text, warps=3)
    barriers = [each for each in outcome.retirements if each.pc == 3]
    assert {each.cycle for each in barriers} == {max(ends(outcome, 2)[:-2])}
    assert [each.warp for each in barriers] == [0, 1, 2]
    # Warp 2 arrives in cycle 2 + 4 * 4 + 3; the others begin in their next turns.
    assert barriers[0].cycle == 21
    assert [ends(outcome, warp)[-2] for warp in range(3)] == [27, 28, 25]


def test_who_has_halted_does_not_count_at_a_barrier() -> None:
    text = "SR s1, warp\nBEQ s1, s0, end\nBAR 0\nNOP\nend: HALT"
    outcome = run(text, warps=3)
    assert outcome.trap is None
    assert {each.cycle for each in outcome.retirements if each.pc == 2} == {13}
    late = "SR s1, warp\nBNE s1, s0, wait\nNOP\nNOP\nNOP\nNOP\nHALT\nwait: BAR 0\nHALT"
    outcome = run(late, warps=2)
    halted = ends(outcome, 0)[-1]
    assert [each.cycle for each in outcome.retirements if each.pc == 7] == [halted]


def test_waitr_waits_for_the_result_memory() -> None:
    text = "WAITR\nLI s6, 1\nLI s7, 1\nSTV v0, s4, r\nHALT"
    assert ends(run(text))[0] == 3
    assert ends(run(text, result_free=50))[:2] == [50, 55]


def test_a_result_before_waitr_is_refused() -> None:
    trap = run("LI s6, 1\nSTV v0, s4, r\nHALT").trap
    assert trap is not None
    assert (trap.cause, trap.cycle) == (Cause.SEQUENCE, 4 + 4 + 4 + POST_FAULT_LATENCY)


def test_a_waitr_of_another_warp_counts_from_the_next_cycle_on() -> None:
    text = """
        SR s1, warp
        BNE s1, s0, other
        WAITR
        HALT
other:  LI s6, 1
        STV v0, s4, r
        HALT
"""
    # Warp 1's walk begins in cycle 1 + 3 * 4 + 4 + 4.
    assert run(text, warps=2, result_free=20).trap is None
    trap = run(text, warps=2, result_free=21).trap
    assert trap is not None
    assert (trap.cause, trap.cycle) == (Cause.SEQUENCE, 21 + POST_FAULT_LATENCY)


def test_the_image_is_released() -> None:
    assert run("NOP\nREL\nHALT").released == 7
    assert run("NOP\nHALT").released == 7  # with the end


def test_a_trap_stops_all_but_walks() -> None:
    text = """
        SR s1, warp
        LI s8, 1
        BNE s1, s0, other
        MAC.z v0, s4, s
        NOP
        HALT
other:  LI s2, 3
        LOOP s2, 4
        NOP
        NOP
        NOP
        .word 0
        HALT
"""
    outcome = run(text, warps=2)
    assert outcome.trap is not None
    assert (outcome.trap.cause, outcome.trap.warp, outcome.trap.pc) == (Cause.ENCODING, 1, 11)
    # Warp 1 executes it in its ninth turn; warp 0 walks from cycle 21 to 40.
    assert outcome.trap.cycle == 1 + 8 * 4 + 3
    assert outcome.retirements[-1].cycle == 21 + 20 - 1 + 6
    assert outcome.cycles == 47
    assert outcome.warps[0].pc == 4


def test_what_waits_for_an_engine_is_dropped() -> None:
    text = "SR s1, warp\nLI s8, 1\nBEQ s1, s0, 1\nADDI s4, s4, 4096\nMAC.z v0, s4, s\nHALT"
    outcome = run(text, warps=2, keys="activation_words=64")
    assert outcome.trap is not None
    assert (outcome.trap.cause, outcome.trap.warp) == (Cause.ACTIVATION, 1)
    assert outcome.trap.cycle == ends(outcome, 0)[3] - 6 + 1 + MULTIPLY_FAULT_LATENCY


@pytest.mark.parametrize(
    ("front", "walk", "nops", "expected"),
    [(0, 3, 4, (Cause.ENCODING, 0, 35)), (2, 1, 3, (Cause.BEATS, 1, 33))],
)
def test_of_two_traps_in_a_cycle_that_of_the_lower_warp_is_reported(
    front: int, walk: int, nops: int, expected: tuple[Cause, int, int]
) -> None:
    # Two warps trap in the same cycle: one in the front end, one in the multiply engine.
    nop = "NOP\n" * nops
    text = f"""
        SR s1, warp
        LI s2, {front}
        LI s3, {walk}
        BEQ s1, s2, front
        BEQ s1, s3, walk
        HALT
front:  {nop}
        .word 0
walk:   MAC.z v0, s4, s
        HALT
"""
    trap = run(text, warps=4).trap
    assert trap is not None
    assert (trap.cause, trap.warp, trap.cycle) == expected


def test_the_watchdog() -> None:
    outcome = run("NOP\nstay: JMP stay", warps=2, watchdog=100)
    assert outcome.trap is not None
    assert (outcome.trap.cause, outcome.trap.warp, outcome.trap.cycle) == (Cause.WATCHDOG, 0, 100)
    assert run("NOP\nHALT", watchdog=7).trap is None
    assert run("NOP\nHALT", watchdog=6).trap is not None


def test_the_limit_of_a_run() -> None:
    with pytest.raises(TimeoutError, match="Not done after 50 cycles"):
        simulate(assemble(".unit lanes=1\nJMP -1"), limit=50)


def test_retirements_hold_what_was_written() -> None:
    outcome = run("LI s8, 1\nLI s6, 1\nLI s7, 1\nMAC.z v2, s4, s\nVLANE v0\nSTV v0, s4, o\nHALT")
    results = {each.pc: each.results for each in outcome.retirements}
    assert results[0] == (("s8", 1),)
    assert results[3] == (("v2", (0, 0, 0, 0)),)
    assert results[5] == (("a[0]", (0, 1, 2, 3)),)
    assert outcome.retirements[0].word == 0x06 << 26 | 8 << 19 | 1


def test_a_simulator_goes_step_by_step() -> None:
    simulator = Simulator(assemble(".unit lanes=1 warps=1\nLI s1, 5\nHALT"))
    for _ in range(4):
        assert not simulator.done
        simulator.step()
    assert simulator.cycle == 4
    assert simulator.outcome().warps[0].scalars[1] == 5
    assert simulator.run().cycles == 8


def test_time_does_not_depend_on_data() -> None:
    case = random_case(11)
    other = np.zeros_like(case.activations)
    outcomes = [
        simulate(case.program, data, result_free=case.result_free)
        for data in (case.activations, other)
    ]
    times = [[(each.cycle, each.warp, each.pc) for each in o.retirements] for o in outcomes]
    assert times[0] == times[1]


def test_flipped_bits_end_in_traps_or_not_at_all() -> None:
    causes = set()
    for seed in range(40):
        case = flipped(random_case(seed % 8), seed, 1 + seed % 3)
        outcome = simulate(
            case.program, case.activations, result_free=case.result_free, watchdog=4000
        )
        causes.add(None if outcome.trap is None else outcome.trap.cause)
    assert {None, Cause.ENCODING} < causes


def test_only_a_warp_that_is_ready_is_permitted_to_begin() -> None:
    simulator = Simulator(assemble(".unit lanes=1 warps=2\nBAR 1\nNOP\nHALT"))
    simulator.halt()

    def step(*numbers: int) -> list[int]:
        for number in numbers:
            simulator.permit(number)
            for _ in range(20):
                simulator.step()
        assert simulator.permitted is None
        return [warp.pc for warp in simulator.outcome().warps]

    assert step(-1, 2, 255) == [0, 0]
    assert step(0, 0, 0) == [0, 0]
    # The barrier opens: the steps that warp 0 was not ready for have been ignored.
    assert step(1) == [1, 1]
    assert step(0, 0, 0, 0) == [3, 1]
    simulator.permit(1)
    assert simulator.permitted == 1
    simulator.halt()
    assert step() == [3, 1]


def test_nobody_is_permitted_to_begin_after_a_trap() -> None:
    simulator = Simulator(assemble(".unit lanes=1 warps=2\nREL\nREL\nHALT"))
    while not simulator.trapped:
        simulator.step()
    for number in range(2):
        simulator.permit(number)
    assert simulator.permitted is None
