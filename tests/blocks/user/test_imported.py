"""Imported blocks: their outputs, and the netlist in the Verilog of a design."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import numpy as np
import pytest
from amaranth.sim import Simulator

from hawx_hw.block_proofs import product_tables
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.user.imported import (
    ImportedBlock,
    ImportedCircuit,
    Port,
    imported_block,
    read_codes,
)
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
    ports = Port("p", 8), Port("q", 5), Port("r", 16)
    return imported_block("mine", ImportedCircuit(*ports, True, True, netlist, table))


def unsigned_block() -> ImportedBlock:
    """p q + p of 8 bits each, which needs 17 bits."""
    p = np.arange(256, dtype=np.int32)
    netlist = (
        "module hawx_import(q, p, r);\n  input [7:0] q;\n  input [7:0] p;\n"
        "  output [16:0] r;\n  assign r = p * q + p;\nendmodule\n"
    )
    table = p[:, None] * p + p[:, None]
    ports = Port("p", 8), Port("q", 8), Port("r", 17)
    return imported_block("yours", ImportedCircuit(*ports, False, False, netlist, table))


def mixed_block() -> ImportedBlock:
    """p q + q + 1 of a signed weight of 6 bits and an unsigned activation of 7."""
    p = np.arange(64) - (np.arange(64) >> 5 << 6)
    q = np.arange(128)
    netlist = (
        "module hawx_import(q, p, r);\n  input [6:0] q;\n  input signed [5:0] p;\n"
        "  output signed [15:0] r;\n  wire signed [15:0] wide = {9'b0, q};\n"
        "  assign r = p * wide + wide + 16'sd1;\nendmodule\n"
    )
    table = (p[:, None] * q + q + 1).astype(np.int32)
    ports = Port("p", 6), Port("q", 7), Port("r", 16)
    return imported_block("mixed", ImportedCircuit(*ports, True, False, netlist, table))


def reversed_block() -> ImportedBlock:
    """p q + q of an unsigned weight and a signed activation of 8 bits each: p = 0 yields q."""
    p = np.arange(256)
    q = p - (p >> 7 << 8)
    netlist = (
        "module hawx_import(q, p, r);\n  input signed [7:0] q;\n  input [7:0] p;\n"
        "  output signed [16:0] r;\n  wire signed [16:0] wide = {9'b0, p};\n"
        "  assign r = wide * q + q;\nendmodule\n"
    )
    table = (p[:, None] * q + q).astype(np.int32)
    ports = Port("p", 8), Port("q", 8), Port("r", 17)
    return imported_block("reversed", ImportedCircuit(*ports, False, True, netlist, table))


BLOCKS = [signed_block, unsigned_block, mixed_block, reversed_block]


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


def test_a_signed_weight_and_unsigned_activations() -> None:
    block = mixed_block()
    weight, activation = (A + 32) % 64 - 32, (B + 128) % 128
    assert block.activation_offset == 128
    assert (block.weights, block.activations) == (range(-32, 32), range(-128, 0))
    assert np.array_equal(block.raw_table, weight * activation + activation + 1)
    # It is no product of magnitudes: negative weights keep the sign of the added terms.
    assert np.array_equal(block.raw_table[128 - 1, :128], np.ones(128))


def test_an_unsigned_weight_and_signed_activations() -> None:
    block = reversed_block()
    assert block.activation_offset == 0
    assert (block.weights, block.activations) == (range(-128, 128), range(-128, 128))
    sign = np.where(A < 0, -1, 1)
    assert np.array_equal(block.table, sign * (np.abs(A) * B + B))
    assert np.array_equal(block.table[128], CODES)


def test_exact_products_and_swapped_operands() -> None:
    circuit = mixed_block().circuit
    a, b = circuit.operands()
    assert (a.min(), a.max(), b.min(), b.max()) == (-32, 31, 0, 127)
    assert np.array_equal(circuit.table - circuit.exact(), np.broadcast_to(b + 1, (64, 128)))
    swapped = circuit.swapped()
    assert (swapped.a, swapped.b_signed) == (circuit.b, True)
    assert np.array_equal(swapped.table - swapped.exact(), (circuit.table - circuit.exact()).T)
    assert np.array_equal(read_codes(np.array([7, 8, 31]), 4, True), [7, -8, -1])


@pytest.mark.parametrize("make", BLOCKS)
def test_operands_of_int8(make) -> None:
    block = make()
    assert np.array_equal(block.multiply(A.astype(np.int8), B.astype(np.int8)), block.table)


def test_digest_is_of_everything() -> None:
    circuit = signed_block().circuit
    values = vars(circuit) | {"netlist": circuit.netlist}
    names = ("a", "b", "product", "a_signed", "b_signed", "netlist", "table")
    fields = {name: values[name] for name in names}
    digests = {
        ImportedCircuit(**fields | change).digest
        for change in (
            {},
            {"a": fields["b"], "b": fields["a"]},
            {"a_signed": False},
            {"b_signed": False},
            {"a_signed": False, "b_signed": False},
            {"netlist": fields["netlist"] + "\n"},
            {"table": fields["table"] + 1},
        )
    }
    assert len(digests) == 7


def test_verilog_puts_out_the_table_and_is_clean(tmp_path: Path) -> None:
    blocks = [make() for make in BLOCKS]
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


@pytest.mark.parametrize("make", BLOCKS)
def test_no_simulation_in_amaranth(make) -> None:
    with pytest.raises(UserError, match="is Verilog, which Amaranth's simulator does not run"):
        Simulator(make().component())


def test_implementations() -> None:
    assert signed_block().implementations == ("netlist",)
    with pytest.raises(ValueError, match="must be one of netlist, not 'tree'"):
        signed_block().component("tree")


def test_another_circuit_of_the_same_table_is_another_block() -> None:
    block = signed_block()
    other = imported_block(
        "mine",
        dataclasses.replace(
            block.circuit, netlist=block.circuit.netlist.replace("4 * p - 3 * q", "-3 * q + 4 * p")
        ),
    )
    assert other.digest == block.digest
    assert other.circuit_digest != block.circuit_digest == signed_block().circuit_digest
