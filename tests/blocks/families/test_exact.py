"""The exact block: table, numpy call and gateware agree on all 65,536 operand pairs."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from hawx_hw.blocks import by_name
from hawx_hw.errors import UserError

CODES = np.arange(-128, 128)
PRODUCTS = np.array([[a * b for b in range(-128, 128)] for a in range(-128, 128)], dtype=np.int32)


def test_table() -> None:
    block = by_name("exact")
    np.testing.assert_array_equal(block.table, PRODUCTS)
    assert block.table.dtype == np.int32
    assert not block.table.flags.writeable


def test_numpy_call_broadcasts() -> None:
    block = by_name("exact")
    codes = CODES.astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes[None, :]), PRODUCTS)


def test_identity_is_the_table() -> None:
    digest = hashlib.sha256(PRODUCTS.astype("<i4").tobytes()).hexdigest()
    assert by_name("exact").digest == digest
    assert by_name("exact").identifier == "exact"


def test_gateware_on_all_pairs() -> None:
    component = by_name("exact").component()
    products = np.zeros((256, 256), dtype=np.int32)

    async def apply(ctx: Any) -> None:
        for a in range(-128, 128):
            ctx.set(component.a, a)
            for b in range(-128, 128):
                ctx.set(component.b, b)
                await ctx.delay(1e-9)
                products[a + 128, b + 128] = ctx.get(component.product)

    simulator = Simulator(component)
    simulator.add_testbench(apply)
    simulator.run()
    np.testing.assert_array_equal(products, PRODUCTS)


def test_unknown_block() -> None:
    with pytest.raises(UserError, match=r"Unknown block 'nonsense'.*families are: .*exact"):
        by_name("nonsense")


@pytest.mark.parametrize("name", ["exact(1)", "exact(w=2)", "exact()x", "Exact", ""])
def test_wrong_parameters(name: str) -> None:
    with pytest.raises(UserError):
        by_name(name)
