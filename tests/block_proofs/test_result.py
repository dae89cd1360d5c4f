"""Proofs of an accelerator's blocks come back from their file."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.block_proofs.proofs import Counterexample, Proof
from hawx_hw.block_proofs.result import ProofsResult

WRONG = Proof("drum(k=4)", "2", "tree", True, (Counterexample("formal", 1, 2, 3, 4),))
PROOFS = ProofsResult(simulator="verilator", proofs=(Proof("exact", "1", "tree", True, ()), WRONG))


def test_proofs_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    PROOFS.write(tmp_path)
    assert ProofsResult.read(tmp_path) == PROOFS


def test_a_proof_is_of_a_table_in_an_implementation() -> None:
    assert PROOFS.of("2", "tree") == WRONG
    assert PROOFS.of("2", "booth") is None
    assert PROOFS.of("3", "tree") is None
