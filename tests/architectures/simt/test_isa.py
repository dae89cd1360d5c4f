"""The table of instructions, its encoder and its decoder."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.simt.isa import (
    FORMS,
    INSTRUCTIONS,
    OPERATIONS,
    EncodingError,
    Field,
    Instruction,
    Operation,
    Place,
    barrel_period,
    decode,
    encode,
    multiply_latency,
    operation_named,
)

#: Time on a loaded machine is no property of the program.
UNTIMED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
#: Opcodes as the design document has them: they must never change by accident.
OPCODES = {
    "NOP": 0x01, "HALT": 0x02, "BAR": 0x03, "REL": 0x04, "WAITR": 0x05, "LI": 0x06, "LIH": 0x07,
    "ADD": 0x08, "SUB": 0x09, "ADDI": 0x0A, "ARG": 0x0B, "SR": 0x0C, "JMP": 0x10, "BEQ": 0x11,
    "BNE": 0x12, "BLT": 0x13, "BGE": 0x14, "LOOP": 0x15, "VSET": 0x20, "VLANE": 0x21, "VADD": 0x22,
    "VSUB": 0x23, "VMIN": 0x24, "VMAX": 0x25, "VLT": 0x26, "VEQ": 0x27, "PLT": 0x28, "PAND": 0x29,
    "MAC": 0x30, "MACW": 0x31, "LDV": 0x32, "RADD": 0x33, "RMAX": 0x34, "QST": 0x38, "STV": 0x39,
}  # fmt: skip


def legal_values(operation: Operation) -> st.SearchStrategy[Instruction]:
    """Instructions of an operation; every field often at its limits."""
    values: dict[str, st.SearchStrategy[int]] = {}
    kinds = {operand.field: operand.kind for operand in operation.operands}
    for name, place in operation.fields.items():
        low, high = place.range[0], place.range[-1]
        match kinds.get(name, name):
            case "pred":
                values[name] = st.sampled_from([0, 1, 2, 3, 5, 6, 7])
            case "condition":
                values[name] = st.sampled_from([0, 1, 2, 3, 5, 6, 7])
            case "fn":
                values[name] = st.sampled_from(list(operation.suffixes.values()))
            case "special":
                values[name] = st.integers(0, 5)
            case "layer":
                values[name] = st.integers(0, high) | st.sampled_from([0, high])
            case _:
                values[name] = st.integers(low, high) | st.sampled_from([low, high])
    return st.builds(Instruction, st.just(operation.mnemonic), **values)


instructions = st.sampled_from(list(OPERATIONS.values())).flatmap(legal_values)


def test_opcodes_are_those_of_the_design() -> None:
    assert {each.mnemonic: each.opcode for each in OPERATIONS.values()} == OPCODES
    assert all(operation_named(name).opcode == opcode for name, opcode in OPCODES.items())


@UNTIMED
@given(instructions)
def test_decoding_reverses_encoding(instruction: Instruction) -> None:
    word = encode(instruction)
    assert 0 <= word < 1 << 32
    assert word >> 26 == instruction.operation.opcode
    assert decode(word) == instruction


@UNTIMED
@given(st.integers(0, (1 << 32) - 1))
def test_every_word_is_an_instruction_or_is_refused(word: int) -> None:
    try:
        instruction = decode(word)
    except EncodingError:
        return
    assert encode(instruction) == word


@UNTIMED
@given(instructions, st.integers(0, 31))
def test_a_bit_outside_of_the_fields_is_refused(instruction: Instruction, bit: int) -> None:
    if instruction.operation.mask >> bit & 1:
        return
    with pytest.raises(EncodingError, match="outside of the fields"):
        decode(encode(instruction) | 1 << bit)


def test_an_empty_memory_is_no_program() -> None:
    with pytest.raises(EncodingError, match="0x00000000 has the opcode of no instruction"):
        decode(0)


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        (Instruction("MAC", pred=4), "MAC: pred must not be 4"),
        (Instruction("MAC", fn=2), r"MAC: fn must be one of \[0, 1\], not 2"),
        (Instruction("QST", fn=3), r"QST: fn must be one of \[0, 1, 2\], not 3"),
        (Instruction("LDV", fn=1), "LDV has no fn, not even 1"),
        (Instruction("QST", pred=1), "QST has no pred, not even 1"),
        (Instruction("LI", imm=1 << 14), r"LI: imm must be in \[-16384, 16383\], not 16384"),
        (Instruction("LI", rd=16), r"LI: rd must be in \[0, 15\], not 16"),
        (Instruction("SR", imm=6), r"SR: k must be in \[0, 5\], not 6"),
        (Instruction("BAR", imm=-1), "BAR: layer must not be negative, not -1"),
        (Instruction("PAND", vd=1, va=4), r"PAND: pa must be in \[0, 7\] and not 4, not 4"),
        (Instruction("PAND", vd=1, vb=8), r"PAND: pb must be in \[0, 7\] and not 4, not 8"),
    ],
)
def test_what_cannot_be_encoded(instruction: Instruction, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode(instruction)


def test_fields_of_a_form_do_not_overlap() -> None:
    for form in FORMS.values():
        bits = [field.mask for field in form.values()]
        assert sum(bits) | 0x3F << 26 == sum(bits) + (0x3F << 26)
        for first in bits:
            assert sum(bool(first & other) for other in bits) == 1


def test_signed_fields() -> None:
    field = Field(3, 4, signed=True)
    assert [field.extract(field.insert(value)) for value in field.range] == list(range(-8, 8))
    assert field.mask == 0b1111000


def test_every_operation_is_described() -> None:
    for operation in OPERATIONS.values():
        assert operation.meaning.endswith((".", "`", "cut", "signed", "unsigned")), operation
        assert set(operation.fields) <= set(FORMS[operation.form])
        assert list(operation.traps) == sorted(operation.traps)


def test_only_what_reads_registers_takes_longer() -> None:
    assert {each.latency for each in OPERATIONS.values() if each.place is Place.FRONT} == {0}
    assert operation_named("VLANE").latency == 4
    assert operation_named("VEQ").latency == 6


def test_the_barrel_has_room_for_its_pipeline() -> None:
    assert [barrel_period(warps) for warps in (1, 2, 4, 5, 8)] == [4, 4, 4, 5, 8]
    assert [multiply_latency(register) for register in (False, True)] == [6, 7]


def test_the_name_of_a_suffix() -> None:
    assert [Instruction("QST", fn=fn).suffix for fn in range(3)] == ["", "max", "sum"]
    assert Instruction("LDV").suffix == ""


def test_names_of_instructions() -> None:
    assert len(set(INSTRUCTIONS)) == len(INSTRUCTIONS)
    assert Instruction("MAC").name == "MAC" and Instruction("MAC", fn=1).name == "MAC.z"
    assert Instruction("QST", fn=2).name == "QST.sum" and Instruction("LI").name == "LI"
    assert {each.mnemonic for each in OPERATIONS.values()} == {
        name.split(".")[0] for name in INSTRUCTIONS
    }
