"""The numbers of a unit."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.architectures.simt.unit import Unit, default_cluster, default_requantizers
from hawx_hw.util.divisors import divisors


@pytest.mark.parametrize(
    ("lanes", "cluster", "word", "warps", "requantizers"),
    [
        (1, 1, 1, 2, 1), (2, 2, 2, 2, 1), (3, 3, 3, 2, 1), (4, 4, 4, 2, 1), (8, 8, 8, 2, 1),
        (12, 6, 6, 3, 1), (13, 13, 13, 3, 1), (16, 8, 8, 3, 1), (32, 8, 8, 3, 1),
        (33, 33, 33, 3, 2), (64, 8, 8, 3, 2),
    ],
)  # fmt: skip
def test_defaults(lanes: int, cluster: int, word: int, warps: int, requantizers: int) -> None:
    unit = Unit(lanes=lanes)
    assert (unit.cluster, unit.word, unit.warps) == (cluster, word, warps)
    assert unit.requantizers == requantizers == default_requantizers(lanes)
    assert default_cluster(lanes) == cluster
    assert unit.groups == divisors(lanes // cluster)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"lanes": 0}, r"lanes must be in \[1, 64\], not 0"),
        ({"lanes": 65}, r"lanes must be in \[1, 64\], not 65"),
        ({"lanes": 8, "cluster": 3}, "cluster must divide lanes, 8, not 3"),
        ({"lanes": 8, "cluster": 4, "word": 3}, "word must divide cluster, 4, not 3"),
        ({"warps": 9}, r"warps must be in \[1, 8\], not 9"),
        ({"registers": 1}, r"registers must be in \[2, 32\], not 1"),
        ({"taps": 33}, r"taps must be in \[1, 32\], not 33"),
        ({"lanes": 2, "requantizers": 3}, "requantizers must be at most 2, the bytes of a word"),
        ({"lanes": 16, "groups": (2,)}, "groups must be 1 and other divisors of 2"),
        ({"lanes": 16, "groups": (1, 3)}, "groups must be 1 and other divisors of 2"),
        ({"scalar_bits": 12, "activation_words": 513}, "activation_words must be at most 512"),
        ({"register_bits": 32, "product_bits": 31}, "product_bits must be at least 32"),
        ({"register_bits": 15}, r"register_bits must be in \[16, 32\], not 15"),
        ({"loops": 3}, r"loops must be in \[0, 2\], not 3"),
        ({"predicates": 4}, r"predicates must be in \[0, 3\], not 4"),
        ({"instructions": ("MAC", "LI")}, "in the order of their opcodes, not MAC, LI"),
        ({"instructions": ("HALT", "MAC.q")}, "some of those that there are"),
    ],
)
def test_numbers_that_do_not_go_together(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Unit(**numbers)


def test_addresses_of_words_of_a_power_of_two_are_bytes() -> None:
    unit = Unit(lanes=8)
    assert [unit.address(byte) for byte in (-9, -1, 0, 7, 8, 100)] == [-9, -1, 0, 7, 8, 100]


def test_addresses_of_other_words_have_the_byte_in_the_low_bits() -> None:
    unit = Unit(lanes=3)
    assert (unit.byte_bits, unit.word_bits) == (2, 14)
    assert [unit.address(byte) for byte in (0, 2, 3, 5, -1, -3)] == [0, 2, 4, 6, -2, -4]


def test_a_warp_begins_in_its_own_cycles() -> None:
    unit = Unit(lanes=8, warps=3)
    assert [unit.begin_cycle(2, cycle) for cycle in (0, 2, 3, 6)] == [2, 2, 6, 6]
    wide = Unit(lanes=8, warps=8)
    assert wide.begin_cycle(7, 8) == 15


def test_the_layout_has_every_number() -> None:
    assert Unit(**Unit(lanes=13).layout) == Unit(lanes=13)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("instructions", "vectors", "compares", "adds_codes", "takes_own"),
    [
        ((), True, True, True, True),
        (("HALT", "MAC.z"), False, False, False, False),
        (("VSET", "MACW"), True, False, False, True),
        (("VEQ",), True, True, False, False),
        (("RADD.z",), False, False, True, True),
    ],
)
def test_what_instructions_need(
    instructions: tuple[str, ...], vectors: bool, compares: bool, adds_codes: bool, takes_own: bool
) -> None:
    unit = Unit(instructions=instructions)
    assert (unit.vectors, unit.compares) == (vectors, compares)
    assert (unit.adds_codes, unit.takes_own) == (adds_codes, takes_own)


def test_instructions_by_name() -> None:
    unit = Unit(instructions=("LI", "MAC.z", "QST"))
    assert unit.has("MAC") and unit.has("NOP", "LI") and not unit.has("MACW", "VADD")
    assert unit.has_name("MAC.z") and unit.has_name("QST")
    assert not unit.has_name("MAC") and not unit.has_name("QST.max")
    assert Unit().has("NOP") and Unit().has_name("QST.sum")
