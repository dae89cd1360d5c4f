"""Blocks added to cells until lines of them serve the classes of filters."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.common.derivation import blocks_of, fill_empty, serve
from tests.architectures.common.layers import layer
from tests.synthetic_blocks import BLOCKS


def test_blocks_in_the_order_of_their_first_use() -> None:
    first, second = layer(np.array([[2, 0]])), layer(np.array([[0, 1]]), name="second")
    assert first.blocks is not None and second.blocks is not None
    names = list(dict.fromkeys(b.name for b in (*first.blocks.blocks, *second.blocks.blocks)))
    assert [block.name for block in blocks_of([first, second])] == names
    assert {BLOCKS[n].name for n in range(3)} == set(names)
    assert blocks_of([]) == ()


def test_lines_that_hold_a_block_already_serve_its_class() -> None:
    """Four lines of one cell; block 1 is on the last one."""
    present = np.zeros((1, 4, 2), dtype=bool)
    present[0, :, 0] = present[0, 3, 1] = True
    required = np.array([[[False, True], [True, False]]])
    lines = serve(present, required, np.array([0, 1, 1, 1]))
    assert lines is not None and lines.tolist() == [1, 1, 1, 0]
    assert present.sum() == 5


def test_what_is_missing_is_added() -> None:
    present = np.zeros((2, 3, 2), dtype=bool)
    required = np.zeros((2, 2, 2), dtype=bool)
    required[:, 0, 0] = required[0, 1, 1] = required[1, 1, 0] = True
    lines = serve(present, required, np.array([0, 1, 0]), fixed=True)
    assert lines is not None and lines.tolist() == [0, 1, 0]
    for line, kind in enumerate(lines):
        np.testing.assert_array_equal(present[:, line], required[:, kind])


def test_too_few_lines_add_nothing() -> None:
    present = np.zeros((1, 1, 2), dtype=bool)
    required = np.array([[[False, True], [True, False]]])
    assert serve(present, required, np.array([0, 1])) is None
    assert not present.any()


def test_cells_without_a_block_get_the_commonest() -> None:
    present = np.array([[[False, True], [False, False]], [[True, False], [False, True]]])
    fill_empty(present)
    assert present.tolist() == [[[False, True], [False, True]], [[True, False], [False, True]]]
