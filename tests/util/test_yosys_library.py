"""Yosys works wherever it is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pyosys

from hawx_hw.util.environment import python_path
from hawx_hw.util.processes import run

#: Maps a multiplier with Yosys' own cells and ABC, in an installation at the first argument.
_PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from hawx_hw.util.yosys_library import load_yosys
library = load_yosys(Path.cwd())
Path("t.v").write_text("module t(input [1:0] a, b, output [3:0] y); assign y = a * b; endmodule")
design = library.Design()
for command in ("read_verilog t.v", "synth -top t", "abc -g AND", "stat"):
    design.run_pass(command)
"""


def test_any_path(tmp_path: Path) -> None:
    odd = tmp_path / "a b$HOME #\"\\:;'é\n`touch pwned`"
    odd.mkdir()
    (odd / "pyosys").symlink_to(Path(pyosys.__file__).parent)
    work = tmp_path / "work"
    work.mkdir()
    done = run(
        [sys.executable, "-P", "-c", _PROGRAM, str(odd)],
        tool="Yosys",
        limit=60,
        folder=work,
        variables=python_path(),
    )
    assert (done.status, done.output[-2000:] if done.status else "") == (0, "")
    assert not list(tmp_path.rglob("pwned"))
