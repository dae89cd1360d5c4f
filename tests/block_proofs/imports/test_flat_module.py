"""Places of what Yosys made, in the user's files; what is refused is tested with the worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.block_proofs.imports.flat_module import FlatModule
from hawx_hw.block_proofs.imports.ports import DeclaredPort
from hawx_hw.block_proofs.imports.preprocess import Source
from hawx_hw.errors import UserError

PORT = {"direction": "output", "bits": [2, "x"], "signed": 1}


def flat(folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: object) -> FlatModule:
    monkeypatch.chdir(folder)
    module = {
        "attributes": {"src": "source.v:1.1-3.2"},
        "ports": {"byte_": PORT},
        "cells": {},
        "netnames": {"byte_": {"bits": [2, "x"], "attributes": {"src": "source.v:2.3-2.4"}}},
    }
    (folder / "top.json").write_text(json.dumps({"modules": {"m": module | changed}}))
    return FlatModule("m", Source("", "m", ("a.v:1", "b.v:7"), False, {"byte_": "byte"}, {}))


def test_ports_and_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = flat(tmp_path, monkeypatch)
    assert module.ports() == [DeclaredPort("byte_", "output", 2, True)]
    assert module.place() == "a.v:1: module m"
    assert module.place({"src": "source.v:2.1-2.2|cells.lib:3"}) == "b.v:7: module m"


def test_an_undriven_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"^b\.v:7: module m: Bit 1 of byte is undefined"):
        flat(tmp_path, monkeypatch).undefined("byte_")


def test_a_storage_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = {"type": "$dff", "attributes": {"src": "source.v:2"}, "connections": {"Q": [2]}}
    with pytest.raises(UserError, match=r"^b\.v:7: module m: .* a register for byte\."):
        flat(tmp_path, monkeypatch, cells={"x": cell}).check_cells()


def test_drivers_that_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = flat(tmp_path, monkeypatch)
    (tmp_path / "check.txt").write_text("Warning: found logic loop in module m:\n  source.v:2.1\n")
    with pytest.raises(UserError, match=r"^b\.v:7: module m: Gates form a loop: found logic loop"):
        module.check_drivers()


@pytest.mark.parametrize(
    ("kind", "a", "b", "a_signed", "expected"),
    [
        ("$mul", [2, 3], [2, 3], "0", True),
        ("$mul", [2, 3], [2, 3], "1", False),
        # Verilog takes an operation on one operand without a sign as one without.
        ("$mul", [2, 3], [3], "0", False),
        ("$add", [2, 3], ["0", "1"], "0", False),
        ("$sshr", [2, 3], [3], "0", True),
        ("$sshr", [3], [2, 3], "0", False),
        ("$not", [2, 3], None, "00000000", True),
    ],
)
def test_mixed_signs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    a: list[object],
    b: list[object] | None,
    a_signed: str,
    expected: bool,
) -> None:
    cell = {
        "type": kind,
        "parameters": {"A_SIGNED": a_signed, "B_SIGNED": a_signed},
        "connections": {"A": a, "Y": [4]} | ({} if b is None else {"B": b}),
    }
    nets = {"s": {"bits": [2, 3], "signed": 1}, "u": {"bits": [3]}}
    assert flat(tmp_path, monkeypatch, cells={"x": cell}, netnames=nets).mixes_signs() is expected
