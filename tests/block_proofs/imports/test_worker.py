"""The process that reads a user's Verilog: one flat module of logic, or an error as data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.block_proofs.imports import worker

PORTS = "input [3:0] a, b, output [7:0] p"


def read(folder: Path, text: str, **changed: object) -> dict[str, Any]:
    path = folder / "mine.v"
    path.write_text(text)
    job = {
        "files": [["mine.v", str(path)]], "parameters": {}, "defines": {}, "liberty": None,
        "cells": [], "module": "m", "requested": {"a": None, "b": None, "product": None},
        "name": "copy", "memory": 4 << 30,
    }  # fmt: skip
    (folder / "job.json").write_text(json.dumps(job | changed))
    command = [sys.executable, "-m", worker.__name__, str(folder / "job.json")]
    subprocess.run(command, check=True, capture_output=True)
    return dict(json.loads((folder / "result.json").read_text()))


def test_a_hierarchy_becomes_one_module(tmp_path: Path) -> None:
    text = f"""module part(input [3:0] x, y, output [7:0] z); assign z = x * y; endmodule
module m({PORTS}); part u(.x(a), .y(b), .z(p)); endmodule"""
    result = read(tmp_path, text)
    assert result["roles"] == {"a": "a", "b": "b", "product": "p"}
    assert [(port["name"], port["width"], port["signed"]) for port in result["ports"]] == [
        ("a", 4, False), ("b", 4, False), ("p", 8, False),
    ]  # fmt: skip
    assert result["undefined"] is False
    netlist = (tmp_path / "netlist.v").read_text()
    assert netlist.count("module copy(") == netlist.count("endmodule") == 1


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (
            "reg [7:0] q; always @(posedge a[0]) q <= b; assign p = q;",
            "holds a register",
        ),
        ("reg [7:0] q; always @* if (a[0]) q = b; assign p = q;", "holds a latch"),
        ("assign p = a[0] ? 8'bz : b;", "high impedance"),
        ("assign p = a; assign p = b;", "Two drivers meet"),
        ("assign p[6:0] = a;", "Bit 7 of p is undefined or not driven"),
    ],
)
def test_what_is_no_plain_logic(tmp_path: Path, body: str, what: str) -> None:
    error = read(tmp_path, f"module m({PORTS}); {body} endmodule")["error"]
    assert what in error["what"]
    assert error["where"] == "mine.v:1: module m"


def test_a_missing_module_is_an_error_with_those_there_are(tmp_path: Path) -> None:
    error = read(tmp_path, f"module other({PORTS}); assign p = a * b; endmodule")["error"]
    assert error["what"] == "There is no module 'm'"
    assert error["hint"] == "The modules are: other."


def test_a_division_may_be_undefined(tmp_path: Path) -> None:
    assert read(tmp_path, f"module m({PORTS}); assign p = a / b; endmodule")["undefined"] is True
