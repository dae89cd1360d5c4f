"""Imported blocks: their outputs, and the netlist in the Verilog of a design."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from amaranth.sim import Simulator

from hawx_hw.block_proofs import product_tables
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.imported import ImportedBlock, ImportedCircuit, Port, imported_block
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.resources import rtl_templates

A, B = (codes.astype(np.int32) for codes in (CODES[:, None], CODES[None, :]))


def signed_block() -> ImportedBlock:
    """4 p - 3 q of 8 bits and 5, with the ports in the other order."""
    p, q = (np.arange(1 << n) - (np.arange(1 << n) >> (n - 1) << n) for n in (8, 5))
    netlist = (
        "module hawx_import(q, p, r);\n  input signed [4:0] q;\n  input signed [7:0] p;\n"
        "  output signed [15:0] r;\n  assign r = 4 * p - 3 * q;\nendmodule\n"
    )
    table = (4 * p[:, None] - 3 * q).astype(np.int32)
    return imported_block(
        "mine", ImportedCircuit(Port("p", 8), Port("q", 5), Port("r", 16), True, netlist, table)
    )


def unsigned_block() -> ImportedBlock:
    """p q + p of 8 bits each, which needs 17 bits."""
    p = np.arange(256, dtype=np.int32)
    netlist = (
        "module hawx_import(q, p, r);\n  input [7:0] q;\n  input [7:0] p;\n"
        "  output [16:0] r;\n  assign r = p * q + p;\nendmodule\n"
    )
    table = p[:, None] * p + p[:, None]
    return imported_block(
        "yours", ImportedCircuit(Port("p", 8), Port("q", 8), Port("r", 17), False, netlist, table)
    )


def test_signed_codes_of_few_bits() -> None:
    block = signed_block()
    low = (B + 16) % 32 - 16
    assert np.array_equal(block.table, 4 * A - 3 * low)
    assert (block.weights, block.activations) == (range(-128, 128), range(-16, 16))
    assert block.activation_offset == 0


def test_unsigned_codes() -> None:
    block = unsigned_block()
    assert np.array_equal(block.raw_table, A * (B + 128) + A)
    assert np.array_equal(block.table, A * B + A)
    assert (block.weights, block.activations) == (range(-128, 128), range(-128, 128))


@pytest.mark.parametrize("make", [signed_block, unsigned_block])
def test_operands_of_int8(make) -> None:
    block = make()
    assert np.array_equal(block.multiply(A.astype(np.int8), B.astype(np.int8)), block.table)


def test_digest_is_of_everything() -> None:
    circuit = signed_block().circuit
    values = vars(circuit) | {"netlist": circuit.netlist}
    names = ("a", "b", "product", "signed", "netlist", "table")
    fields = {name: values[name] for name in names}
    digests = {
        ImportedCircuit(**fields | change).digest
        for change in (
            {},
            {"a": fields["b"], "b": fields["a"]},
            {"signed": False},
            {"netlist": fields["netlist"] + "\n"},
            {"table": fields["table"] + 1},
        )
    }
    assert len(digests) == 5


def test_verilog_puts_out_the_table_and_is_clean(tmp_path: Path) -> None:
    blocks = [signed_block(), unsigned_block()]
    designs = implementation_verilog([(block, "netlist") for block in blocks])
    tables = product_tables(designs)
    for block, design, table in zip(blocks, designs, tables):
        assert np.array_equal(table, block.raw_table)
        paths = design.write(tmp_path / design.top)
        assert f"{block.circuit.module}.v" in design.files
        simulator = find_simulator("verilator")
        done = subprocess.run(
            [
                *(str(simulator.executable), "--lint-only", "-Wall", "--top-module", design.top),
                str(rtl_templates() / "hawx_waivers.vlt"),
                *map(str, paths),
            ],
            capture_output=True,
            text=True,
            env=simulator.environment | {"PATH": "/usr/bin:/bin"},
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("make", [signed_block, unsigned_block])
def test_no_simulation_in_amaranth(make) -> None:
    with pytest.raises(UserError, match="is Verilog, which Amaranth's simulator does not run"):
        Simulator(make().component())


def test_implementations() -> None:
    assert signed_block().implementations == ("netlist",)
    with pytest.raises(ValueError, match="must be one of netlist, not 'tree'"):
        signed_block().component("tree")
