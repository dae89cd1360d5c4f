"""Transmitter and receiver of the tops, with each other at clocks that differ."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from hawx_hw.util.resources import rtl_templates

BENCH = """\
`timescale 1ns/1ps
module bench;
    parameter [15:0] SENT = 50, RECEIVED = 50;
    reg clk = 0, rst = 1;
    reg [7:0] next = 0, expected = 0;
    wire line, ready, valid, broken;
    wire [7:0] data;
    integer right = 0, wrong = 0, failures = 0;
    always #5 clk = !clk;
    hawx_uart_tx #(.DIVISOR(SENT)) tx (
        .clk(clk), .rst(rst), .valid(1'b1), .data(next), .ready(ready), .tx(line)
    );
    hawx_uart_rx #(.DIVISOR(RECEIVED)) rx (
        .clk(clk), .rst(rst), .rx(line), .valid(valid), .broken(broken), .data(data)
    );
    always @(posedge clk) if (!rst) begin
        // In an order in which neighbors differ much, without a pause between two.
        if (ready) next <= next + 8'd173;
        if (valid) begin
            if (data === expected) right = right + 1; else wrong = wrong + 1;
            expected <= expected + 8'd173;
        end
        if (broken) failures = failures + 1;
    end
    initial begin
        #100 rst = 0;
        #(10 * (10 * SENT + 1) * 100);
        $display("%0d %0d %0d", right, wrong, failures);
        $finish;
    end
endmodule
"""


def bytes_through(folder: Path, sent: int, received: int) -> tuple[int, int, int]:
    """Bytes that came right, wrong, and without a stop bit, of 99 and the part of one."""
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    (folder / "bench.v").write_text(BENCH)
    sources = [str(rtl_templates() / "fpga" / f"hawx_uart_{side}.v") for side in ("tx", "rx")]
    sizes = (f"-Pbench.SENT={sent}", f"-Pbench.RECEIVED={received}")
    command = ["iverilog", "-g2005", "-Wall", "-s", "bench", "-o", "bench", *sizes]
    built = subprocess.run(
        [*command, "bench.v", *sources], cwd=folder, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    done = subprocess.run(["vvp", "-n", "bench"], cwd=folder, capture_output=True, text=True)
    right, wrong, failures = map(int, done.stdout.split()[:3])
    return right, wrong, failures


@pytest.mark.parametrize(("sent", "received"), [(4, 4), (50, 50), (49, 51), (51, 49)])
def test_clocks_may_differ_by_four_percent(sent: int, received: int, tmp_path: Path) -> None:
    right, wrong, failures = bytes_through(tmp_path, sent, received)
    assert right >= 98
    assert (wrong, failures) == (0, 0)


def test_another_baud_rate_is_noticed(tmp_path: Path) -> None:
    right, wrong, failures = bytes_through(tmp_path, 50, 60)
    assert right < 50
    assert wrong + failures > 0
