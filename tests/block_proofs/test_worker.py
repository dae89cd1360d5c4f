"""The process that compares circuits: verdicts of single pairs, in the order of the job."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from hawx_hw.block_proofs import worker

SOURCES = {
    "plain": "assign product = {8'b0, a ^ b};",
    "same": "assign product = {8'b0, (a | b) & ~(a & b)};",
    # Differs for one pair of operands alone.
    "near": "assign product = {8'b0, a ^ b} ^ (a == 8'd200 && b == 8'd3);",
    "undefined": "assign product = {8'bx, a ^ b};",
    # Its undefined bits do not reach the product.
    "masked": "wire [7:0] z; assign product = {8'b0, a ^ b} | (16'b0 & {8'b0, z});",
}


def verdicts(folder: Path, *pairs: tuple[str, str]) -> list[object]:
    for name, body in SOURCES.items():
        text = f"module {name}(input [7:0] a, b, output [15:0] product); {body} endmodule\n"
        (folder / f"{name}.v").write_text(text)
    job = {"sources": [f"{name}.v" for name in SOURCES], "pairs": pairs, "verdicts": "out.json"}
    (folder / "job.json").write_text(json.dumps(job))
    command = [sys.executable, "-m", worker.__name__, str(folder / "job.json")]
    subprocess.run(command, check=True, capture_output=True)
    return list(json.loads((folder / "out.json").read_text()))


def test_verdicts_in_order(tmp_path: Path) -> None:
    product = 200 ^ 3
    assert verdicts(
        tmp_path, ("plain", "same"), ("plain", "near"), ("near", "plain"), ("plain", "plain")
    ) == [
        None,
        {"a": 200, "b": 3, "first": product, "second": product ^ 1},
        {"a": 200, "b": 3, "first": product ^ 1, "second": product},
        None,
    ]


def test_undefined_bits_count_where_they_reach_the_product(tmp_path: Path) -> None:
    assert verdicts(tmp_path, ("plain", "undefined"), ("masked", "plain")) == [
        {"undefined": "undefined"}, None,
    ]  # fmt: skip
