"""What an instruction asks the multiply engine for."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.simt.gateware.request import Kind, MultiplyRequest, request_values
from hawx_hw.architectures.simt.isa import OPERATIONS, Instruction, Place
from hawx_hw.architectures.simt.unit import Unit


@pytest.mark.parametrize(
    ("mnemonic", "fn", "kind", "multiplies", "own", "clears"),
    [
        ("MAC", 0, Kind.ADD, 1, 0, 0),
        ("MAC", 1, Kind.ADD, 1, 0, 1),
        ("MACW", 1, Kind.ADD, 1, 1, 1),
        ("LDV", 0, Kind.LOAD, 0, 1, 0),
        ("RADD", 1, Kind.ADD, 0, 1, 1),
        ("RMAX", 0, Kind.MAXIMUM, 0, 1, 0),
    ],
)
def test_members(
    mnemonic: str, fn: int, kind: Kind, multiplies: int, own: int, clears: int
) -> None:
    values = request_values(Instruction(mnemonic, v=3, rs=4, d=7, fn=fn, sel=5))
    assert values == {
        "kind": kind,
        "multiplies": multiplies,
        "own": own,
        "clears": clears,
        "register": 3,
        "select": 5,
        "stream": 7,
    }
    assert set(values) < set(MultiplyRequest(Unit(), 8).members)


def test_all_operations_of_the_engine_are_there() -> None:
    names = {each.mnemonic for each in OPERATIONS.values() if each.place is Place.MULTIPLY}
    assert names == {"MAC", "MACW", "LDV", "RADD", "RMAX"}
