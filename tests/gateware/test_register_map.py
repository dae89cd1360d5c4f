"""The registers of an accelerator: addresses, constants, wrong arguments."""

import re

import pytest

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.debug import DebugFormat
from hawx_hw.gateware.register_map import (
    ERRORS,
    ID,
    LAYER_CYCLES_ADDRESS,
    RegisterConstant,
    accelerator_registers,
    errors_of,
    version_word,
)
from hawx_hw.gateware.registers import Access
from hawx_hw.gateware.trap import TrapFormat

CONSTANTS = (RegisterConstant("rows", 8, "Rows."), RegisterConstant("columns", 5, "Columns."))
CORE = CoreSignature(word_codes=4, image_shape=(1, 28, 28), result_shape=(10,), layers=7)


def test_registers_of_an_accelerator():
    registers = accelerator_registers(
        CORE, constants=CONSTANTS, config_hash=0x89ABCDEF, version="1.2.3"
    )
    constants = {
        r.name: r.fields[0].reset for r in registers if r.fields[0].access is Access.CONSTANT
    }
    assert constants == {
        "id": ID,
        "version": 0x01020003,
        "config_hash": 0x89ABCDEF,
        "rows": 8,
        "columns": 5,
        "word_codes": 4,
        "layers": 7,
        "image_bytes": 784,
        "result_bytes": 10,
        "parameter_bytes": 0,
    }
    assert registers["layer_cycles"].address == LAYER_CYCLES_ADDRESS
    assert registers["layer_cycles"].count == 7
    assert [f.name for f in registers["error"].fields] == list(ERRORS)
    with pytest.raises(KeyError):
        registers["nothing"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"config_hash": 2**32},
            "Config hash must be an unsigned number of 32 bits, not 4294967296",
        ),
        ({"constants": CONSTANTS * 6}, "Constants must be at most 10, not 12"),
        ({"version": "1.2"}, "Version must be major.minor.patch, not '1.2'"),
        ({"version": "1.2.99999"}, "Version must fit in 8, 8 and 16 bits, not '1.2.99999'"),
    ],
)
def test_wrong_arguments(changes, message):
    arguments = {"constants": CONSTANTS, "config_hash": 0, "version": "0.1.0"} | changes
    with pytest.raises(ValueError, match=r"^" + re.escape(message) + "$"):
        accelerator_registers(CORE, **arguments)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Rows", 1, "Name must be a lower-case identifier, not 'Rows'"),
        ("", 1, "Name must be a lower-case identifier, not ''"),
        ("rows", -1, "Value must be an unsigned number of 32 bits, not -1"),
        ("rows", 2**32, "Value must be an unsigned number of 32 bits, not 4294967296"),
    ],
)
def test_wrong_constants(name, value, message):
    with pytest.raises(ValueError, match=r"^" + re.escape(message) + "$"):
        RegisterConstant(name, value, "Of the array.")


def test_constants_of_an_architecture_lie_in_their_order():
    names = ["lanes", "warps", "threads", "stack"]
    given = [RegisterConstant(name, 5 + at, "A number.") for at, name in enumerate(names)]
    registers = accelerator_registers(CORE, constants=given, config_hash=0, version="0.1.0")
    by_name = {each.name: (each.address, each.fields[0].reset) for each in registers}
    addresses = [0x040, 0x044, 0x060, 0x064]
    assert [by_name[name] for name in names] == [(a, 5 + i) for i, a in enumerate(addresses)]


def test_version_word():
    assert version_word("0.1.0") == 0x00010000


def test_no_two_registers_overlap():
    registers = accelerator_registers(CORE, constants=CONSTANTS, config_hash=0, version="0.1.0")
    words = [each.address + 4 * word for each in registers for word in range(each.count)]
    assert len(set(words)) == len(words)


def test_a_constant_must_not_be_called_like_a_register():
    with pytest.raises(ValueError, match="different names"):
        accelerator_registers(
            CORE,
            constants=[RegisterConstant("status", 1, "A number.")],
            config_hash=0,
            version="0.1.0",
        )


def test_only_a_core_with_traps_has_registers_of_them():
    trap = TrapFormat({"encoding": "", "loop": ""}, 4, 12, 20)
    trapping = CoreSignature(
        word_codes=4, image_shape=(1, 28, 28), result_shape=(10,), layers=7, trap=trap
    )
    plain, more = (
        accelerator_registers(core, config_hash=0, version="1.2.3") for core in (CORE, trapping)
    )
    names = [[register.name for register in registers] for registers in (plain, more)]
    added = ["trap", "trap_pc", "trap_value", "watchdog"]
    assert [name for name in names[1] if name not in names[0]] == added
    assert [more[name].address for name in added] == [48, 52, 56, 60]
    assert "0 encoding, 1 loop" in more["trap"].fields[2].description
    errors = [[field.name for field in registers["error"].fields] for registers in (plain, more)]
    assert errors == [list(ERRORS), [*ERRORS, "core_trap"]]
    assert errors == [list(errors_of(core)) for core in (CORE, trapping)]


def test_only_a_core_with_debug_has_registers_of_it():
    debug = DebugFormat(4, 12, {"pc": "the next instruction", "scalar": "NUMBER"})
    shape = {"word_codes": 4, "image_shape": (1, 28, 28), "result_shape": (10,), "layers": 7}
    plain, more = (
        accelerator_registers(
            CoreSignature(**shape, debug=each), constants=CONSTANTS, config_hash=0, version="1.2.3"
        )
        for each in (None, debug)
    )
    names = [[register.name for register in registers] for registers in (plain, more)]
    added = [f"debug_{name}" for name in ("control", "status", "break", "index", "data")]
    assert [name for name in names[1] if name not in names[0]] == added
    assert [more[name].address for name in added] == [0x80, 0x84, 0x88, 0x8C, 0x90]
    kinds = more["debug_index"].fields[3].description
    assert kinds == "0 pc: the next instruction; 1 scalar: NUMBER."
