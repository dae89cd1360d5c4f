"""Warnings about a reading that is doubtful."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.import_store import ImportStore
from tests.block_proofs.imports.importing import bring, quickest

A = CODES[:, None].astype(np.int32)
B = CODES[None, :].astype(np.int32)


def test_reading_that_is_doubtful(store: ImportStore, tmp_path: Path) -> None:
    text = "module m(input [7:0] A, B, output [15:0] O); assign O = A * B; endmodule\n"
    result = bring(store, tmp_path, text, "m", signed=True, simulator=quickest())
    (warning,) = result.warnings
    assert "0.0 if it were unsigned" in warning
    assert "--unsigned --replace" in warning
    right = bring(store, tmp_path, text, "m", signed=False, replace=True, simulator=quickest())
    assert right.warnings == ()
    assert np.array_equal(right.block.table, A * B)
