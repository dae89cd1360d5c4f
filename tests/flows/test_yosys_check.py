"""Yosys in a process of its own reads a design, whatever folder it runs in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from hawx_hw.flows.yosys_check import commands
from hawx_hw.util.environment import environment, python_command, python_path

MACRO = "(* blackbox *) module macro (input x); endmodule\n"
SOURCE = """
module top; middle m (); endmodule
module middle;
`ifdef MACRO
  generate if (1) begin : block macro a (); end endgenerate
`endif
  macro b ();
endmodule
(* blackbox *) module macro; endmodule
"""


def answer(folder: Path, *defines: str, source: str = SOURCE) -> object:
    job = {"files": ["a.v"], "top": "top", "defines": list(defines), "modules": ["macro"]}
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    (folder / "a.v").write_text(source, "utf-8")
    command = python_command("hawx_hw.flows.yosys_check", str(folder / "job.json"))
    variables = environment() | python_path()
    subprocess.run(command, check=True, capture_output=True, env=variables, cwd=folder.parent)
    return json.loads((folder / "job.answer.json").read_text("utf-8"))


def test_paths_of_instances_in_the_flattened_design(tmp_path: Path) -> None:
    assert answer(tmp_path) == {"macro": ["m.b"]}
    assert answer(tmp_path, "MACRO") == {"macro": ["m.b", "m.block.a"]}


def test_files_are_read_as_the_flows_read_them() -> None:
    job = {"files": ["a.v", "b.v"], "top": "t", "defines": ["A=1"], "modules": []}
    assert commands(job)[:2] == [
        "read_verilog -defer -sv -DA=1 a.v",
        "read_verilog -defer -sv -DA=1 b.v",
    ]


@pytest.mark.parametrize(
    "middle",
    [
        "wire logic;",
        "wire a; wire b = a; macro c (.x(b));",
        "wire a; assign a = x & y; assign a = x | y; macro c (.x(a));",
    ],
    ids=["keyword of SystemVerilog", "no driver", "two drivers"],
)
def test_mistakes_are_refused(middle: str, tmp_path: Path) -> None:
    source = f"module top (input x, y); {middle} endmodule\n" + MACRO
    with pytest.raises(subprocess.CalledProcessError):
        answer(tmp_path, source=source)
