"""Tables that are members of a family are named, whether they are listed or not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.catalogue import library
from hawx_hw.blocks.members import equal_members, equal_within_codes, members
from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.blocks.user.imported import ImportedCircuit, Port, imported_block


def unsigned(table: np.ndarray) -> Block:
    """The block of an unsigned circuit with a table of bit patterns."""
    a, b = (count.bit_length() - 1 for count in table.shape)
    ports = Port("a", a), Port("b", b), Port("o", a + b)
    return imported_block("x", ImportedCircuit(*ports, False, False, "", table.astype(np.int32)))


def test_all_members_of_all_families() -> None:
    counts = Counter(block.family for block in members())
    assert set(counts) == set(FAMILIES)
    assert (counts["array"], counts["precision"], counts["ubroken_array"]) == (960, 64, 120)
    names = {block.name for block in members()}
    assert len(names) == len(members())
    assert {block.name for block in library()} <= names


@pytest.mark.parametrize(
    "name",
    [
        *("ubroken_array(hbl=1,vbl=5)", "array(ha=0,hb=1,v=7)", "udsm(k=7)", "loa(k=13)"),
        *("booth_perforation(j=1,m=1)", "compressor(design=2,c=13)", "asroba", "roup(p=3,r=7)"),
    ],
)
def test_a_member_is_named(name: str) -> None:
    assert name in [block.name for block in equal_members(by_name(name))]


def test_one_name_of_each_family() -> None:
    names = [block.name for block in equal_members(by_name("array(0,0,14)"))]
    assert names == [
        *("array(ha=0,hb=0,v=14)", "precision(w=1,a=1)", "truncation(a=7,b=7)"),
        "broken_array(hbl=0,vbl=14,transposed=0)",
    ]


def test_one_product_makes_another_table() -> None:
    x = np.arange(256)
    table = x[:, None] * x
    assert "exact" in [block.name for block in equal_members(unsigned(table))]
    # Weights' magnitudes end at 128: products above do not count.
    table[200, 3] += 1
    assert "exact" in [block.name for block in equal_members(unsigned(table))]
    table[100, 3] += 1
    assert equal_members(unsigned(table)) == ()


def test_narrow_blocks_within_their_codes() -> None:
    x = np.arange(16)
    four = unsigned(x[:, None] * x)
    assert equal_members(four) == ()
    names = [block.name for block in equal_within_codes(four)]
    assert "exact" in names
    assert "udrum(k=4)" in names
    assert "drum(k=4)" not in names
    table = x[:, None] * x
    table[15, 15] -= 1
    assert equal_within_codes(unsigned(table)) == ()
    assert equal_within_codes(by_name("exact")) == ()
