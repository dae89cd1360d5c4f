"""What instructions do, compared with numpy and with the integer graph's reference."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble, assemble_file
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.simulator import Outcome, simulate
from hawx_hw.architectures.simt.timing import time_program
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.graph.graph import Conv2d, MaxPool2d, Requantization
from hawx_hw.graph.reference import evaluate
from tests.architectures.simt.convolutions import convolution


def run(text: str, unit: str = "lanes=4 warps=1", **options: object) -> Outcome:
    outcome = simulate(assemble(f".unit {unit}\n{text}\nHALT\n"), limit=20_000, **options)  # type: ignore[arg-type]
    assert outcome.trap is None, outcome.trap
    return outcome


def scalars(text: str, **options: object) -> list[int]:
    return run(text, **options).warps[0].scalars  # type: ignore[arg-type]


def registers(text: str, unit: str = "lanes=4 warps=1", **options: object) -> list[list[int]]:
    return run(text, unit, **options).warps[0].registers.tolist()


# Front end ------------------------------------------------------------------------------------


def test_scalars_wrap() -> None:
    s = scalars("LI s1, -1\nADDI s2, s1, 2\nSUB s3, s0, s1\nADD s4, s1, s1\nLIH s5, 1")
    assert s[1:6] == [65535, 1, 1, 65534, 32768]


def test_lih_adds_to_the_low_bits() -> None:
    unit = "lanes=4 warps=1 scalar_bits=24"
    s = run("LI s1, -2\nLIH s1, 3\nLI s2, 5\nLIH s2, -1", unit).warps[0].scalars
    assert s[1:3] == [0x7FFE + (3 << 15), (1 << 24) - (1 << 15) + 5]


def test_s0_is_zero() -> None:
    assert scalars("LI s0, 5\nADDI s1, s0, 1")[:2] == [0, 1]


def test_each_warp_has_its_arguments() -> None:
    outcome = run(".arg a 7, 8, 9\nARG s1, a\nSR s2, warp", "lanes=4 warps=3")
    assert [warp.scalars[1:3] for warp in outcome.warps] == [[7, 0], [8, 1], [9, 2]]


def test_special_registers() -> None:
    text = "\n".join(f"SR s{n + 1}, {n}" for n in range(6))
    assert run(text, "lanes=12 cluster=6 warps=3 registers=5 word=2").warps[2].scalars[1:7] == [
        2, 3, 12, 6, 5, 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("branch", "taken"),
    [
        ("BEQ s1, s2", False), ("BEQ s1, s1", True), ("BNE s1, s2", True), ("BNE s1, s1", False),
        ("BLT s2, s1", True), ("BLT s1, s2", False), ("BLT s1, s1", False), ("BGE s1, s2", True),
        ("BGE s1, s1", True), ("BGE s2, s1", False), ("JMP", True),
    ],
)  # fmt: skip
def test_branches_compare_unsigned(branch: str, taken: bool) -> None:
    comma = "," if " " in branch else ""
    s = scalars(f"LI s1, -1\nLI s2, 1\n{branch}{comma} over\nLI s3, 1\nover: NOP")
    assert s[3] == (0 if taken else 1)


@pytest.mark.parametrize(("outer", "inner"), [(0, 3), (1, 0), (1, 1), (3, 2), (5, 4)])
def test_loops_nest(outer: int, inner: int) -> None:
    s = scalars(
        f"LI s1, {outer}\nLI s2, {inner}\nLOOP s1, end\nADDI s3, s3, 1\nLOOP s2, end\n"
        "ADDI s4, s4, 1\nend: NOP"
    )
    assert s[3:5] == [outer, outer * inner]


def test_a_branch_to_the_end_of_a_loop_goes_on_with_the_next_turn() -> None:
    s = scalars("LI s1, 4\nLOOP s1, end\nADDI s2, s2, 1\nBGE s2, s1, end\nADDI s3, s3, 1\nend: NOP")
    assert s[2:4] == [4, 3]


def test_predicates() -> None:
    text = "LI s1, 3\nPLT p1, s1\nLI s1, 1\nPLT p2, s1\nPAND p3, p1, !p2\nPAND p2, !p1, p0"
    p = run(text).warps[0].predicates.tolist()
    assert p[1:] == [[1, 1, 1, 0], [0, 0, 0, 1], [0, 1, 1, 0]]


def test_plt_counts_the_lanes_of_each_group() -> None:
    text = "LI s1, 3\nPLT p1, s1, 2\nPLT p2, s1, 4"
    p = run(text, "lanes=8 cluster=2 warps=1").warps[0].predicates.astype(int).tolist()
    assert p[1:3] == [[1, 1, 1, 0, 1, 1, 1, 0], [1] * 8]


# Vector lanes ---------------------------------------------------------------------------------


def test_vector_arithmetic_wraps_and_is_signed() -> None:
    text = (
        "LI s1, -1\nVSET v0, s1\nVLANE v1\nVADD v2, v0, v1\nVSUB v3, v1, v0\nVMIN v4, v0, v1\n"
        "VMAX v5, v0, v1\nVADD v6, v7, v0"
    )
    v = registers(text, "lanes=4 warps=1 register_bits=16")
    assert v[:6] == [
        [-1] * 4, [0, 1, 2, 3], [-1, 0, 1, 2], [1, 2, 3, 4], [-1] * 4, [0, 1, 2, 3],
    ]  # fmt: skip
    wide = registers("LI s1, -1\nVSET v0, s1", "lanes=4 warps=1 register_bits=24")
    assert wide[0] == [65535] * 4


def test_compares_and_masks() -> None:
    text = (
        "VLANE v0\nLI s1, 2\nVSET v1, s1\nVLT p1, v0, v1\nVEQ p2, v0, v1\nVADD v2, v0, v0 @!p1\n"
        "PLT p3, s1\nVEQ p3, v0, v0 @p2"
    )
    outcome = run(text)
    warp = outcome.warps[0]
    assert warp.predicates[1:3].astype(int).tolist() == [[1, 1, 0, 0], [0, 0, 1, 0]]
    assert warp.registers[2].tolist() == [0, 0, 4, 6]
    assert warp.predicates[3].astype(int).tolist() == [1, 1, 1, 0]


# Streams and stores ---------------------------------------------------------------------------

WORDS = np.array([[1, 2, 3, 4], [-5, 6, -7, 8], [9, -10, 11, 12]], dtype=np.int8)


def test_wide_streams_give_each_lane_its_byte() -> None:
    text = (
        ".stream s taps=1 blocks=3 step=4\n.weight 1, 2, 3, -4\n.weight 1, 1, 1, 1\n"
        ".weight 0, 0, 2, 0\n.stream one\nLI s8, 1\nMACW.z v0, s4, s\nRADD.z v1, s4, s\n"
        "RMAX.z v2, s4, s\nLDV v3, s4, s\nLDV v4, s4, one"
    )
    v = registers(text, activations=WORDS)
    assert v[:5] == [
        [1 - 5, 4 + 6, 9 - 7 + 22, -16 + 8], [5, -2, 7, 24], [9, 6, 11, 12], [9, -10, 11, 12],
        [1, 2, 3, 4],
    ]  # fmt: skip


def test_without_z_registers_go_on() -> None:
    text = (
        ".stream s\nLI s8, 1\nLI s1, 10\nVSET v0, s1\nVSET v1, s1\nRADD v0, s4, s\nRMAX v1, s4, s"
    )
    assert registers(text, activations=WORDS)[:2] == [[11, 12, 13, 14], [10] * 4]


def test_masked_lanes_keep_their_registers() -> None:
    text = (
        ".stream s taps=4 step=1\n.weight 1, 1, 1, 1\n.weight 1, 1, 1, 1\n.weight 1, 1, 1, 1\n"
        ".weight 1, 1, 1, 1\nLI s8, 1\nLI s1, 2\nPLT p1, s1\nVLANE v0\nMAC.z v0, s4, s @!p1"
    )
    assert registers(text, activations=WORDS)[0] == [0, 1, 10, 10]


def test_padding_is_multiplied() -> None:
    # Columns -1, 0, 1 of a map of two.
    text = (
        ".selection drum(3)\n.stream s taps=3 step=1 x=1 words=2 step=4 width=2 height=1 pad=-100\n"
        ".weight 7, 7, 7, 7\n.weight 1, 1, 1, 1\n.weight 1, 1, 1, 1\n"
        "LI s4, -1\nLI s5, -1\nLI s8, 1\nMAC.z v0, s4, s"
    )
    product = int(by_name("drum(3)").table[7 + 128, -100 + 128])
    assert registers(text, activations=WORDS)[0] == [product + 1 + 2] * 4


def test_selections() -> None:
    text = (
        ".selection exact\n.selection 0-1=drum(3) 2-3=exact\n.stream s selection=1\n"
        ".weight 77, 77, 77, 77\nLI s8, 1\nMAC.z v0, s4, s\nMAC.z v1, s4, s, sel=1\n"
        "MAC.z v2, s4, s, sel=2"
    )
    words = np.full((1, 4), 99, dtype=np.int8)
    rough = int(by_name("drum(3)").table[77 + 128, 99 + 128])
    mixed = [rough, rough, 77 * 99, 77 * 99]
    assert rough != 77 * 99
    assert registers(text, activations=words)[:3] == [mixed, [77 * 99] * 4, mixed]


def test_saturated_stores_and_lanes_in_use() -> None:
    text = (
        ".store o lanes=3 window_step=2 result\nLI s1, 300\nVSET v0, s1\nVLANE v1\n"
        "VSUB v1, v1, v0\nLI s4, 1\nLI s6, 2\nLI s7, 2\nWAITR\nSTV v0, s4, o"
    )
    result = run(text).memories.result.tolist()
    assert result[1] == [127, 127, 127, 0]
    assert result[3] == [-128, -128, -128, 0]


def test_requantization_of_windows() -> None:
    text = (
        ".store o window=2 shift=2 low=-50 high=60 step=4 element_step=1\n.constant 3, 2\n"
        ".constant 5, 100\nVLANE v0\nLI s1, 12\nVSET v1, s1\nVSUB v2, v0, v1\nLI s4, 5\nLI s6, 1\n"
        "LI s7, 9\nQST v2, s4, o\nLI s4, 6\nQST.max v1, s4, o\nLI s4, 7\nQST.sum v1, s4, o"
    )
    memory = run(text).memories.activations.tolist()
    v2 = [lane - 12 for lane in range(4)]
    clamp = lambda value: max(-50, min(60, value >> 2)) & -4  # noqa: E731
    assert memory[5] == [clamp(v * 3 + 2) for v in v2]
    assert memory[6] == [clamp(12 * 5 + 100)] * 4
    assert memory[7] == [clamp(12 * 3 + v * 5 + 2) for v in v2]


CONVOLUTIONS = [
    # unit, channels, map, filters, kernel, stride, padding, pool, groups
    (Unit(lanes=8, warps=1), 8, (5, 7), 6, 3, (1, 1), (1, 1, 1, 1), 1, 1),
    (Unit(lanes=8, warps=1), 3, (6, 6), 11, 3, (1, 1), (1, 1, 1, 1), 2, 1),
    (Unit(lanes=16, warps=2), 16, (4, 6), 7, 3, (1, 1), (1, 1, 1, 1), 1, 2),
    (Unit(lanes=12, cluster=4, warps=1), 4, (5, 9), 3, 2, (1, 2), (0, 1, 0, 1), 1, 3),
    (Unit(lanes=13, taps=13, warps=1), 13, (3, 4), 15, 2, (2, 1), (1, 0, 0, 1), 1, 1),
    (Unit(lanes=1, warps=1), 2, (3, 3), 2, 2, (1, 1), (0, 0, 0, 0), 1, 1),
    (Unit(lanes=3, warps=1, registers=4), 3, (4, 4), 4, 3, (1, 1), (1, 1, 1, 1), 2, 1),
    (Unit(lanes=32, warps=1, requantizers=8), 8, (4, 8), 5, 3, (1, 1), (1, 1, 1, 1), 2, 4),
]


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions_equal_the_reference(
    case: tuple[Unit, int, tuple[int, int], int, int, tuple[int, int], tuple[int, ...], int, int],
) -> None:
    unit, channels, size, filters, kernel, stride, padding, pool, groups = case
    unit = dataclasses.replace(unit, register_bits=24)
    rng = np.random.default_rng(5)
    weight = rng.integers(-127, 128, (filters, channels, kernel, kernel)).astype(np.int8)
    codes = rng.integers(-128, 128, (1, channels, *size)).astype(np.int8)
    rule = Requantization(rng.integers(1, 60, filters), 12, -7, -120, 110, 2)
    bias = rng.integers(-500, 500, filters).astype(np.int32)
    node = Conv2d("conv", ("x",), weight, bias, rule, stride, padding)  # type: ignore[arg-type]
    block = by_name("drum(4)")
    expected = evaluate(node, [codes], -3, LayerBlocks.uniform(block, weight.shape))
    if pool > 1:
        expected = evaluate(MaxPool2d("pool", ("conv",), (pool,) * 2, (pool,) * 2), [expected], 0)
    lanes = LaneBlocks.uniform([block], unit.lanes)
    layer = convolution(unit, lanes, node, codes[0], -3, pool, groups)
    outcome = simulate(layer.program, layer.image, limit=100_000)
    assert outcome.trap is None
    np.testing.assert_array_equal(layer.output(outcome.memories.activations), expected[0])
    assert time_program(layer.program).cycles == outcome.cycles


def test_the_first_layer_of_lenet5_by_hand() -> None:
    """Lines packed along x, pooling, two warps, loops: 196 windows of 6 filters."""
    program = assemble_file(Path(__file__).with_name("lenet5_conv1.s"))
    rng = np.random.default_rng(1)
    weight = rng.integers(-127, 128, (6, 1, 5, 5)).astype(np.int8)
    codes = rng.integers(-128, 128, (1, 1, 28, 28)).astype(np.int8)
    bias = rng.integers(-1000, 1000, 6).astype(np.int32)
    rule = Requantization(rng.integers(1, 30, 6), 12, -128)
    node = Conv2d("conv1", ("x",), weight, bias, rule, (1, 1), (2, 2, 2, 2))
    pool = MaxPool2d("pool1", ("conv1",), (2, 2), (2, 2))
    expected = evaluate(pool, [evaluate(node, [codes], -128)], -128)[0]

    words = np.zeros((25, 8), dtype=np.int8)
    words[:, :6] = weight.reshape(6, 25).T
    constants = np.zeros((1, 8, 2), dtype=np.int64)
    constants[0, :6, 0] = rule.multiplier
    constants[0, :6, 1] = bias * rule.multiplier + (1 << 11) - (128 << 12)
    program = dataclasses.replace(program, weights=words, constants=constants)
    image = np.zeros((28, 32), dtype=np.int8)
    image[:, :28] = codes[0, 0]
    outcome = simulate(program, image.reshape(-1, 8), limit=30_000)
    assert outcome.trap is None
    output = outcome.memories.activations[112:308, :6].reshape(14, 14, 6).transpose(2, 0, 1)
    np.testing.assert_array_equal(output, expected)
    timing = time_program(program)
    assert timing.cycles == outcome.cycles
    # 98 streams of 200 taps, and one cycle each before the first of them.
    (layer,) = timing.layers
    assert layer.products == 14 * 14 * 4 * 25 * 6
    assert layer.causes["stretched"] == 98
    assert (layer.causes["useful"] + layer.causes["idle_lanes"]) / timing.cycles > 0.98


# Traps ----------------------------------------------------------------------------------------

STREAM = ".stream s taps=2 step=1\n.weight 1, 1, 1, 1\n.weight 1, 1, 1, 1\n"


@pytest.mark.parametrize(
    ("text", "cause", "pc", "value"),
    [
        ("NOP\n.word 0", Cause.ENCODING, 1, 0),
        (".word 0x04000001", Cause.ENCODING, 0, 0x04000001),
        (".word 0x88200000", Cause.REGISTER, 0, 8),  # VADD v8
        (".word 0xa0000000", Cause.REGISTER, 0, 0),  # PLT p0
        (".word 0xa0040001", Cause.STREAM, 0, 1),  # PLT p1 for a second number of groups
        (STREAM + ".word 0xc0030000", Cause.REGISTER, 0, 17),  # MAC with s12
        (STREAM + "MAC v0, s4, 9", Cause.STREAM, 0, 9),
        ("QST v0, s4, 0", Cause.STREAM, 0, 0),
        ("ARG s1, 3", Cause.ARGUMENT, 0, 3),
        (".arg a 1\nARG s1, -1", Cause.ARGUMENT, 0, 32767),
        ("JMP -2", Cause.PC, 0, 32767),
        ("JMP 1", Cause.PC, 0, 2),
        ("LI s1, 1\nLOOP s1, 5", Cause.LOOP, 1, 7),
        ("LI s1, 1\nLOOP s1, 2\nLOOP s1, 1\nJMP -3", Cause.LOOP, 3, 1),
        ("LI s1, 1\nLOOP s1, 3\nLOOP s1, 2\nLOOP s1, 1\nNOP", Cause.LOOP, 3, 5),
        ("LI s1, 1\nLOOP s1, 1\nLOOP s1, 1", Cause.LOOP, 2, 4),
        ("REL\nREL", Cause.SEQUENCE, 1, 0),
        (".stream s taps=9\nLI s8, 1\nMAC v0, s4, s", Cause.TAPS, 1, 9),
        (STREAM + "MAC v0, s4, s", Cause.BEATS, 0, 0),
        (STREAM + "LI s8, 7\nMAC v2, s4, s", Cause.BEATS, 1, 8),
        (STREAM + "LI s8, 1\nMAC v0, s4, s, sel=2", Cause.SELECTION, 1, 1),
        (".stream s selection=3\nLI s8, 1\nMACW v0, s4, s", Cause.SELECTION, 1, 3),
        (STREAM + "LI s8, 1\nLI s4, 3\nMAC v0, s4, s", Cause.WINDOW, 2, 1),
        (STREAM + "LI s8, 1\nLI s4, 4096\nMAC v0, s4, s", Cause.ACTIVATION, 2, 1024),
        (STREAM + "LI s8, 1\nLI s7, 1\nMAC v0, s4, s", Cause.WEIGHT, 2, 2),
        (".store o\nLI s6, 1\nLI s7, 1\nQST v0, s4, o", Cause.REQUANTIZATION, 2, 0),
        (".store o\n.constant 1, 1\nLI s4, 1024\nLI s6, 1\nLI s7, 1\nQST v0, s4, o", Cause.STORE,
         3, 1024),
        (".store o shift=0\n.constant 1, 1\nLI s6, 1\nQST v0, s4, o", Cause.SHIFT, 1, 0),
        (".store o shift=40\n.constant 1, 1\nLI s6, 1\nQST v0, s4, o", Cause.SHIFT, 1, 40),
        (".store o result\nLI s6, 1\nSTV v0, s4, o", Cause.SEQUENCE, 1, 0),
        (".store o\nSTV v0, s4, o", Cause.BEATS, 0, 0),
        (".store o window=4\nLI s6, 2\nLI s7, 9\n.constant 1, 1\nQST.max v1, s4, o", Cause.BEATS,
         2, 8),
    ],
)  # fmt: skip
def test_traps(text: str, cause: Cause, pc: int, value: int) -> None:
    outcome = simulate(assemble(f".unit lanes=4 warps=1\n{text}\nHALT"), limit=1000)
    trap = outcome.trap
    assert trap is not None
    assert (trap.cause, trap.warp, trap.pc, trap.value) == (cause, 0, pc, value)


def test_a_program_without_an_end_traps() -> None:
    trap = simulate(assemble(".unit lanes=4 warps=1\nNOP"), limit=100).trap
    assert trap is not None
    assert (trap.cause, trap.pc) == (Cause.PC, 1)


def test_a_byte_that_no_word_has() -> None:
    text = ".unit lanes=3 warps=1\n.stream s\nLI s8, 1\nLI s4, 7\nLDV v0, s4, s\nHALT"
    trap = simulate(assemble(text), limit=100).trap
    assert trap is not None
    assert (trap.cause, trap.value) == (Cause.ACTIVATION, 7)


def test_a_store_that_faults_has_stored_what_was_before() -> None:
    text = (
        ".unit lanes=4 warps=1\n.store o\nLI s1, 5\nVSET v0, s1\nVSET v1, s1\nLI s4, 1023\n"
        "LI s6, 2\nLI s7, 2\nSTV v0, s4, o\nHALT"
    )
    outcome = simulate(assemble(text), limit=1000)
    assert outcome.trap is not None
    assert outcome.trap.value == 1024
    assert outcome.memories.activations[1023].tolist() == [5] * 4
