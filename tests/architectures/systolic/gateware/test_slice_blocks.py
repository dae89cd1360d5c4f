"""Which blocks the PEs of each slice hold, and which of them the program selects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.architectures.systolic.gateware.slice_blocks import slice_blocks
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.blocks import by_name
from tests.architectures.systolic.gateware.parts import pooled_convolution
from tests.synthetic_blocks import Biased

ROWS, COLUMNS = 2, 6
BLOCKS = (by_name("exact"), Biased(1), Biased(2))


def mapped(present: np.ndarray, selections: list[np.ndarray]) -> Plan:
    plan, _, _ = pooled_convolution(0, ROWS, COLUMNS, slice_columns=2)
    return replace(plan, pe_blocks=PeBlockMap(BLOCKS, present), selections=tuple(selections))


def test_each_pe_holds_and_selects_the_blocks_of_the_map() -> None:
    rng = np.random.default_rng(0)
    present = rng.random((ROWS, COLUMNS, 3)) < 0.5
    present[..., 0] |= ~present.any(axis=2)
    choices = np.argwhere(present)
    selections = []
    for _ in range(4):
        selection = np.zeros((ROWS, COLUMNS), dtype=np.int64)
        for row, column, block in rng.permutation(choices):
            selection[row, column] = block
        selections.append(selection)
    slices = slice_blocks(mapped(present, selections))
    assert len(slices) == 3
    for number, blocks in enumerate(slices):
        for row in range(ROWS):
            for offset in range(2):
                column = 2 * number + offset
                pe = blocks.pes[row][offset]
                assert [b.digest for b in pe.blocks] == [
                    b.digest for b, holds in zip(BLOCKS, present[row, column], strict=True) if holds
                ]
                selected = [pe.blocks[choice].digest for choice in pe.choices]
                expected = [BLOCKS[selection[row, column]].digest for selection in selections]
                assert selected == expected


def test_equal_slices_are_equal() -> None:
    present = np.zeros((ROWS, COLUMNS, 3), dtype=bool)
    present[:, :, 0] = True
    present[1, 5, :2] = [False, True]
    selection = present.argmax(axis=2)
    first, second, third = slice_blocks(mapped(present, [selection]))
    assert first == second
    assert hash(first) == hash(second)
    assert third != first
