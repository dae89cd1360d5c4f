"""The cycle model equals the simulator, and its causes add up."""

from __future__ import annotations

import math

import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.timing import CAUSES, TimingError, time_program
from tests.architectures.simt.programs import flipped, random_case


@pytest.mark.parametrize("seed", range(12))
def test_cycles_are_those_of_the_simulator(seed: int) -> None:
    case = random_case(seed)
    outcome = simulate(case.program, case.activations, result_free=case.result_free, limit=50_000)
    assert outcome.trap is None
    timing = time_program(case.program, result_free=case.result_free)
    assert timing.cycles == outcome.cycles
    assert timing.released == outcome.released
    assert [tuple(each) for each in timing.retirements] == [
        (each.cycle, each.warp, each.pc) for each in outcome.retirements
    ]
    assert sum(timing.instructions.values()) == len(outcome.retirements)
    assert [layer.begin for layer in timing.layers[1:]] == [x.end for x in timing.layers[:-1]]
    assert (timing.layers[0].begin, timing.layers[-1].end) == (0, timing.cycles)
    for layer in timing.layers:
        assert math.isclose(math.fsum(layer.causes.values()), layer.end - layer.begin)
        assert min(layer.causes.values()) >= 0
        assert layer.causes.keys() == CAUSES.keys()


def test_a_program_that_traps_has_no_time() -> None:
    compared = 0
    for seed in range(30):
        case = flipped(random_case(seed % 6), seed, 2)
        outcome = simulate(
            case.program, case.activations, result_free=case.result_free, watchdog=3000
        )
        if outcome.trap is None:
            timing = time_program(case.program, result_free=case.result_free)
            assert timing.cycles == outcome.cycles
            compared += 1
    assert compared > 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NOP\n.word 0", "Warp 0 has no instruction at 1"),
        ("NOP", "Warp 0 has no instruction at 1"),
        ("ARG s1, 1\nHALT", "Warp 0 traps at 0: ARGUMENT 1"),
        (".stream s\nMAC v0, s4, s\nHALT", "Warp 0 traps at 0: BEATS 0"),
        (".store s\nSTV v0, s4, s\nHALT", "Warp 0 traps at 0: BEATS 0"),
        ("REL\nREL\nHALT", "Warp 0 traps at 1: SEQUENCE 0"),
    ],
)
def test_traps_that_are_seen_without_data(text: str, message: str) -> None:
    with pytest.raises(TimingError, match=message):
        time_program(assemble(f".unit lanes=4 warps=1\n{text}"))


LAYERS = """
        .unit lanes=4 warps=1
        .stream s taps=5 blocks=4 words=2 step=8
        .store o lanes=4
        LI s8, 1
        LI s6, 1
        LI s7, 1
        LI s1, 3
        PLT p1, s1
        BAR 0
        MAC.z v0, s4, s @p1
        BAR 1
        RADD.z v0, s4, s
        QST v0, s4, o
        WAITR
        HALT
"""


def test_causes_of_layers() -> None:
    timing = time_program(assemble(LAYERS), result_free=170)
    start, first, second = timing.layers
    assert [layer.number for layer in timing.layers] == [-1, 0, 1]
    assert {cause for cause, cycles in start.causes.items() if cycles} == {"front_end"}
    # 20 taps in three of four lanes; a cycle until the words are there.
    assert first.causes["useful"] == 15
    assert first.causes["idle_lanes"] == 5
    assert first.causes["stretched"] == 1
    assert first.causes["drain"] == 6
    assert first.causes["front_end"] == first.end - first.begin - 27
    assert first.products == 60
    assert second.causes["moving"] == 21
    assert second.causes["post"] == 4 + 4 + 8
    assert second.causes["result"] > 0
    assert second.products == 0


def test_barriers_are_a_cause() -> None:
    text = "SR s1, warp\nBNE s1, s0, 1\nHALT\nWAITR\nBAR 0\nHALT"
    timing = time_program(assemble(f".unit lanes=4 warps=2\n{text}"))
    assert timing.cycles == simulate(assemble(f".unit lanes=4 warps=2\n{text}")).cycles
    waiting = "SR s1, warp\nBEQ s1, s0, 1\nJMP 3\nMAC.z v0, s4, s\nBAR 0\nHALT\nBAR 0\nHALT"
    program = assemble(f".unit lanes=4 warps=2\n.stream s taps=8 blocks=9\nLI s8, 1\n{waiting}")
    assert sum(layer.causes["barrier"] for layer in time_program(program).layers) == 0


def test_an_idle_cycle_is_due_to_the_front_end_before_all_else() -> None:
    # While one warp waits at a barrier, the other one's instructions are the reason.
    text = "SR s1, warp\nBEQ s1, s0, end\nLI s1, 9\nLOOP s1, end\nNOP\nend: BAR 0\nHALT"
    timing = time_program(assemble(f".unit lanes=4 warps=2\n{text}"))
    assert timing.layers[0].causes["front_end"] == timing.layers[0].end
