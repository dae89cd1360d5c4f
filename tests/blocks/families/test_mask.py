"""Masks of partial products, against the sum that defines them, and against other families."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.block_proofs import compare
from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.mask import ALL, Mask, catalogue, mask_of
from hawx_hw.blocks.members import members
from hawx_hw.blocks.rank import integer_rank
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import implementation_verilog, specification_verilog
from tests.blocks.simulation import assert_gateware, sample

#: Holes, single rows and columns, the sign bits alone or left out.
MASKS = (0xDEADBEEF12345678, 0x00FF000000000000, 0x0101010101010101, 1 << 63, 1, 0x7F7F7F7F7F7F7F)


def ref_product(a: int, b: int, bits: int) -> int:
    """Bit by bit, from the formula."""
    total = 0
    for i, j in itertools.product(range(8), range(8)):
        if bits >> (8 * i + j) & 1 and a >> i & 1 and b >> j & 1:
            total += (-1 if i == 7 else 1) * (-1 if j == 7 else 1) * 2 ** (i + j)
    return total


@pytest.mark.parametrize("bits", MASKS, ids=hex)
def test_table(bits: int) -> None:
    table = Mask(bits).table
    codes = [*range(-128, 128, 7), -1, 0, 1, 126, 127]
    for a, b in itertools.product(codes, codes):
        assert table[a + 128, b + 128] == ref_product(a, b, bits)


@pytest.mark.parametrize(
    ("bits", "name"),
    [
        (ALL, "exact"),
        (0xF0F0F0F000000000, "precision(4,4)"),
        (0xE0E0E0E0E0000000, "precision(5,3)"),
        (0xFFFEFCF8F0E0C080, "array(0,0,7)"),
        (0xFEFEFCF8F0E00000, "array(2,1,7)"),
        (0xFFFFFFFFFF00FFFF, "perforation(2,1)"),
    ],
)
def test_members_of_other_families(bits: int, name: str) -> None:
    np.testing.assert_array_equal(Mask(bits).table, by_name(name).table)
    assert mask_of(by_name(name)) == Mask(bits)


@pytest.mark.parametrize("name", ["precision(4,4)", "precision(5,3)", "precision(8,6)", "exact"])
def test_operands_are_rounded_as_for_lower_precision(name: str) -> None:
    plain = by_name(name)
    mask = mask_of(plain)
    assert mask is not None
    assert (mask.weight_step, mask.activation_step) == (plain.weight_step, plain.activation_step)
    assert set(mask.implementations) == {"multiply", "booth", "tree", "chain"}


def test_steps_are_those_of_the_bits_that_are_read() -> None:
    for bits in MASKS:
        mask = Mask(bits)
        codes = np.arange(-128, 128)
        low = codes & -mask.weight_step, codes & -mask.activation_step
        np.testing.assert_array_equal(mask.multiply(low[0][:, None], low[1]), mask.table)
        if mask.activation_step < 128:
            lower = codes & -2 * mask.activation_step
            assert not np.array_equal(mask.multiply(codes[:, None], lower), mask.table)


@pytest.mark.parametrize("name", ["drum(k=4)", "rounding(1,1)", "mitchell(w=3)", "roup(1,2)"])
def test_tables_that_are_no_masks(name: str) -> None:
    assert mask_of(by_name(name)) is None


def test_factors() -> None:
    draw = np.random.default_rng(3)
    random = [int.from_bytes(draw.bytes(8)) & int.from_bytes(draw.bytes(8)) for _ in range(8)]
    for bits in (*MASKS, ALL, *random):
        mask = Mask(bits)
        u, v = mask.factors()
        np.testing.assert_array_equal(u @ v.T, mask.table)
        distinct = [
            len(np.unique(k[k.any(axis=1)], axis=0)) for k in (mask.selected, mask.selected.T)
        ]
        assert integer_rank(mask.table) <= u.shape[1] == min(distinct) <= 8
    # Four rows, but two columns.
    assert Mask(0x8040C08040C00000).factors()[0].shape == (256, 2)


def test_kept_partial_products() -> None:
    mask = Mask(0x8000000000000002)
    assert np.argwhere(mask.selected).tolist() == [[0, 1], [7, 7]]
    assert (mask.count, Mask.of(mask.selected)) == (2, mask)


def test_names() -> None:
    mask = Mask(0x00FCFCFCF8F0E000)
    assert mask.name == "mask(bits=0xfcfcfcf8f0e000)"
    for name in (mask.name, "mask(0xFCFCFCF8F0E000)", "mask( bits = 0x00fcfcfcf8f0e000 )"):
        assert by_name(name) == mask
    assert by_name("mask(255)") == Mask(255)
    assert mask.identifier == "mask_bits_0xfcfcfcf8f0e000"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mask(0)", r"bits must be in \[0x1, 0xf{16}\], not 0x0"),
        ("mask(-1)", r"bits must be in .*, not -0x1"),
        ("mask(0x10000000000000000)", r"Wrong parameter '0x10000000000000000'"),
        ("mask(0xg)", r"Wrong parameter '0xg'"),
        ("mask()", r"Wrong parameters of block 'mask\(\)'"),
    ],
)
def test_wrong_parameters(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        by_name(name)
    assert "Write mask(bits=..)." in str(error.value)


def test_members_are_those_that_are_listed() -> None:
    assert [block for block in members() if block.family == "mask"] == catalogue()


@pytest.mark.parametrize("bits", [0xDEADBEEF12345678, 1 << 63, 1, 0xF0F0F0F000000000], ids=hex)
def test_gateware_and_int8_call(bits: int) -> None:
    mask = Mask(bits)
    assert_gateware(mask, sample(60, seed=11))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(mask.multiply(codes[:, None], codes), mask.table)


def test_random_masks_are_proven_formally() -> None:
    draw = np.random.default_rng(4)
    blocks = [Mask(int.from_bytes(draw.bytes(8))) for _ in range(2)]
    pairs = [(block, name) for block in blocks for name in block.implementations]
    specifications = dict(zip(blocks, specification_verilog(blocks)))
    proofs = [(specifications[b], d) for (b, _), d in zip(pairs, implementation_verilog(pairs))]
    assert compare(proofs) == [None] * 4
