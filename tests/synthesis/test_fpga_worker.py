"""Yosys' commands for FPGAs, and a run of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.synthesis import fpga_worker
from hawx_hw.synthesis.fpga_worker import script


def run(folder: Path, family: str, *, dsp: bool) -> set[str]:
    """Kinds of cells of an 8 x 8 multiplier that is spread over two files."""
    (folder / "0.v").write_text(
        "module top(input [7:0] a, b, output [15:0] y); part p(a, b, y); endmodule\n"
    )
    (folder / "1.v").write_text(
        "module part(input [7:0] a, b, output [15:0] y); assign y = a * b; endmodule\n"
    )
    (folder / "job.json").write_text(json.dumps({"script": script(family, "top", 2, dsp=dsp)}))
    command = [sys.executable, "-m", fpga_worker.__name__, str(folder / "job.json")]
    subprocess.run(command, check=True, capture_output=True)
    module = json.loads((folder / "netlist.json").read_text())["modules"]["top"]
    return {cell["type"] for cell in module["cells"].values()}


@pytest.mark.parametrize(("family", "multiplier"), [("ecp5", "MULT18X18D"), ("ice40", "SB_MAC16")])
def test_multipliers_are_used_or_left_alone(tmp_path: Path, family: str, multiplier: str) -> None:
    kinds = {}
    for dsp in (False, True):
        folder = tmp_path / str(dsp)
        folder.mkdir()
        kinds[dsp] = run(folder, family, dsp=dsp)
    assert multiplier in kinds[True]
    assert multiplier not in kinds[False]
    # The hierarchy is dissolved: all cells are the device's.
    assert "part" not in kinds[True] | kinds[False]


def test_unknown_families_have_no_script() -> None:
    with pytest.raises(KeyError):
        script("virtex", "top", 1, dsp=True)
