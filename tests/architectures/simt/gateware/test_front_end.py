"""The front end against the simulator: what it writes, and the cycle of every retirement."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.needs import narrowed
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import Outcome, Trap
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from tests.architectures.simt.gateware.front_ends import (
    Inference,
    check,
    check_all,
    run_front_end,
)
from tests.architectures.simt.programs import flipped, random_case

SETUP = """
        .stream s taps=5 step=0 blocks=4
        .stream long taps=8 step=0 blocks=20
        .store  o lanes=4
        .store  r lanes=4 result
        .arg    k 7, 9
"""


def assembled(text: str, warps: int = 2, keys: str = "registers=4") -> Program:
    arguments = SETUP.replace("7, 9", ", ".join(str(n + 7) for n in range(warps)))
    unit = f".unit lanes=4 warps={warps} {keys}\n{arguments}"
    weights = ".weight 1, 1, 1, 1\n" * 160
    return assemble(f"{unit}{weights}.constant 1, 0\n{text}")


def run(text: str, warps: int = 2, keys: str = "registers=4", **options: int) -> Outcome:
    return check(assembled(text, warps, keys), **options)


@pytest.mark.parametrize(("seed", "warps"), [(33, 1), (34, 2), (27, 3), (28, 4), (64, 8)])
def test_random_programs(seed: int, warps: int) -> None:
    unit = Unit(
        lanes=2, warps=warps, registers=4, activation_words=96, result_words=24,
        scalar_bits=(12, 16, 17, 24)[seed % 4],
    )  # fmt: skip
    case = random_case(seed, unit)
    assert check(case.program, case.activations, result_free=case.result_free).trap is None


@pytest.mark.parametrize("seed", [27, 33])
def test_a_unit_with_what_the_program_needs(seed: int) -> None:
    unit = Unit(lanes=2, warps=2, registers=4, activation_words=96, result_words=24)
    case = random_case(seed, unit)
    program = replace(case.program, unit=narrowed(unit, case.program.code))
    assert check(program, case.activations, result_free=case.result_free).trap is None


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("instructions=LI+LOOP+HALT loops=1", "LI s1, 2\nLOOP s1, 1\nLI s2, 1\n.word 0x04000000"),
        ("instructions=LI+LOOP+HALT loops=1", "LI s1, 2\nLOOP s1, 2\nLOOP s1, 1\nLI s2, 1"),
        ("instructions=LI+LOOP+HALT loops=0", "LI s1, 2\nLOOP s1, 1\nLI s2, 1"),
        ("instructions=LI+PLT+MAC.z predicates=1", "LI s8, 1\nPLT p1, s8\nMAC.z v0, s4, s @!p1\n"
         "PLT p2, s8"),
        ("instructions=LI+MAC.z+HALT predicates=0", "LI s8, 1\nMAC.z v0, s4, s @p1"),
        ("instructions=MACW+HALT predicates=2", "PAND p1, p0, p0"),
    ],
)  # fmt: skip
def test_what_the_unit_lacks(keys: str, text: str) -> None:
    lines = (f".word {encode(Instruction('PAND', vd=1))}" if "PAND" in text else text).split("\n")
    program = assembled("\n".join(lines), keys=f"registers=4 {keys}")
    assert check(program).trap is not None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_random_programs(seed: int) -> None:
    case = random_case(seed)
    check(case.program, case.activations, result_free=case.result_free)
    wrong = flipped(case, seed, 1 + seed % 2)
    check(wrong.program, wrong.activations, result_free=case.result_free, watchdog=3000)


SCALARS = """
        LI s1, -3
        LI s2, 77
        LIH s1, 3
        ADD s3, s1, s2
        SUB s4, s2, s1
        ADDI s5, s4, -80
        ADDI s0, s1, 9
        ADD s6, s0, s0
        ARG s7, k
        SR s8, warp
        SR s9, warps
        SR s10, lanes
        SR s11, cluster
        SR s12, registers
        SR s13, word
        HALT
"""


@pytest.mark.parametrize("bits", [12, 17])
def test_scalars(bits: int) -> None:
    outcome = run(SCALARS, warps=3, keys=f"registers=4 scalar_bits={bits} activation_words=16")
    assert outcome.warps[2].scalars[7:14] == [9, 2, 3, 4, 4, 4, 4]


def test_branches_compare_unsigned() -> None:
    body = "".join(
        f"{name} s{a}, s{b}, 1\nADDI s{4 + n}, s{4 + n}, 1\n"
        for n, name in enumerate(("BEQ", "BNE", "BLT", "BGE"))
        for a, b in ((1, 2), (2, 1), (1, 1), (1, 3))
    )
    outcome = run(f"LI s1, 5\nLI s2, -5\nLI s3, 6\n{body}JMP 1\nLI s9, 1\nHALT", warps=1)
    # Instructions that were not skipped: 3 of 4 are different; 5 < 65531, and so on.
    assert outcome.warps[0].scalars[4:10] == [3, 1, 2, 2, 0, 0]


def test_loops() -> None:
    text = """
        SR s1, warp
        LI s2, 3
        LOOP s2, end
        LOOP s1, end
        ADDI s3, s3, 1
        BEQ s1, s2, end
