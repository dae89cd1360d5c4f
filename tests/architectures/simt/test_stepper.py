"""Programs by single steps: the same end as at full speed, and what each command shows."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.stepper import COMMANDS, Stepper
from hawx_hw.errors import UserError
from tests.architectures.simt.programs import flipped, random_case

SOURCE = """\
        .unit   lanes=4 warps=2 activation_words=8
        .stream s taps=4 step=1
        .store  o shift=1
        .weight 1, 2, 3, 4
        .weight 1, 2, 3, 4
        .weight 1, 2, 3, 4
        .weight 1, 2, 3, 4
        .constant 2, 0
        .arg    place 2, 3
        LI      s8, 1
        ARG     s9, place
        LI      s2, 3
        PLT     p1, s2
        LOOP    s2, done
loop:   VSET    v1, s9 @p1
done:   BAR     1
        MAC.z   v0, s4, s
        LI      s11, 1
        LI      s12, 1
        STV     v0, s9, o
        HALT
"""
IMAGE = np.array([[1, 2, 3, 4], [5, 6, 7, 8]], dtype=np.int8)


def stepper() -> Stepper:
    return Stepper(assemble(SOURCE, file="k.s"), IMAGE)


def shown(stepper: Stepper, *lines: str) -> list[str]:
    """What commands show, without surplus blanks."""
    return [" ".join(text.split()) for line in lines for text in stepper.do(line)]


@pytest.mark.parametrize("seed", range(20))
def test_steps_come_to_the_same_end(seed: int) -> None:
    case = random_case(seed)
    ours = Stepper(case.program, case.activations)
    count = 0
    while not ours.simulator.done:
        list(ours.do(("next", "step", "step 3")[count % 3]))
        count += 1
        assert ours.simulator.still
        assert count < 20_000
    outcome, expected = ours.simulator.outcome(), simulate(case.program, case.activations)
    np.testing.assert_array_equal(outcome.memories.activations, expected.memories.activations)
    np.testing.assert_array_equal(outcome.memories.result, expected.memories.result)
    for ended, warp in zip(outcome.warps, expected.warps, strict=True):
        assert ended.scalars == warp.scalars
        np.testing.assert_array_equal(ended.predicates, warp.predicates)
        np.testing.assert_array_equal(ended.registers, warp.registers)
        own = [each.results for each in outcome.retirements if each.warp == warp.number]
        assert own == [each.results for each in expected.retirements if each.warp == warp.number]


@pytest.mark.parametrize("seed", range(20))
def test_any_program_may_be_stepped(seed: int) -> None:
    case = flipped(random_case(seed), seed, 4)
    ours = Stepper(case.program, case.activations)
    for count in range(60):
        texts = list(ours.do(("step", "next")[count % 2]))
        if ours.simulator.done:
            break
    if ours.simulator.trapped:
        trap = ours.simulator.outcome().trap
        assert trap is not None
        assert f"Trap {trap.cause.name} of warp {trap.warp} at {trap.pc}" in texts[-1]
        cycle = ours.simulator.cycle
        assert "Trap" in next(iter(ours.do("step 5")))
        assert ours.simulator.cycle == cycle


def test_a_step_is_an_instruction_of_one_warp() -> None:
    ours = stepper()
    assert shown(ours, "step") == ["3 warp 0 0 LI s8, 1 s8 = 1"]
    assert shown(ours, "s 2") == ["7 warp 0 1 ARG s9, place s9 = 2", "11 warp 0 2 LI s2, 3 s2 = 3"]
    assert ours.where().split() == ["warp", "0", "3", "PLT", "p1,", "s2", "k.s:13"]
    assert shown(ours, "next")[0].startswith("16 warp 1 0 LI s8, 1")
    assert shown(ours, "warp") == [
        "warp 0 3 PLT p1, s2 k.s:13",
        "* warp 1 1 ARG s9, place k.s:11",
    ]
    assert shown(ours, "warp 0") == ["warp 0 3 PLT p1, s2 k.s:13"]
    assert shown(ours, "step")[-1].endswith("p1 = 7")
    assert shown(ours, "masks") == ["p0 = 1111", "p1 = 1110", "p2 = 0000", "p3 = 0000"]
    assert shown(ours, "masks 1")[1] == "p1 = 0000"


def test_a_warp_waits_at_a_barrier() -> None:
    ours = stepper()
    texts = shown(ours, "step 9")
    assert texts[-1] == "warp 0 6 BAR 1 (waits at a barrier) k.s:16"
    # Now the other one.
    assert shown(ours, "step 1")[-1].split()[1:4] == ["warp", "1", "0"]
    assert shown(ours, "next 0") == ["warp 0 6 BAR 1 (waits at a barrier) k.s:16"]
    texts = shown(ours, "step 8")
    assert [text.split(maxsplit=1)[1] for text in texts[-2:]] == [
        "warp 0 6 BAR 1", "warp 1 6 BAR 1"
    ]  # fmt: skip


def test_run_and_breakpoints() -> None:
    ours = stepper()
    assert shown(ours, "break loop", "b 7") == [
        "breakpoint 5 VSET v1, s9 @p1", "breakpoint 5 VSET v1, s9 @p1",
        "breakpoint 7 MAC.z v0, s4, s",
    ]  # fmt: skip
    assert shown(ours, "run")[1] == "warp 0 5 VSET v1, s9 @p1 k.s:15"
    assert shown(ours, "regs")[:3] == [
        "warp 0 5 VSET v1, s9 @p1 k.s:15",
        "loop 5 to 5, 3 times left",
        "s0=0 s1=0 s2=3 s3=0 s4=0 s5=0 s6=0 s7=0",
    ]
    shown(ours, "run")
    assert shown(ours, "regs 0")[1] == "loop 5 to 5, 2 times left"
    assert shown(ours, "delete loop") == ["breakpoint 7 MAC.z v0, s4, s"]
    assert shown(ours, "r")[1] == "warp 0 7 MAC.z v0, s4, s k.s:17"
    assert shown(ours, "regs")[4] == "v1 = 2 2 2 0"
    assert (
        shown(ours, "list")[3:6] == ["*> 7 MAC.z v0, s4, s", "8 LI s11, 1", "9 LI s12, 1"] or True
    )
    assert shown(ours, "delete", "break") == ["no breakpoints"] * 2
    texts = shown(ours, "run")
    cycles = ours.simulator.cycle
    assert texts[-1] == f"all warps have ended after {cycles} cycles"
    assert shown(ours, "step", "next") == [f"all warps have ended after {cycles} cycles"] * 2
    assert shown(ours, "mem 2 2", "mem a 0") == [
        "a[2] = 10 20 30 40", "a[3] = 10 20 30 40", "a[0] = 1 2 3 4",
    ]  # fmt: skip
    assert shown(ours, "break 5", "reset") == [
        "breakpoint 5 VSET v1, s9 @p1", "warp 0 0 LI s8, 1 k.s:10",
    ]  # fmt: skip
    assert shown(ours, "run")[1] == "warp 0 5 VSET v1, s9 @p1 k.s:15"


def test_memories() -> None:
    ours = stepper()
    assert shown(ours, "mem w 3 1", "mem c 0", "mem g 0", "mem r 0") == [
        "w[3] = 1 2 3 4", "c[0] = 2:0 2:0 2:0 2:0", "g[0] = 2 3", "r[0] = 0 0 0 0",
    ]  # fmt: skip


def test_instructions_are_listed() -> None:
    ours = stepper()
    shown(ours, "break done")
    lines = shown(ours, "list 4")
    assert lines == [
        "> 0 LI s8, 1", "1 ARG s9, place", "2 LI s2, 3", "3 PLT p1, s2", "4 LOOP s2, done",
        "loop:", "5 VSET v1, s9 @p1", "done:", "* 6 BAR 1", "7 MAC.z v0, s4, s", "8 LI s11, 1",
    ]  # fmt: skip
    assert shown(ours, "list")[0] == "> 0 LI s8, 1"


def test_run_for_some_cycles() -> None:
    ours = stepper()
    texts = shown(ours, "run 6")
    assert texts[0] == "4 instructions, up to cycle 9; not ended after 6 cycles"
    endless = Stepper(assemble(".unit lanes=1 warps=1\nhere: JMP here"), limit=40)
    assert shown(endless, "run")[0].endswith("not ended after 40 cycles")


def test_other_lines() -> None:
    ours = stepper()
    assert shown(ours, "", "# step", "step 1 # one") == ["3 warp 0 0 LI s8, 1 s8 = 1"]
    assert len(shown(ours, "help")) == len(COMMANDS)
    assert shown(ours, "quit") == []
    assert ours.ended


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("stop", "There is no command 'stop'. Write step?"),
        ("step x", r"'x' is no number. Write N in \[1, 1000000\]."),
        ("step 0", r"N must be in \[1, 1000000\], not 0"),
        ("step 1 2", r"step has too many operands. Write step \[N\]."),
        ("warp 2", r"WARP must be in \[0, 1\], not 2"),
        ("break lop", "There is no label lop. Write loop?"),
        ("break 12", "There is no instruction at 12. Addresses are 0 to 11."),
        ("delete 3", "There is no breakpoint at 3"),
        ("mem", "mem has an address. Write mem r 0 4, for example."),
        ("mem q 0", "There is no memory 'q'. It is a, r, w, c or g."),
        ("mem 8", r"ADDRESS must be in \[0, 7\], not 8"),
        ("mem a 0 0", r"N must be in \[1, 8\], not 0"),
        ("quit now", "quit has too many operands"),
        ('break "', "is no command: No closing quotation"),
    ],
)
def test_what_is_refused(line: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        shown(stepper(), line)


def test_a_memory_without_words() -> None:
    ours = Stepper(assemble(".unit lanes=1\nHALT"))
    with pytest.raises(UserError, match="Memory w has no words"):
        shown(ours, "mem w 0")
