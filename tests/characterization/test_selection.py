"""Which blocks a characterization shows."""

from __future__ import annotations

from hawx_hw.blocks.catalogue import library
from hawx_hw.blocks.families.lower_precision import Precision
from hawx_hw.characterization.selection import (
    SELECTION,
    compared_with,
    distinct,
    every_block,
    selection,
)


def test_the_selection_has_a_member_of_each_family_of_signed_blocks() -> None:
    blocks = selection()
    assert blocks[0].name == "exact"
    assert len({block.digest for block in blocks}) == len(blocks) == len(SELECTION)
    families = {block.family for block in library() if not block.activation_offset}
    missing = families - {block.family for block in blocks}
    # Close relatives of what is shown, what all are compared with, what multiplies nothing, and
    # what is designed for one layer.
    assert missing - {"evoapprox"} == {"asroba", "mask", "none", "precision", "truncation"}


def test_every_table_of_the_library_is_shown_once() -> None:
    blocks = every_block()
    digests = {block.digest for block in blocks}
    assert len(digests) == len(blocks)
    assert digests == {block.digest for block in library()}


def test_blocks_are_compared_with_exact_products_of_fewer_bits() -> None:
    exact, *others = compared_with()
    assert exact.name == "exact"
    assert others
    assert all(isinstance(block, Precision) for block in others)


def test_a_name_is_shown_once_where_it_stood_first() -> None:
    a, b, *_ = selection()
    assert distinct([b, a, b, a]) == [b, a]