end:    LOOP s0, 1
        ADDI s4, s4, 1
        HALT
"""
    outcome = run(text, warps=4)
    assert [warp.scalars[3] for warp in outcome.warps] == [0, 3, 6, 9]
    assert all(warp.scalars[4] == 0 for warp in outcome.warps)


def test_predicates_of_groups() -> None:
    text = """
        VLANE v0
        LI s1, 1
        PLT p1, s1, 1
        PLT p2, s1, 2
        PAND p3, !p1, p2
        VSET v0, s1 @p3
        VSET v1, s1 @!p2
        PAND p3, p3, p0
        VSET v2, s0 @!p3
        VSET v2, s1 @p3
        HALT
"""
    warp = run(text, keys="registers=4 cluster=2").warps[0]
    assert warp.registers[0].tolist() == [0, 1, 1, 3]
    assert warp.registers[2].tolist() == [0, 0, 1, 0]


def test_waiting_for_the_result() -> None:
    text = "SR s1, warp\nBEQ s1, s0, 1\nNOP\nWAITR\nLI s6, 1\nLI s7, 1\nSTV v0, s4, r\nHALT"
    program = assembled(text)
    outcomes = check_all([Inference(program, result_free=free) for free in (0, 11, 12, 15, 60)])
    assert all(outcome.trap is None for outcome in outcomes)


@pytest.mark.parametrize("warps", [1, 3, 8])
def test_barriers(warps: int) -> None:
    text = """
        SR s1, warp
        LOOP s1, 2
        NOP
        NOP
        BAR 1
        LI s2, 1
        BLT s1, s2, last
        BAR 2
        BAR 3
last:   HALT
"""
    run(text, warps=warps)


def test_layers_are_those_of_the_barriers() -> None:
    (done,) = run_front_end([Inference(assembled("BAR 3\nNOP\nBAR 5\nHALT"))])
    # What runs when a layer ends: number 0, 3 and 5.
    assert [layer for _, layer in done.layers] == [0, 3, 5]


def test_the_image_is_released_once() -> None:
    assert run("SR s1, warp\nBEQ s1, s0, 1\nREL\nNOP\nHALT").released is not None


def test_engines_take_warps_in_turn() -> None:
    text = """
        LI s6, 1
        LI s7, 1
        LI s8, 1
        MAC.z v0, s4, s
        MAC v1, s4, s, sel=1
        STV v0, s4, o
        HALT
