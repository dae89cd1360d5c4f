"""Lines of traces, and traps in words."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.trace import instruction_at, place_of, trace_line, trap_text

SOURCE = """\
.unit lanes=4 warps=1
        LI s2, 3
        LOOP s2, end
        VLANE v1
end:    VSET v0, s2 @!p1
        VSET v9, s2
"""


def test_lines() -> None:
    program = assemble(SOURCE.replace("v9", "v7"), file="k.s")
    outcome = simulate(program)
    lines = [trace_line(program, each) for each in outcome.retirements]
    assert lines[0] == f"{'       3  warp 0      0  LI      s2, 3':60}  s2 = 3"
    assert lines[1] == "       7  warp 0      1  LOOP    s2, end"
    assert " ".join(lines[2].split()) == "15 warp 0 2 VLANE v1 v1 = (0, 1, 2, 3)"
    assert "VSET    v0, s2 @!p1" in lines[5]
    assert outcome.trap is not None
    assert trap_text(program, outcome.trap) == (
        "Trap PC of warp 0 at 5 in cycle 51: no instruction at this address (the address: 5)"
    )


def test_a_trap_has_the_place_in_the_source() -> None:
    program = assemble(SOURCE.replace("v9", "v7") + ".word 0x80240000", file="k.s")
    outcome = simulate(program, np.zeros((1, 4), dtype=np.int8))
    assert outcome.trap is not None
    text = trap_text(program, outcome.trap)
    assert text.startswith("k.s:7: Trap REGISTER of warp 0 at 5 in cycle 51: no such vector ")


def test_addresses_without_a_line_or_an_instruction() -> None:
    program = assemble(SOURCE.replace("v9", "v7"), file="k.s")
    assert place_of(program, 0) == "k.s:2"
    assert place_of(program, 5) == ""
    assert instruction_at(program, 5) == "(no instruction)"


def test_a_cause_without_a_value_shows_none() -> None:
    program = assemble(".unit lanes=1\nhere: JMP here\n", file="k.s")
    trap = simulate(program, watchdog=50).trap
    assert trap is not None
    assert trap_text(program, trap).endswith("the inference takes longer than the watchdog allows")
