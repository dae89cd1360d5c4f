"""Warnings about a reading that is doubtful."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.block_proofs.imports.doubts import doubts
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.blocks.user.imported import ImportedCircuit, Port, read_codes
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


FLAGS = {
    (True, True): "it were signed. If it is, import it again with --signed --replace.",
    (False, False): "it were unsigned. If it is, import it again with --unsigned --replace.",
    (True, False): "it were signed by unsigned. If it is, import it again with --a-signed "
    "--b-unsigned --replace.",
    (False, True): "it were unsigned by signed. If it is, import it again with --a-unsigned "
    "--b-signed --replace.",
}
CODE = np.arange(256)
SIGNED = CODE - (CODE >> 7 << 8)


@pytest.mark.parametrize("right", FLAGS)
@pytest.mark.parametrize("signedness", FLAGS)
def test_exact_circuits_in_every_reading(
    right: tuple[bool, bool], signedness: tuple[bool, bool]
) -> None:
    a, b = (SIGNED if signed else CODE for signed in right)
    table = read_codes(a[:, None] * b, 16, any(signedness)).astype(np.int32)
    ports = Port("A", 8), Port("B", 8), Port("O", 16)
    warnings = doubts(ImportedCircuit(*ports, *signedness, "", table))
    assert len(warnings) == (signedness != right)
    for warning in warnings:
        assert "but 0.0 if it were" in warning
        assert FLAGS[right] in warning
