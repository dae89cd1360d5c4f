"""Words of the layer program."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from hawx_hw.architectures.systolic.steps import SIGNED, Step, program_format

ZERO = Step(**{field.name: 0 for field in fields(Step)})


def widths(*steps: Step) -> dict[str, int]:
    return {name: width for name, width, _ in program_format(steps).widths}


def test_fields_stand_in_the_order_of_the_step() -> None:
    assert list(widths(ZERO)) == [field.name for field in fields(Step)]


@pytest.mark.parametrize(
    ("values", "bits"), [((0,), 1), ((1,), 1), ((2,), 2), ((255,), 8), ((256, 3), 9)]
)
def test_unsigned_fields_are_as_wide_as_their_largest_value(values, bits: int) -> None:
    assert widths(*(replace(ZERO, height=value) for value in values))["height"] == bits


@pytest.mark.parametrize(
    ("values", "bits"),
    [((0,), 1), ((-1,), 1), ((1,), 2), ((-2,), 2), ((127,), 8), ((-128, 127), 8), ((128,), 9)],
)
def test_signed_fields_are_as_wide_as_twos_complement_needs(values, bits: int) -> None:
    assert widths(*(replace(ZERO, low=value) for value in values))["low"] == bits


def test_coordinates_and_what_is_added_to_them_are_signed() -> None:
    assert {"pad_code", "low", "high", "x_start", "y_start", "offset_start"} <= SIGNED
    assert "offset_step_row" in SIGNED
    assert not SIGNED & {"height", "shift", "weights", "destination"}


def test_a_word_holds_the_first_field_in_its_lowest_bits() -> None:
    step = replace(ZERO, stream=1, to_result=1, height=5, pad_code=-3)
    layout = program_format([step])
    word = layout.pack(step)
    # stream, reduce, per_element, to_result, releases_input, last; height of 3 bits; width.
    assert word & 0b111111 == 0b001001
    assert word >> 6 & 0b111 == 5
    assert word >> 9 & 1 == 0
    assert word >> 10 & 0b111 == 0b101  # -3 in three bits
    assert layout.bits == sum(width for _, width, _ in layout.widths)
    assert word >> layout.bits == 0


def test_negative_numbers_need_a_sign() -> None:
    with pytest.raises(ValueError, match="Field 'height' must not be negative, not -1"):
        program_format([replace(ZERO, height=-1)])
