"""Deliberate breakages of the product, each of which some test must detect.

Every entry replaces one short text of one file. It is chosen so that the program still runs, and
computes something else; the tests named are those nearest to it. When code moves, the entry moves
with it: ``tests/benchmarks/test_mutations.py`` refuses entries whose text is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MUTATIONS", "Mutation"]


@dataclass(frozen=True)
class Mutation:
    """One breakage.

    Parameters
    ----------
    name : str
        What is wrong with the program then.
    file : str
        Relative to the repository.
    old, new : str
        ``old`` occurs exactly once in the file.
    tests : str
        Files or folders, separated by blanks; the first test that fails ends the run.
    """

    name: str
    file: str
    old: str
    new: str
    tests: str


_ARRAY = "hawx_hw/architectures/systolic"
_ARRAY_TESTS = "tests/architectures/systolic"
_COMMON = "hawx_hw/architectures/common"
_COMMON_TESTS = "tests/architectures/common"

_BLOCKS = (
    Mutation(
        "drum-table-without-its-unbiasing-bit",
        "hawx_hw/blocks/families/drum.py",
        "((x >> shift) | (shift > 0)) << shift",
        "(x >> shift) << shift",
        "tests/blocks/families/test_drum.py",
    ),
    Mutation(
        "drum-circuit-without-its-unbiasing-bit",
        "hawx_hw/blocks/families/drum.py",
        "Cat(window[0] | x[self.k :].any(), window[1:])",
        "window",
        "tests/blocks/families/test_drum.py",
    ),
    Mutation(
        "negated-sums-without-their-constant",
        "hawx_hw/blocks/arithmetic/carry_save.py",
        "if constant >> place & 1 else []",
        "if False else []",
        "tests/blocks/arithmetic/test_carry_save.py",
    ),
    Mutation(
        "wires-that-load-nothing",
        "hawx_hw/netlist/timing.py",
        "load = load + wires.capacitances(pins)",
        "load = load + 0 * wires.capacitances(pins)",
        "tests/netlist/test_timing.py",
    ),
    Mutation(
        "import-of-an-unsigned-weight-without-its-sign",
        "hawx_hw/blocks/user/imported.py",
        "Mux(negative, -product, product)",
        "product",
        "tests/blocks/user/test_imported.py",
    ),
    Mutation(
        "tables-named-by-some-of-their-products",
        "hawx_hw/blocks/members.py",
        "np.array_equal(member.table[weights, activations], table)",
        "True",
        "tests/blocks/test_members.py",
    ),
    Mutation(
        "simulators-that-differ-in-an-import",
        "hawx_hw/block_proofs/imports/tabulate.py",
        "    for name in others:\n        differ(",
        "    for name in others[:0]:\n        differ(",
        "tests/block_proofs/imports/test_tabulate.py",
    ),
    Mutation(
        "python-blocks-that-end-the-program",
        "hawx_hw/blocks/user/user_code.py",
        "        raise _explained(name, problem, error) from error",
        "        raise",
        "tests/blocks/user/test_user_code.py",
    ),
    Mutation(
        "bit-matrix-constant-of-negative-bits",
        "hawx_hw/blocks/arithmetic/bit_matrix.py",
        "self._constant -= 1 << weight",
        "self._constant += 1 << weight",
        "tests/blocks/arithmetic/test_bit_matrix.py",
    ),
    Mutation(
        "booth-digit-of-twice-the-operand",
        "hawx_hw/blocks/arithmetic/bit_matrix.py",
        "two.eq((high & ~middle & ~low) | (~high & middle & low))",
        "two.eq(high & ~middle & ~low)",
        "tests/blocks/arithmetic/test_bit_matrix.py",
    ),
    Mutation(
        "sign-of-a-product-of-magnitudes",
        "hawx_hw/blocks/arithmetic/sign_magnitude.py",
        "negative.eq(self.a[-1] ^ self.b[-1])",
        "negative.eq(self.a[-1] | self.b[-1])",
        "tests/blocks/families/test_drum.py",
    ),
    Mutation(
        "blocks-of-a-layer-by-the-wrong-weight",
        "hawx_hw/blocks/assignment.py",
        "self.tables[self.choice, weight.astype(np.int64) + 128]",
        "self.tables[self.choice, weight.astype(np.int64) + 127]",
        "tests/blocks/test_assignment.py",
    ),
)

_NETWORKS = (
    Mutation(
        "requantization-without-rounding",
        "hawx_hw/graph/reference.py",
        "half = rule.step << (rule.shift - 1)",
        "half = 0 << (rule.shift - 1)",
        "tests/graph/test_reference.py",
    ),
    Mutation(
        "padding-of-zero-instead-of-the-zero-point",
        "hawx_hw/graph/reference.py",
        "(left, right)), constant_values=code)",
        "(left, right)), constant_values=0)",
        "tests/graph/test_reference.py",
    ),
    Mutation(
        "float32-for-sums-that-it-cannot-hold",
        "hawx_hw/graph/fast.py",
        "<= 2**24 else np.float64",
        "<= 2**27 else np.float64",
        "tests/graph/test_fast.py",
    ),
    Mutation(
        "a-bias-without-its-zero-point",
        "hawx_hw/quantize/calibration.py",
        "- source.zero_point * weight.sum(axis=axes)",
        "+ source.zero_point * weight.sum(axis=axes)",
        "tests/quantize/test_calibration.py",
    ),
    Mutation(
        "padding-same-on-the-wrong-side",
        "hawx_hw/quantize/lowering.py",
        "top, left = ((size - 1) // 2 for size in kernel)",
        "top, left = (size // 2 for size in kernel)",
        "tests/quantize/test_lowering.py",
    ),
    Mutation(
        "a-damaged-weight-that-loads",
        "hawx_hw/networks/tensor_file.py",
        'b"\\0" + data',
        'b"\\0"',
        "tests/networks/test_tensor_file.py",
    ),
    Mutation(
        "an-emulator-that-ignores-what-came-before",
        "hawx_hw/emulation/emulator.py",
        'digest.update(b"|" + signatures[name])',
        'digest.update(b"|")',
        "tests/emulation/test_emulator.py",
    ),
    Mutation(
        "emulation-in-float32-past-its-whole-numbers",
        "hawx_hw/emulation/factors.py",
        "if total <= 2**24:",
        "if total <= 2**27:",
        "tests/emulation",
    ),
    Mutation(
        "strided-activations-in-a-compiled-kernel",
        "hawx_hw/emulation/kernels/unfold.h",
        "to[i] = from[i * stride];",
        "to[i] = from[i];",
        "tests/emulation/test_native.py tests/emulation/test_emulator.py",
    ),
    Mutation(
        "a-compensation-of-the-wrong-sign",
        "hawx_hw/compensation/bias_correction.py",
        "- np.floor(error + 0.5)",
        "+ np.floor(error + 0.5)",
        "tests/compensation/test_bias_correction.py",
    ),
    Mutation(
        "a-remapped-weight-without-its-zero-point",
        "hawx_hw/compensation/weight_remapping.py",
        "(weight * zero_point - at_zero)",
        "(chosen * zero_point - at_zero)",
        "tests/compensation/test_weight_remapping.py",
    ),
    Mutation(
        "weights-rounded-jointly-away-from-each-other",
        "hawx_hw/compensation/joint_rounding.py",
        "targets[:, tap:] -= error",
        "targets[:, tap:] += error",
        "tests/compensation/test_joint_rounding.py",
    ),
    Mutation(
        "the-output-of-a-network-rounded",
        "hawx_hw/compensation/activation_rounding.py",
        "readers[graph.output].append(1)",
        "readers[graph.output].append(128)",
        "tests/compensation/test_activation_rounding.py",
    ),
    Mutation(
        "the-last-rule-that-matches-a-weight-wins",
        "hawx_hw/assignment/rules.py",
        "_matched(rule, free, key) & free",
        "_matched(rule, free, key)",
        "tests/assignment/test_rules.py",
    ),
)

_MAPPING = (
    Mutation(
        "requantizer-rounding-left-out",
        f"{_COMMON}/requantization.py",
        "fixed = (rule.step << (rule.shift - 1)) +",
        "fixed = 0 +",
        f"{_COMMON_TESTS}/test_requantization.py",
    ),
    Mutation(
        "zero-times-zero-of-an-unsigned-block",
        f"{_ARRAY}/parameters.py",
        "zeros = np.array([int(block.raw_table[128, 128]) for",
        "zeros = np.array([0 * int(block.raw_table[128, 128]) for",
        f"{_ARRAY_TESTS}/test_parameters.py",
    ),
    Mutation(
        "offset-of-unsigned-activations",
        f"{_COMMON}/requantization.py",
        "biases = biases - correction",
        "biases = biases + correction",
        f"{_ARRAY_TESTS}/test_parameters.py",
    ),
    Mutation(
        "tensors-that-overlap-in-memory",
        f"{_COMMON}/arena.py",
        "begin = max(begin, other_end)",
        "begin = max(begin, other_end - 1)",
        f"{_COMMON_TESTS}/test_arena.py",
    ),
    Mutation(
        "memory-for-channels-instead-of-their-positions",
        f"{_COMMON}/arena.py",
        ".size if layouts else channels",
        ".size * 0 + channels if layouts else channels",
        f"{_COMMON_TESTS}/test_arena.py",
    ),
    Mutation(
        "operands-of-an-addition-in-different-orders",
        f"{_COMMON}/channels.py",
        "(layer.name, *layer.sources)}",
        "(layer.name, layer.sources[0])}",
        f"{_COMMON_TESTS}/test_channels.py",
    ),
    Mutation(
        "an-entry-of-blocks-that-an-earlier-one-overrides",
        f"{_COMMON}/block_map.py",
        "contents |= dict.fromkeys(itertools.product(*lines), digests)",
        "contents = dict.fromkeys(itertools.product(*lines), digests) | contents",
        f"{_COMMON_TESTS}/test_block_map.py",
    ),
    Mutation(
        "partial-sums-of-one-sign-only",
        f"{_COMMON}/requantization.py",
        "np.minimum(tables.min(axis=2), 0)[",
        "tables.min(axis=2)[",
        f"{_COMMON_TESTS}/test_requantization.py",
    ),
    Mutation(
        "low-bits-that-some-weight-has",
        f"{_COMMON}/widths.py",
        "zeros = min(zeros, max(unread",
        "zeros = max(0, max(unread",
        f"{_COMMON_TESTS}/test_widths.py",
    ),
    Mutation(
        "filters-of-a-given-order-on-lines-of-other-blocks",
        f"{_COMMON}/placement.py",
        "if not able[line, kind] or",
        "if",
        f"{_COMMON_TESTS}/test_placement.py",
    ),
    Mutation(
        "blocks-of-a-class-on-one-line-only",
        f"{_COMMON}/derivation.py",
        "price[line] = (required & ~present[:, line, None, :]).sum(axis=(0, 2))",
        "price[line] = 0",
        f"{_COMMON_TESTS}/test_derivation.py",
    ),
    Mutation(
        "taps-that-read-channels-in-their-natural-order",
        f"{_ARRAY}/taps.py",
        "divmod(int(source.positions[channel]), word_codes)",
        "divmod(channel, word_codes)",
        f"{_ARRAY_TESTS}/test_taps.py",
    ),
    Mutation(
        "address-index-of-a-row-feeder",
        f"{_ARRAY}/taps.py",
        "plane * height * width + y * width + x",
        "plane * height * width + y * height + x",
        f"{_ARRAY_TESTS}/test_taps.py",
    ),
    Mutation(
        "filters-in-the-columns-of-others",
        f"{_ARRAY}/parameters.py",
        "padded[filters[:, None, None, :]",
        "padded[filters[:, None, None, ::-1]",
        f"{_ARRAY_TESTS}/test_parameters.py",
    ),
    Mutation(
        "fill-of-the-array-in-the-cycle-model",
        f"{_ARRAY}/gateware/latencies.py",
        "array.slices * ArraySlice.LATENCY",
        "ArraySlice.LATENCY",
        f"{_ARRAY_TESTS}/test_cycles.py",
    ),
    Mutation(
        "sums-without-the-register-after-the-blocks",
        f"{_ARRAY}/gateware/array_slice.py",
        "ProcessingElement.PRODUCT_LATENCY + array.rows * ",
        "array.rows * ",
        f"{_ARRAY_TESTS}/gateware/test_array_slice.py",
    ),
    Mutation(
        "waits-attributed-to-the-wrong-cause",
        f"{_ARRAY}/cycles.py",
        'cause = "requantization" if free > loaded else "weight_loading"',
        'cause = "weight_loading" if free > loaded else "requantization"',
        f"{_ARRAY_TESTS}/test_cycles.py",
    ),
    Mutation(
        "isolated-products-of-single-blocks",
        f"{_ARRAY}/features.py",
        "isolated = np.where(counts > 1, counts, 0)",
        "isolated = counts",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "weights-of-pes-without-their-selections",
        f"{_ARRAY}/features.py",
        "widths.weight_bits + 2 * isolated",
        "widths.weight_bits + isolated",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "energy-of-blocks-without-their-shares",
        f"{_ARRAY}/features.py",
        "layer.macs * share / layer.weight.size",
        "layer.macs",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "memories-that-are-written-for-nothing",
        f"{_ARRAY}/features.py",
        "memory.reads * macro.read_energy_fj + memory.writes * macro.write_energy_fj",
        "memory.reads * macro.read_energy_fj",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "memories-whose-clock-stands-still",
        f"{_ARRAY}/features.py",
        "cycles * macro.clock_fj",
        "0 * macro.clock_fj",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "writes-of-two-ports-as-of-one",
        "hawx_hw/technology/memory_models.py",
        "both = (self.two_port_read, self.two_port_write) if two else",
        "both = (self.two_port_read, self.write) if two else",
        "tests/technology/test_memory_models.py",
    ),
    Mutation(
        "flip-flops-weighed-as-without-clock-gates",
        "hawx_hw/technology/cell_memories.py",
        "_GATED if self.clock_gating else _NOT_GATED",
        "_NOT_GATED",
        "tests/technology/test_cell_memories.py",
    ),
    Mutation(
        "words-of-flip-flops-that-all-drive-the-output",
        "rtl_templates/hawx_sdp_ram.v",
        "{WIDTH{at == index}}",
        "{WIDTH{at >= index}}",
        "tests/benchmarks/test_memories.py",
    ),
    Mutation(
        "writes-of-flip-flops-that-clock-no-word",
        "hawx_hw/technology/cell_memories.py",
        "0.0 if write is None else write + clocked",
        "0.0 if write is None else write",
        "tests/technology/test_memories.py",
    ),
    Mutation(
        "selections-that-move-down-all-rows",
        f"{_ARRAY}/features.py",
        "len(slices) - 1 - slices[::-1].argmax(axis=0)",
        "len(slices) - 1",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "activations-that-load-the-fewest-blocks",
        f"{_ARRAY}/features.py",
        "plan.array.slice_columns).sum(axis=2).max()",
        "plan.array.slice_columns).sum(axis=2).min()",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "taps-that-are-never-read",
        f"{_ARRAY}/accesses.py",
        '"taps": tiles,',
        '"taps": 0,',
        f"{_ARRAY_TESTS}/test_accesses.py",
    ),
    Mutation(
        "constants-that-are-read-for-each-window",
        f"{_ARRAY}/accesses.py",
        "(windows if array.slice_groups > 1 else 1)",
        "windows",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "padding-that-is-read",
        f"{_ARRAY}/accesses.py",
        "(at >= 0) & (at < layer.input_shape[1 + axis])",
        "at == at",
        "tests/verification/test_gate_level.py",
    ),
    Mutation(
        "memories-whose-clocks-are-always-gated",
        f"{_ARRAY}/features.py",
        "technology.memories.gated(clock_gating)",
        "technology.memories",
        f"{_ARRAY_TESTS}/test_features.py",
    ),
    Mutation(
        "requantization-that-is-never-read",
        f"{_ARRAY}/accesses.py",
        '"requantization": sum(each.constants for each in layers),',
        '"requantization": 0,',
        f"{_ARRAY_TESTS}/test_accesses.py",
    ),
    Mutation(
        "blocks-counted-once",
        f"{_COMMON}/block_map.py",
        "reshape(-1, len(self.blocks)).sum(axis=0)",
        "reshape(-1, len(self.blocks)).any(axis=0)",
        f"{_COMMON_TESTS}/test_block_map.py {_ARRAY_TESTS}/test_plan.py",
    ),
    Mutation(
        "memories-of-one-set-of-accumulators",
        f"{_ARRAY}/accesses.py",
        "            d.accumulators,\n            2 * a.slices,",
        "            d.accumulators,\n            a.slices,",
        "tests/architectures/test_plans.py",
    ),
)

_GATEWARE = (
    Mutation(
        "latency-of-the-register-after-the-blocks",
        f"{_ARRAY}/gateware/pe.py",
        "    PRODUCT_LATENCY = 1",
        "    PRODUCT_LATENCY = 2",
        f"{_ARRAY_TESTS}/gateware/test_pe.py",
    ),
    Mutation(
        "latency-of-a-slice",
        f"{_ARRAY}/gateware/array_slice.py",
        "    LATENCY = 1",
        "    LATENCY = 2",
        f"{_ARRAY_TESTS}/test_cycles.py {_ARRAY_TESTS}/gateware",
    ),
    Mutation(
        "requantizer-multiplier-bit",
        "hawx_hw/gateware/requantizer.py",
        "Cat(C(0, 1), constants.multiplier, C(0, 2))",
        "Cat(C(0, 1), constants.multiplier & -2, C(0, 2))",
        "tests/gateware/test_requantizer.py",
    ),
    Mutation(
        "requantizer-without-the-step-of-its-codes",
        "hawx_hw/gateware/requantizer.py",
        "& ~cleared",
        "",
        "tests/gateware/test_requantizer.py",
    ),
    Mutation(
        "block-select-decode",
        f"{_ARRAY}/gateware/pe.py",
        "following.eq(1 << self.select)",
        "following.eq(3 << self.select)",
        f"{_ARRAY_TESTS}/gateware/test_pe.py",
    ),
    Mutation(
        "operand-isolation",
        "hawx_hw/gateware/block_bank.py",
        "multiplier.b.eq(Mux(chosen, b, 0))",
        "multiplier.b.eq(b)",
        f"tests/gateware/test_block_bank.py {_ARRAY_TESTS}/gateware/test_core.py",
    ),
    Mutation(
        "products-of-blocks-that-are-not-selected",
        "hawx_hw/gateware/block_bank.py",
        "multiplier.product if zero else Mux(",
        "multiplier.product if True else Mux(",
        "tests/gateware/test_block_bank.py",
    ),
    Mutation(
        "pixels-of-two-lines-in-one-word",
        "hawx_hw/gateware/tensor_walker.py",
        "line_ends | (self.byte == layout.pixels_per_word * layout.channels - 1)",
        "self.byte == layout.pixels_per_word * layout.channels - 1",
        "tests/gateware/test_tensor_walker.py",
    ),
    Mutation(
        "a-later-trap-hides-the-first",
        "hawx_hw/gateware/trap.py",
        "with m.If(self.trap.valid & (self.clear | ~self.recorded.valid)):",
        "with m.If(self.trap.valid):",
        "tests/gateware/test_trap.py tests/gateware/test_shell.py",
    ),
    Mutation(
        "selections-decoded-as-numbers-of-blocks",
        "hawx_hw/gateware/block_bank.py",
        "m.d.comb += choice.eq(index)",
        "m.d.comb += choice.eq(value)",
        "tests/gateware/test_block_bank.py",
    ),
    Mutation(
        "windows-that-share-one-largest-value",
        "hawx_hw/gateware/requantizer.py",
        "with m.If(valid & ~leaves & (self.group == number)):",
        "with m.If(valid & ~leaves):",
        "tests/gateware/test_requantizer.py",
    ),
    Mutation(
        "padding-code-of-a-row-feeder",
        f"{_ARRAY}/gateware/row_feeder.py",
        "Mux(self.padding, layer.pad_code >> zeros, 0)",
        "Mux(self.padding, 0, 0)",
        f"{_ARRAY_TESTS}/gateware/test_row_feeder.py",
    ),
    Mutation(
        "declared-latency-of-a-row-feeder",
        f"{_ARRAY}/gateware/row_feeder.py",
        "    LATENCY = SWAP_LATENCY + ProcessingElement.SWAP_LATENCY",
        "    LATENCY = SWAP_LATENCY + ProcessingElement.SWAP_LATENCY + 1",
        f"{_ARRAY_TESTS}/gateware/test_row_feeder.py",
    ),
    Mutation(
        "declared-latency-of-the-layer-sequencer",
        f"{_ARRAY}/gateware/layer_sequencer.py",
        "START_LATENCY = ParameterMemory.LATENCY + 1",
        "START_LATENCY = ParameterMemory.LATENCY + 2",
        f"{_ARRAY_TESTS}/gateware/test_layer_sequencer.py",
    ),
    Mutation(
        "weights-that-arrive-before-the-swap",
        f"{_ARRAY}/gateware/latencies.py",
        "return RowFeeder.SWAP_LATENCY",
        "return RowFeeder.SWAP_LATENCY - 1",
        f"{_ARRAY_TESTS}/gateware/test_core.py",
    ),
    Mutation(
        "weights-of-an-output-tile-repeated",
        f"{_ARRAY}/gateware/weight_loader.py",
        "Mux(output_tile == output_tiles, address + 1, tile_begin)",
        "Mux(output_tile == output_tiles, address + 1, address + 1)",
        f"{_ARRAY_TESTS}/gateware/test_weight_loader.py",
    ),
    Mutation(
        "accumulators-that-are-in-use",
        f"{_ARRAY}/gateware/tile_issuer.py",
        "((tap_tile != 0) | accumulators.free)",
        "((tap_tile != 0) | 1)",
        f"{_ARRAY_TESTS}/gateware/test_tile_issuer.py",
    ),
    Mutation(
        "pixel-that-follows-itself",
        f"{_ARRAY}/gateware/array_slice.py",
        "Mux(follows_itself, last_sums[column], stored[column])",
        "stored[column]",
        f"{_ARRAY_TESTS}/gateware/test_array_slice.py",
    ),
    Mutation(
        "accumulators-read-from-one-set-only",
        f"{_ARRAY}/gateware/accumulator_readout.py",
        "self.bank.eq(~self.bank)",
        "self.bank.eq(0)",
        f"{_ARRAY_TESTS}/gateware/test_accumulator_readout.py",
    ),
    Mutation(
        "delayed-payload-that-does-not-hold",
        "hawx_hw/gateware/flows.py",
        "with m.If(before.valid):",
        "with m.If(1):",
        "tests/gateware/test_flows.py",
    ),
    Mutation(
        "result-sent-before-it-is-accepted",
        "hawx_hw/gateware/result_streamer.py",
        "(~self.bytes_out.valid | self.bytes_out.ready)",
        "(~self.bytes_out.valid | self.bytes_out.valid)",
        "tests/gateware/test_result_streamer.py",
    ),
    Mutation(
        "result-channels-in-the-wrong-order",
        "hawx_hw/gateware/tensor_walker.py",
        "self.byte.eq(position % layout.word_codes)",
        "self.byte.eq(number % layout.word_codes)",
        "tests/gateware/test_tensor_walker.py tests/gateware/test_result_streamer.py",
    ),
    Mutation(
        "axi-read-data-that-do-not-wait-for-ready",
        "hawx_hw/gateware/axi_lite.py",
        "with m.Elif(axi.rready):",
        "with m.Else():",
        "tests/gateware/test_axi_lite.py",
    ),
    Mutation(
        "axi-write-while-its-answer-waits",
        "hawx_hw/gateware/axi_lite.py",
        "have_address & have_data & ~axi.bvalid",
        "have_address & have_data",
        "tests/gateware/test_axi_lite.py",
    ),
    Mutation(
        "register-map-address",
        "hawx_hw/gateware/register_map.py",
        '"status",\n        0x014,',
        '"status",\n        0x03C,',
        "tests/gateware/test_shell.py tests/docs/test_registers.py",
    ),
)

_MEASURES = (
    Mutation(
        "a-name-from-a-library-that-divides-lines",
        "hawx_hw/util/quoting.py",
        "printable = text.isascii() and text.isprintable()",
        "printable = True",
        "tests/synthesis/test_script.py",
    ),
    Mutation(
        "names-of-a-library-unchecked",
        "hawx_hw/technology/liberty.py",
        "            check_cell_name(cell, child.line)\n",
        "",
        "tests/technology/test_liberty.py",
    ),
    Mutation(
        "the-cache-of-converted-libraries-stays-on",
        "hawx_hw/synthesis/script.py",
        '"libcache -scl -disable"',
        '"log"',
        "tests/synthesis/test_script.py",
    ),
    Mutation(
        "a-foreign-folder-swept",
        "hawx_hw/util/scratch.py",
        "if _is_scratch(folder):",
        "if folder.is_dir():",
        "tests/util/test_scratch.py",
    ),
    Mutation(
        "liberty-falling-energy",
        "hawx_hw/technology/liberty_cells.py",
        "(tables[0], tables[-1]) if tables",
        "(tables[0], tables[0]) if tables",
        "tests/technology",
    ),
    Mutation(
        "liberty-related-pins-unchecked",
        "hawx_hw/technology/liberty_checks.py",
        "        if name not in pins:\n",
        "        if False:\n",
        "tests/technology",
    ),
    Mutation(
        "liberty-supply-in-volts-whatever-its-unit",
        "hawx_hw/technology/liberty_units.py",
        "voltage = group.number(name) * units.volt",
        "voltage = group.number(name)",
        "tests/technology",
    ),
    Mutation(
        "liberty-values-written-in-one-row",
        "hawx_hw/technology/liberty_writer.py",
        "width = len(axes[-1][1]) if axes else 1",
        "width = len(values)",
        "tests/technology/test_liberty_writer.py",
    ),
    Mutation(
        "liberty-leakage-of-one-supply-pin",
        "hawx_hw/technology/liberty_cells.py",
        'by_state.get(when, 0.0) + group.number("value")',
        'group.number("value")',
        "tests/technology",
    ),
    Mutation(
        "memory-images-not-compared-with-the-network",
        "hawx_hw/verification/accelerator_job.py",
        '    check_memory_images(plan, directory / "mem")\n',
        "",
        "tests/pipeline/stages/test_verify.py",
    ),
    Mutation(
        "layer-of-a-memory-s-word",
        "hawx_hw/architectures/base.py",
        "if first <= address]",
        "if first < address]",
        "tests/verification/test_memory_images.py",
    ),
    Mutation(
        "forged-verilog-is-simulated",
        "hawx_hw/pipeline/stages/verify.py",
        "check_emitted(context.folder, plan, emitted)",
        "pass",
        "tests/pipeline/stages/test_verify.py",
    ),
    Mutation(
        "verilog-that-somebody-changed-is-written-over",
        "hawx_hw/cli/main.py",
        "protected=protected)",
        "protected=())",
        "tests/pipeline/stages/test_emit.py",
    ),
    Mutation(
        "a-compiled-simulation-vouches-for-itself",
        "hawx_hw/simulation/build.py",
        "and read_cached(_voucher(digest)) is not None",
        "",
        "tests/simulation/test_build.py",
    ),
    Mutation(
        "a-wrong-result-is-not-traced-again",
        "hawx_hw/verification/accelerator_job.py",
        "if write is None and mismatch.image is not None:",
        "if False:",
        "tests/architectures/test_interface.py",
    ),
    Mutation(
        "toggles-of-idle-lanes-counted",
        "hawx_hw/netlist/kernel/simulate.c",
        "count((values[net] ^ new) & mask)",
        "count(values[net] ^ new)",
        "tests/netlist",
    ),
    Mutation(
        "memory-that-reads-the-word-being-written",
        "hawx_hw/netlist/kernel/simulate.c",
        "    read_macro(s, &s->macro[i]);\n    if (s->macro[i].ram) write_macro(s, &s->macro[i]);",
        "    if (s->macro[i].ram) write_macro(s, &s->macro[i]);\n    read_macro(s, &s->macro[i]);",
        "tests/netlist",
    ),
    Mutation(
        "set-up-time-left-out-of-the-longest-path",
        "hawx_hw/netlist/timing.py",
        "return arriving + TableStack([*self.limits])",
        "return arriving + 0 * TableStack([*self.limits])",
        "tests/netlist/test_timing.py",
    ),
    Mutation(
        "inverting-cells-driven-by-the-wrong-edge",
        "hawx_hw/power/model.py",
        "before = before[:, ::-1]",
        "before = before[:, ::1]",
        "tests/power",
    ),
    Mutation(
        "an-edge-counted-as-two",
        "hawx_hw/power/model.py",
        "return 0.5 * (edges[0] + edges[1])",
        "return edges[0] + edges[1]",
        "tests/power/test_model.py",
    ),
    Mutation(
        "a-step-with-delays-that-begins-where-the-last-one-ended",
        "hawx_hw/netlist/kernel/timed.h",
        "i < t->drivers; i++) t->target[i] =",
        "i < t->gates; i++) t->target[i] =",
        "tests/netlist/test_timed.py",
    ),
    Mutation(
        "the-first-cycle-of-each-interval-with-delays",
        "hawx_hw/verification/timed_cycles.py",
        "rng.integers(borders[:-1], borders[1:])",
        "borders[:-1]",
        "tests/verification/test_timed_cycles.py",
    ),
    Mutation(
        "a-standard-error-as-of-groups-that-share-nothing",
        "hawx_hw/power/glitches.py",
        "(groups - 1) / groups * spread",
        "spread / groups",
        "tests/power/test_glitches.py",
    ),
    Mutation(
        "glitches-where-another-instance-switches",
        "hawx_hw/power/glitches.py",
        "ratio[kind] * settled +",
        "ratio[kind] * settled.mean() +",
        "tests/power/test_glitches.py",
    ),
    Mutation(
        "a-choice-by-energy-without-glitches",
        "hawx_hw/characterization/least_energy.py",
        "block, design, technology, flow.operands, glitches=True, store=store",
        "block, design, technology, flow.operands, glitches=False, store=store",
        "tests/characterization/test_least_energy.py",
    ),
    Mutation(
        "a-block-that-gets-the-operands-of-its-neighbor",
        "hawx_hw/characterization/least_energy.py",
        "own = stream.blocks[:, used] == block",
        "own = stream.blocks[:, used] >= 0",
        "tests/characterization/test_least_energy.py",
    ),
    Mutation(
        "operands-of-the-first-pixels-alone",
        "hawx_hw/architectures/base.py",
        "(image * (steps - own) // max(images - 1, 1) for image in range(images))",
        "(0 for image in range(images))",
        "tests/architectures/systolic/test_operands.py",
    ),
    Mutation(
        "energies-of-blocks-without-glitches",
        "hawx_hw/characterization/block_table.py",
        "uniform(), glitches=True, store=store",
        "uniform(), glitches=False, store=store",
        "tests/characterization/test_block_table.py",
    ),
)

_SEARCH = (
    Mutation(
        "a-front-that-holds-equal-points-twice",
        "hawx_hw/search/pareto.py",
        "is_nondominated(points[finite])",
        "is_nondominated(points[finite], keep_weakly=True)",
        "tests/search/test_pareto.py",
    ),
    Mutation(
        "a-choice-of-an-array-without-its-time",
        "hawx_hw/prediction/choice_result.py",
        "return self.energy_nj * delay",
        "return self.energy_nj + 0 * delay",
        "tests/prediction/test_choice.py",
    ),
    Mutation(
        "an-array-of-too-many-multipliers",
        "hawx_hw/architectures/systolic/shape.py",
        "if r * c <= multipliers",
        "if r * c <= multipliers + 1",
        "tests/architectures/systolic/test_shape.py",
    ),
    Mutation(
        "a-stage-that-does-not-see-what-it-reads",
        "hawx_hw/pipeline/stages/verify.py",
        'needs=("assign", "emit", "pick")',
        'needs=("assign", "pick")',
        "tests/pipeline/stages/test_verify.py",
    ),
    Mutation(
        "a-setting-that-a-stage-reads-and-does-not-name",
        "hawx_hw/pipeline/stages/synth.py",
        'settings=("technology", "accelerator.clock_mhz", "accelerator.clock_gating")',
        'settings=("technology", "accelerator.clock_gating")',
        "tests/pipeline/stages/test_synth.py",
    ),
    Mutation(
        "a-candidate-that-fails-hands-its-error-on",
        "hawx_hw/search/bound.py",
        "handed = level if passed else 0.0",
        "handed = level",
        "tests/search/test_bound.py",
    ),
    Mutation(
        "images-that-select-are-learned-from",
        "hawx_hw/datasets/roles.py",
        "for mask in (~held_out, held_out)",
        "for mask in (held_out | ~held_out, held_out)",
        "tests/datasets/test_roles.py",
    ),
    Mutation(
        "finalists-by-the-images-that-select",
        "hawx_hw/search/pick.py",
        "return _learned(point) <= hope",
        "return point.unseen_drop <= hope",
        "tests/search/test_pick.py",
    ),
    Mutation(
        "finalists-of-the-front-alone",
        "hawx_hw/search/pick.py",
        "[p for p in result.designs if all(",
        "[p for p in result.front if all(",
        "tests/search/test_pick.py",
    ),
    Mutation(
        "race-on-images-twice",
        "hawx_hw/search/race.py",
        "np.arange(runs.images, runs.images + count)",
        "np.arange(count)",
        "tests/search/test_race.py",
    ),
    Mutation(
        "race-without-chance",
        "hawx_hw/search/race.py",
        "clearly = drops[:, None] - drops > self._deviations * spread",
        "clearly = drops[:, None] - drops > 0",
        "tests/search/test_race.py",
    ),
    Mutation(
        "estimate-as-observed",
        "hawx_hw/search/estimate.py",
        "means.append(learned + gain @ off)",
        "means.append(seen)",
        "tests/search/test_estimate.py",
    ),
)

_SUMMARY = (
    Mutation(
        "a-summary-beside-results-that-it-is-not-of",
        "hawx_hw/pipeline/pipeline.py",
        "            self._folder.remove(self._ending.file)",
        "            pass",
        "tests/pipeline/test_pipeline.py",
    ),
    Mutation(
        "a-summary-with-results-of-another-config",
        "hawx_hw/pipeline/pipeline.py",
        "if self._reason(manifest, inputs) is None and not self._folder.damaged(manifest):",
        "if not self._folder.damaged(manifest):",
        "tests/pipeline/test_order.py",
    ),
    Mutation(
        "a-predicted-energy-where-one-was-measured",
        "hawx_hw/report/metrics.py",
        "    if measured is not None:",
        "    if predicted is None and measured is not None:",
        "tests/report/test_metrics.py",
    ),
    Mutation(
        "the-accuracy-of-the-network-that-was-searched",
        "hawx_hw/report/metrics.py",
        "else assign.accuracy.assigned",
        "else assign.accuracy.searched",
        "tests/report/test_metrics.py",
    ),
)

MUTATIONS = (*_BLOCKS, *_NETWORKS, *_MAPPING, *_GATEWARE, *_MEASURES, *_SEARCH, *_SUMMARY)
