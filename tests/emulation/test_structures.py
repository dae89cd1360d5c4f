"""What the C kernels take: laid out as in C, with rules that are exact in double precision."""

from __future__ import annotations

import ctypes
import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import hawx_hw.emulation
from hawx_hw.emulation.structures import (
    ProductEntries,
    Rule,
    Window,
    layer_window,
    pointer,
    rule_of,
    window_of,
)
from hawx_hw.graph.graph import Conv2d, Linear, MaxPool2d, Requantization

HEADER = Path(hawx_hw.emulation.__file__).parent / "kernels" / "structures.h"


@pytest.mark.parametrize(
    ("structure", "name"),
    [(Window, "hawx_window"), (Rule, "hawx_rule"), (ProductEntries, "hawx_products")],
)
def test_fields_stand_in_the_order_of_the_header(structure: type, name: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text("utf-8"), flags=re.DOTALL)
    (body,) = re.findall(r"typedef struct \{([^}]*)\} " + name + ";", text)
    declared = []
    for declaration in filter(None, map(str.strip, body.split(";"))):
        kind, names = re.fullmatch(r"(?:const )?(\w+)\s+(.*)", declaration, re.DOTALL).groups()
        for field in names.split(","):
            field = field.strip()
            c_type = (
                ctypes.c_void_p if field.startswith("*") else getattr(ctypes, f"c_{kind}", None)
            )
            declared.append((field.lstrip("*"), c_type or ctypes.c_int64))
    assert declared == list(structure._fields_)


def window(**values: int) -> dict[str, int]:
    return dict.fromkeys([name for name, _ in Window._fields_], 0) | values


def as_dict(structure: ctypes.Structure) -> dict[str, int]:
    return {name: getattr(structure, name) for name, _ in structure._fields_}


def test_the_window_of_a_pooling() -> None:
    """5 x 8 with padding 1, 2, 0, 1 is 6 x 11; windows of 2 x 3 fit 3 times in steps of 2, and 3
    times in steps of 4."""
    node = MaxPool2d("p", ("x",), (2, 3), (2, 4), (1, 2, 0, 1))
    assert as_dict(window_of(node, np.zeros((1, 4, 5, 8), np.int8), (2, 3), -128)) == window(
        channels=4,
        height=5,
        width=8,
        out_height=3,
        out_width=3,
        kernel_height=2,
        kernel_width=3,
        stride_y=2,
        stride_x=4,
        top=1,
        left=2,
        bottom=0,
        right=1,
        pad=-128,
    )


def test_the_window_of_a_convolution() -> None:
    weight = np.zeros((6, 4, 2, 3), np.int8)
    rule = Requantization(np.ones(6), 1, 0)
    node = Conv2d("c", ("x",), weight, np.zeros(6, np.int32), rule, (1, 1), (0, 0, 0, 0))
    result, shape = layer_window(node, np.zeros((1, 4, 5, 8), np.int8), -7)
    assert shape == (6, 4, 6)
    assert (result.filters, result.out_height, result.out_width, result.pad) == (6, 4, 6, -7)


def test_a_linear_layer_is_a_convolution_of_maps_of_one_pixel() -> None:
    rule = Requantization(np.ones(3), 1, 0)
    node = Linear("l", ("x",), np.zeros((3, 50), np.int8), np.zeros(3, np.int32), rule)
    result, shape = layer_window(node, np.zeros((1, 50), np.int8), 9)
    assert shape == (3,)
    assert as_dict(result) == window(
        channels=50,
        height=1,
        width=1,
        filters=3,
        out_height=1,
        out_width=1,
        kernel_height=1,
        kernel_width=1,
        stride_y=1,
        stride_x=1,
    )


@pytest.mark.parametrize("step", [1, 4, 128])
@pytest.mark.parametrize("shift", [1, 16, 31])
def test_a_rule_in_double_precision_is_the_rule_in_fractions(step: int, shift: int) -> None:
    """The kernels compute ``(low + clamp(floor(sum * multiplier + constant), 0, span)) & mask``."""
    rng = np.random.default_rng(shift)
    multipliers = np.array([1, 40001, 65535])
    rule = Requantization(multipliers, shift, 7, -100, 90, step)
    result, scaled_multipliers = rule_of(rule, 3)
    assert result.multiplier == scaled_multipliers.ctypes.data
    sums = [0, 1, -1, 2**31 - 1, -(2**31), *rng.integers(-(2**31), 2**31, 200).tolist()]
    for index, multiplier in enumerate(multipliers.tolist()):
        for total in sums:
            exact = Fraction(total * multiplier, 2**shift) + Fraction(step, 2)
            expected = min(max(math.floor(exact) + 7, -100), 90) & -step
            scaled = math.floor(total * float(scaled_multipliers[index]) + result.constant)
            code = (result.low + min(max(scaled, 0), int(result.span))) & result.mask
            assert code == expected, (multiplier, total)


def test_one_multiplier_stands_for_all_filters() -> None:
    _, multipliers = rule_of(Requantization(np.array([3]), 2, 0), 4)
    assert multipliers.tolist() == [0.75] * 4


def test_a_pointer_is_the_address_of_the_first_element() -> None:
    array = np.arange(5, dtype=np.int32)
    assert ctypes.cast(pointer(array), ctypes.POINTER(ctypes.c_int32))[3] == 3
