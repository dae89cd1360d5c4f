"""The published circuits, and ambiguous names."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.evoapprox import CIRCUITS, circuit_of, resolve
from hawx_hw.errors import UserError

PRODUCTS = np.multiply.outer(np.arange(-128, 128), np.arange(-128, 128))


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.v2022)
def test_published_error(circuit) -> None:
    """The mean absolute error is published to a tenth below ten, else as a whole number."""
    error = np.abs(circuit.block.table - PRODUCTS).mean()
    unit = 0.1 if circuit.mae < 10 else 1.0
    assert abs(error - circuit.mae) < 0.6 * unit


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.v2022)
def test_published_worst_case_error_rate_and_relative_error(circuit) -> None:
    """In percent, rounded to two digits after the point, small ones to two that count."""
    error = np.abs(circuit.block.table - PRODUCTS)
    some = PRODUCTS != 0
    worst = 100 * error.max() / 65536
    digits = 4 if worst < 0.01 else 3 if worst < 0.1 else 2
    assert round(worst, digits) == circuit.wce_percent
    assert round(100 * np.count_nonzero(error) / 65536, 2) == circuit.error_rate_percent
    relative = 100 * (error[some] / np.abs(PRODUCTS[some])).mean()
    assert relative == pytest.approx(circuit.mre_percent, abs=0.0055)


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.v2022)
def test_worst_case_and_error_rate(circuit) -> None:
    """From the partial products that are left out alone: no other can be wrong."""
    block = circuit.block
    a, b = np.arange(-128, 128)[:, None], np.arange(-128, 128)[None, :]
    lost = np.zeros((256, 256), dtype=np.int64)
    wrong = np.zeros((256, 256), dtype=bool)
    for i in range(8):
        for j in range(8):
            if i < block.ha or j < block.hb or i + j < block.v:
                sign = (-1 if i == 7 else 1) * (-1 if j == 7 else 1)
                both = (a >> i & 1) & (b >> j & 1)
                lost += sign * both << (i + j)
                wrong |= both.astype(bool)
    error = block.table - PRODUCTS
    assert np.abs(error).max() == np.abs(lost).max()
    assert np.count_nonzero(error) == np.count_nonzero(lost)
    assert np.count_nonzero(error) <= np.count_nonzero(wrong)


def test_names_with_a_branch() -> None:
    assert by_name("mul8s_1KV8@v2022").name == "array(ha=0,hb=0,v=2)"
    assert by_name("mul8s_1KV8@master").digest == by_name("exact").digest
    assert by_name("mul8s_1L2J").name == by_name("mul8s_1L2H@master").name == "array(ha=1,hb=1,v=0)"


def test_a_name_of_two_circuits() -> None:
    message = r"'mul8s_1KVA' is two circuits: array\(ha=0,hb=0,v=2\) on master and array"
    with pytest.raises(UserError, match=message):
        by_name("mul8s_1KVA")


@pytest.mark.parametrize("name", ["mul8s_1XXX", "mul8s_1KV8@main", "mul8s_1KX2@v2022"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(UserError, match="EvoApproxLib has no"):
        by_name(name)


def test_other_names_are_left_to_others() -> None:
    assert resolve("exact") is None
    assert resolve("mul8u_1JJQ") is None


def test_a_circuit_of_a_table() -> None:
    assert circuit_of(by_name("array(1,1,2)")).v2022 == "1L2J"
    assert circuit_of(by_name("array(1,2,0)")) is None
