"""Proofs of an accelerator's blocks come back from their file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.block_proofs.proofs import Counterexample, Proof
from hawx_hw.block_proofs.result import ProofsResult
from hawx_hw.errors import UserError

WRONG = Proof("drum(k=4)", "2", "v2", "tree", True, (Counterexample("formal", 1, 2, 3, 4),))
PROOFS = ProofsResult(
    simulator="verilator", proofs=(Proof("exact", "1", "v1", "tree", True, ()), WRONG)
)


def test_proofs_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    PROOFS.write(tmp_path)
    assert ProofsResult.read(tmp_path) == PROOFS


def test_a_proof_is_of_a_table_in_an_implementation_as_verilog() -> None:
    assert PROOFS.of("2", "tree", "v2") == WRONG
    assert PROOFS.of("2", "booth", "v2") is None
    assert PROOFS.of("3", "tree", "v2") is None
    assert PROOFS.of("2", "tree", "v1") is None


def test_proofs_that_do_not_name_their_verilog_are_refused(tmp_path: Path) -> None:
    PROOFS.write(tmp_path)
    file = tmp_path / ProofsResult.FILE
    content = json.loads(file.read_text())
    for proof in content["proofs"]:
        del proof["verilog_sha256"]
    file.write_text(json.dumps({**content, "schema": 1}))
    with pytest.raises(UserError, match=r"must be of schema 2, not 1.*hawx blocks prove --of"):
        ProofsResult.read(tmp_path)