"""
    run(text, warps=4)


def test_an_inference_after_another_one() -> None:
    trapping = assembled("LI s1, 1\nLOOP s1, 2\nREL\nNOP\nHALT")
    legal = assembled("LI s1, 2\nLOOP s1, 2\nADD s2, s1, s1\nNOP\nHALT")
    outcomes = check_all([Inference(each) for each in (trapping, legal, trapping, legal)])
    assert [outcome.trap is None for outcome in outcomes] == [False, True, False, True]


def test_an_inference_some_cycles_after_a_trap() -> None:
    trapping = assembled("NOP\n.word 0")
    legal = assembled("NOP\nHALT")
    pairs = ((Inference(trapping, idle=idle), Inference(legal)) for idle in range(20))
    outcomes = check_all([each for pair in pairs for each in pair])
    assert [outcome.trap is None for outcome in outcomes] == [False, True] * 20


TRAPS = {
    "no opcode": (".word 0", Cause.ENCODING, 0),
    "field that is none": (f".word {0x01 << 26 | 1}", Cause.ENCODING, 0x01 << 26 | 1),
    "predicate 4": (f".word {0x20 << 26 | 4 << 23}", Cause.ENCODING, 0x20 << 26 | 4 << 23),
    "end of the program": ("NOP", Cause.PC, 1),
    "jump beyond": ("JMP 3\nHALT", Cause.PC, 4),
    "jump behind the last instruction": ("JMP 1\nHALT", Cause.PC, 2),
    "jump to where addresses wrap": ("JMP -9\nHALT", Cause.PC, 0x7FF8),
    "branch beyond": ("BEQ s0, s0, 2\nHALT", Cause.PC, 3),
    "vector register": (f".word {0x22 << 26 | 5 << 13}\nHALT", Cause.REGISTER, 5),
    "predicate 0": (f".word {0x28 << 26}\nHALT", Cause.REGISTER, 0),
    "scalars": (f".word {0x30 << 26 | 12 << 14}\nHALT", Cause.REGISTER, 17),
    "stream": (f".word {0x32 << 26 | 3}\nHALT", Cause.STREAM, 3),
    "store": (f".word {0x39 << 26 | 9}\nHALT", Cause.STREAM, 9),
    "groups": (f".word {0x28 << 26 | 1 << 18 | 7}\nHALT", Cause.STREAM, 7),
    "argument": (f".word {0x0B << 26 | 1}\nHALT", Cause.ARGUMENT, 1),
    "negative argument": (f".word {0x0B << 26 | 0x7FFE}\nHALT", Cause.ARGUMENT, 0x7FFE),
    "empty loop": (f".word {0x15 << 26}\nHALT", Cause.LOOP, 1),
    "loop backwards": (f".word {0x15 << 26 | 0x7FF0}\nHALT", Cause.LOOP, 0x7FF1),
    "loop beyond the program": ("LOOP s0, 2\nHALT", Cause.LOOP, 3),
    "third level": (
        "LI s1, 1\nLOOP s1, 3\nLOOP s1, 2\nLOOP s1, 1\nNOP\nHALT", Cause.LOOP, 5,
    ),
    "loop across the one around": ("LI s1, 1\nLOOP s1, 1\nLOOP s1, 2\nHALT\nNOP", Cause.LOOP, 5),
    "branch out of a loop": ("LI s1, 2\nLOOP s1, 2\nJMP 2\nNOP\nNOP\nHALT", Cause.LOOP, 5),
    "branch before a loop": ("LI s1, 2\nLOOP s1, 1\nJMP -2\nHALT", Cause.LOOP, 1),
    "released twice": ("REL\nREL\nHALT", Cause.SEQUENCE, 0),
    "too many taps": ("MAC v0, s0, big\nHALT", Cause.TAPS, 9),
    "result before WAITR": ("LI s6, 1\nLI s7, 1\nSTV v0, s4, r\nHALT", Cause.SEQUENCE, 0),
}  # fmt: skip


def padded(text: str) -> Program:
    """A program that traps, as long as all others; addresses count from its first instruction."""
    program = assembled(f"        .stream big taps=9\n{text}")
    nops = (encode(Instruction("NOP")),) * (8 - len(program.code))
    return replace(program, code=(*nops, *program.code))


@functools.cache
def trapped() -> dict[str, Trap | None]:
    """The trap of each; both agree."""
    outcomes = check_all([Inference(padded(text)) for text, _, _ in TRAPS.values()])
    return {name: outcome.trap for name, outcome in zip(TRAPS, outcomes, strict=True)}


@pytest.mark.parametrize("name", TRAPS)
def test_traps(name: str) -> None:
    text, cause, value = TRAPS[name]
    trap = trapped()[name]
    assert trap is not None and trap.cause is cause
    first = 8 - len(assembled(f"        .stream big taps=9\n{text}").code)
    moves = cause in (Cause.PC, Cause.LOOP)
    assert trap.value == (value + first * moves) % (1 << 15 if moves else 1 << 32)


def test_a_trap_while_others_walk() -> None:
    text = """
        SR s1, warp
        LI s2, 1
        LI s8, 1
        LI s11, 1
        LI s12, 1
        BEQ s1, s0, long
        BEQ s1, s2, store
        NOP
        NOP
        NOP
        NOP
        REL
        REL
long:   MAC v0, s4, long
        HALT
store:  STV v0, s9, o
        VADD v0, v0, v0
        BAR 1
"""
    outcome = run(text, warps=4)
    assert outcome.trap is not None and outcome.trap.cause is Cause.SEQUENCE
    # The stream goes on to its end; nothing else ends after the trap.
    late = [each for each in outcome.retirements if each.cycle > outcome.trap.cycle]
    assert [each.warp for each in late] == [0]


def test_the_watchdog() -> None:
    text = """
        SR s1, warp
        BEQ s1, s0, end
        LI s8, 1
        MAC v0, s4, long
        NOP
end:    HALT
"""
    program = assembled(text, warps=3)
    for outcome in check_all([Inference(program, watchdog=n) for n in (1, 3, 11, 40, 47)]):
        assert outcome.trap is not None and outcome.trap.cause is Cause.WATCHDOG


def test_the_watchdog_in_the_last_cycle() -> None:
    program = assembled("NOP\nHALT")
    last = check(program).cycles - 1
    first, second = check_all([Inference(program, watchdog=n) for n in (last, last - 1)])
    assert first.trap is None and second.trap is not None


@pytest.mark.parametrize("seed", [0, 3])
def test_flipped_bits(seed: int) -> None:
    unit = Unit(lanes=2, warps=3, registers=4, activation_words=64, result_words=24)
    case = flipped(random_case(103, unit), seed, 3)
    check(case.program, case.activations, watchdog=400)
