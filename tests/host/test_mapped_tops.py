"""The self-test as cells of an ECP5: what synthesis made of it still passes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.sources import verilog_sources
from hawx_hw.host.tops import write_top
from tests.host.builds import HASH
from tests.host.networks import images_of, simt, systolic
from tests.host.simulation import BOARD

#: Memories become LUTs, as multipliers do: Yosys has no models of block RAMs and DSPs.
SYNTHESIS = """
import sys
from pyosys import libyosys as ys

design = ys.Design()
for name in sys.argv[1:]:
    ys.run_pass(f"read_verilog -defer rtl/{name}", design)
ys.run_pass("synth_ecp5 -top hawx_top -nobram -nodsp", design)
ys.run_pass("write_verilog -noattr netlist.v", design)
"""
#: Prints what comes from the UART, then the LEDs.
BENCH = """
`timescale 1ns/1ps
module bench;
    parameter DIVISOR = 4;
    reg clk = 0;
    wire tx;
    wire [7:0] led;
    reg [7:0] octet;
    integer place;
    always #5 clk = !clk;
    hawx_top top (.clk(clk), .reset_button(1'b1), .uart_rx(1'b1), .uart_tx(tx), .led(led));
    always @(negedge tx) if (^led !== 1'bx) begin
        #(15 * DIVISOR);
        for (place = 0; place < 8; place = place + 1) begin
            octet[place] = tx;
            #(10 * DIVISOR);
        end
        $write("%c", octet);
    end
    always @(posedge clk) if (^led[1:0] === 1'b1) begin
        #(1000 * DIVISOR) $display("LEDs %b", led);
        $finish;
    end
    initial #4000000 $finish;
endmodule
"""


def models(folder: Path) -> list[Path]:
    """Yosys's models of the cells, as Icarus reads them."""
    pyosys = pytest.importorskip("pyosys")
    share = Path(pyosys.__file__).parent / "share" / "ecp5"
    written = []
    for name in ("common_sim.vh", "ccu2c_sim.vh"):
        text = re.sub(r"^\s*\$error\(.*$", "", (share / name).read_text(), flags=re.MULTILINE)
        written.append(folder / f"{name}.v")
        written[-1].write_text(text)
    for name in ("cells_ff.vh", "cells_io.vh"):
        shutil.copyfile(share / name, folder / name)
    return written


@pytest.mark.slow
@pytest.mark.parametrize("plan", [systolic(2, loadable=False), simt(19)], ids=["array", "unit"])
def test_the_netlist_passes(plan: Plan, tmp_path: Path) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    emit_accelerator(plan, tmp_path, config_hash=HASH)
    top = write_top("self-test", plan, images_of(plan, 1), BOARD, tmp_path)
    for image in (tmp_path / "mem").glob("*.hex"):
        shutil.copyfile(image, tmp_path / image.name)
    (tmp_path / "bench.v").write_text(BENCH)
    names = [*(path.name for path in verilog_sources(tmp_path)), *top.sources]
    commands = (
        [sys.executable, "-c", SYNTHESIS, *names],
        [
            *("iverilog", "-g2012", "-s", "bench", "-o", "bench", "bench.v", "netlist.v"),
            *map(str, models(tmp_path)),
        ],
        ["vvp", "-n", "bench"],
    )
    for command in commands:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert f"design {HASH:08x}: 01 of 01 images: PASS\n" in done.stdout
    assert "LEDs 00000101" in done.stdout
