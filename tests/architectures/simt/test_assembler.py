"""From a source to instructions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hawx_hw.architectures.simt.assembler import assemble, assemble_file
from hawx_hw.architectures.simt.isa import Instruction, decode
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.errors import UserError

HEAD = ".unit lanes=8 cluster=4 warps=2\n.stream s\n.store o\n.arg a 1\n"


def first(text: str) -> Instruction:
    return decode(assemble(f"{HEAD}{text}\nHALT", file="k.s").code[0])


@pytest.mark.parametrize(
    ("text", "instruction"),
    [
        ("NOP", Instruction("NOP")),
        ("bar 3", Instruction("BAR", imm=3)),
        ("LI s15, -0x10", Instruction("LI", rd=15, imm=-16)),
        ("ADD S1, s2, s3", Instruction("ADD", rd=1, ra=2, rb=3)),
        ("ADDI s1, s2, -1", Instruction("ADDI", rd=1, ra=2, imm=-1)),
        ("ARG s1, a", Instruction("ARG", rd=1)),
        ("ARG s1, 12", Instruction("ARG", rd=1, imm=12)),
        ("SR s1, lanes", Instruction("SR", rd=1, imm=2)),
        ("SR s1, 4", Instruction("SR", rd=1, imm=4)),
        ("JMP 1", Instruction("JMP", offset=1)),
        ("BLT s1, s2, end\nNOP\nend:", Instruction("BLT", ra=1, rb=2, offset=1)),
        ("here: JMP here", Instruction("JMP", offset=-1)),
        ("LOOP s3, end\nNOP\nNOP\nend:", Instruction("LOOP", ra=3, offset=2)),
        ("LOOP s3, 2", Instruction("LOOP", ra=3, offset=2)),
        ("VSET v7, s1 @p2", Instruction("VSET", v=7, rs=1, pred=2)),
        ("VLANE v1", Instruction("VLANE", vd=1)),
        ("VADD v1, v2, v3 @!p3", Instruction("VADD", vd=1, va=2, vb=3, pred=7)),
        ("VLT p1, v2, v3", Instruction("VLT", vd=1, va=2, vb=3)),
        ("PLT p2, s3", Instruction("PLT", v=2, rs=3)),
        ("PLT p2, s3, 2", Instruction("PLT", v=2, rs=3, d=1)),
        ("PAND p3, !p1, p0", Instruction("PAND", vd=3, va=5, vb=0)),
        ("MAC v1, s4, s", Instruction("MAC", v=1, rs=4)),
        ("mac.Z v1, s4, s, sel=3 @p1", Instruction("MAC", v=1, rs=4, sel=3, fn=1, pred=1)),
        ("LDV v1, s4, 255", Instruction("LDV", v=1, rs=4, d=255)),
        ("QST.sum v1, s4, o", Instruction("QST", v=1, rs=4, fn=2)),
        ("STV v1, s4, o", Instruction("STV", v=1, rs=4)),
    ],
)
def test_instructions(text: str, instruction: Instruction) -> None:
    assert first(text) == instruction


def test_a_word_may_be_given() -> None:
    assert assemble(f"{HEAD}.word 0xdeadbeef").code == (0xDEADBEEF,)


def test_the_names_of_a_source() -> None:
    names = assemble(f"{HEAD}NOP\n\nend: HALT", file="k.s").names
    assert (names.labels, names.lines, names.file) == ({"end": 1}, (5, 7), "k.s")
    assert names.streams == {"s": 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MUL s1, s2", "k.s:5:1: There is no instruction MUL. "),
        ("MACV v0, s4, s", "k.s:5:1: There is no instruction MACV. Write MAC?"),
        ("MAC.y v0, s4, s", "k.s:5:5: MAC has no suffix y. It must be one of z."),
        ("NOP.z", "k.s:5:5: NOP has no suffix z. There are none."),
        ("ADD s1, s2", "k.s:5:1: ADD has 3 operands, not 2. Write ADD rd, ra, rb."),
        ("NOP s1", "k.s:5:1: NOP has 0 operands, not 1. Write NOP."),
        ("ADD s1 s2, s3, s4", "k.s:5:8: 's2' has no place here. Is a comma missing?"),
        (
            "LI s1, 16384",
            "k.s:5:8: The number must be in [-16384, 16383], not 16384. Write LI rd, -16384 and "
            "then LIH rd, 0.",
        ),
        ("LI s1, 99999", "LI rd, 1695 and then LIH rd, 3. Give .unit scalar_bits=17."),
        ("LI s1, 0x1000000", "No unit has scalars of more than 24 bits."),
        ("LI s1, 0b1111111111111111111111111111111111111", "No unit has scalars of more than 24"),
        ("LI s1, many", "k.s:5:8: 'many' is no number. Write one in [-16384, 16383]."),
        ("ADDI s1, s1, 16384", "The number must be in [-16384, 16383], not 16384"),
        ("LI s16, 1", "k.s:5:4: There is no register s16. Write s0 to s15."),
        ("LI v1, 1", "k.s:5:4: 'v1' is no register s0 to s15. Write s1, for example."),
        ("LI s, 1", "k.s:5:4: 's' is no register s0 to s15"),
        ("LI s\u0661, 1", "is no register s0 to s15"),
        ("VLANE v8", "k.s:5:7: There is no register v8. Write v0 to v7."),
        ("PLT p0, s1", "k.s:5:5: p0 cannot be written. Write p1, p2 or p3."),
        ("PLT p1, s1, 3", "k.s:5:13: groups must be in [1, 2], not 3"),
        ("PAND p1, !p0, p1", "k.s:5:10: !p0 is no lane at all. Write p0, or !p1 to !p3."),
        ("ADD s1, s2, s3 @p1", "k.s:5:16: ADD has no predicate. Remove it."),
        ("LDV v0, s4, s, sel=1", "k.s:5:16: LDV has no selection. Remove it."),
        ("MAC v0, s4, s, sel=8", "k.s:5:20: sel must be in [0, 7], not 8"),
        ("MAC v0, s4, t", "k.s:5:13: There is no stream t. It must be one of s."),
        ("QST v0, s4, 256", "k.s:5:13: The number of a store must be in [0, 255], not 256"),
        ("ARG s1, b", "k.s:5:9: There is no argument b. It must be one of a."),
        ("SR s1, warpz", "k.s:5:8: There is no special register warpz. Write warp?"),
        ("JMP away", "k.s:5:5: There is no label away. There are none."),
        ("end: LOOP s1, end", "k.s:5:15: end is -1 instructions on; it must be 1 to 16383"),
        ("LOOP s1, 0", "k.s:5:10: The distance must be in [1, 16383], not 0"),
        ("BAR -1", "k.s:5:5: layer must be in [0, 16383], not -1"),
        ("a: NOP\na: NOP", "k.s:6:1: There are two labels a. Rename one."),
        (".word", "k.s:5:1: .word has one number"),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        first(text)
    assert message in str(error.value)


def test_an_instruction_that_the_unit_lacks() -> None:
    source = ".unit lanes=4 instructions=LI+QST.max+HALT\n.store o\n"
    assert len(assemble(f"{source}li s1, 1\nqst.max v0, s4, o").code) == 2
    for text, name in (("NOP", "NOP"), ("QST v0, s4, o", "QST"), ("qst.SUM v0, s4, o", "QST.sum")):
        with pytest.raises(UserError, match=rf"k\.s:3:1: The unit has no {name}\. It has HALT, LI"):
            assemble(f"{source}{text}", file="k.s")


def test_a_source_without_instructions() -> None:
    with pytest.raises(UserError, match=r"There are no instructions\. End with HALT\."):
        assemble(HEAD, file="k.s")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "k.s"
    path.write_text(f"{HEAD}HALT\n")
    assert len(assemble_file(path).code) == 1
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="It is no text in UTF-8"):
        assemble_file(path)
    with pytest.raises(UserError, match="No such file"):
        assemble_file(tmp_path / "none.s")


@pytest.mark.parametrize(
    "value", [16384, 32767, 32768, 65535, -16385, -32768, (1 << 24) - 1, -(1 << 23), 99999]
)
def test_two_instructions_load_what_one_cannot(value: int) -> None:
    """The hint of a number that LI does not hold gives scalars that number."""
    head = ".unit lanes=4 warps=1 scalar_bits=24\n"
    with pytest.raises(UserError) as error:
        assemble(f"{head}LI s1, {value}")
    hint = error.value.hint or ""
    match = re.fullmatch(r"Write (LI rd, -?\d+) and then (LIH rd, -?\d+)\.", hint)
    assert match is not None
    code = "\n".join(line.replace("rd", "s1") for line in match.groups())
    outcome = simulate(assemble(f"{head}{code}\nHALT"))
    assert int(outcome.warps[0].scalars[1]) == value % (1 << 24)
