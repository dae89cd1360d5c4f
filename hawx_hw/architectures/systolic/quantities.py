"""Features of systolic designs, and the quantities that are predicted from them, as data."""

from __future__ import annotations

from hawx_hw.architectures.quantities import (
    ONE,
    Part,
    Quantities,
    Quantity,
    complement,
    feature,
    feature_terms,
    log2,
    longest_path,
)

__all__ = ["FEATURES", "QUANTITIES"]

#: What each feature is, with its unit; an area is in the unit of the library, um2 in most.
FEATURES = {
    "rows": "rows of the array",
    "columns": "columns of the array",
    "slices": "slices of columns",
    "slice_columns": "columns of a slice",
    "slice_groups": "words that the columns of a slice fill at one pixel",
    "banks": "weight banks of a slice",
    "bank_rows": "rows of a weight bank",
    "requantizers": "requantizers",
    "accumulators": "words of an accumulator set",
    "activation_words": "words of the activation memory",
    "layers": "words of the layer program",
    "selections": "distinct selections of blocks",
    "activation_bits": "width of the stored activations (bits)",
    "weight_bits": "width of the stored weights (bits)",
    "sum_bits": "width of the sums in the accumulators (bits)",
    "column_bits": "width of the sums that leave a column (bits)",
    "addend_bits": "width of the addends (bits)",
    "product_bits": "width after the requantizer's multiplier (bits)",
    "shift_bits": "width of the requantizer's shift (bits)",
    "step_bits": "width of the step of codes, whose multiples are stored (bits)",
    "program_bits": "width of a program word (bits)",
    "tap_bits": "width of a tap (bits)",
    "coordinate_bits": "width of input coordinates (bits)",
    "address_bits": "width of addresses in the activation memory (bits)",
    "destination_bits": "width of addresses of results (bits)",
    "bank_bits": "width of addresses in a weight bank (bits)",
    "loaded": "parameters loaded at run time (1) or built in (0)",
    "gated": "clocks gated (1) or not (0)",
    "clock_mhz": "clock (MHz)",
    "pes": "PEs",
    "block_instances": "blocks in all PEs",
    "isolated": "blocks in PEs that hold several",
    "pe_weight_bits": "registers of weights and of selections, in all PEs (bits)",
    "pe_free_bits": "those of them without clock gates, for being few (bits)",
    "pe_gates": "clock gates of all PEs, where clocks are gated",
    "pe_product_bits": "width of the products, summed over the PEs (bits)",
    "pe_sum_bits": "width of the sums, summed over the PEs (bits)",
    "mean_product_bits": "width of a product, on average over the PEs (bits)",
    "mean_sum_bits": "width of a sum, on average over the PEs (bits)",
    "select_bits": "registers of the selections of blocks, outside the PEs (bits)",
    "isolated_operand_bits": "width of the isolated operands, summed over the blocks (bits)",
    "isolated_product_bits": "width of the isolated products, summed over the blocks (bits)",
    "several": "PEs that hold several blocks (1) or none (0)",
    "most_blocks": "blocks of a PE, at most",
    "activation_load": "blocks that one activation drives, at most",
    "block_area": "total area of the blocks (um2)",
    "block_leakage_uw": "total leakage of the blocks (uW)",
    "block_energy_pj": "energy of an image's multiplications, uniform operands, with glitches (pJ)",
    "array_energy_pj": "the same of one multiplication in each PE (pJ)",
    "multiplication_fj": "the same of a multiplication, on average (fJ)",
    "mean_block_area": "area of a block, on average (um2)",
    "block_delay_ns": "longest path of the slowest block (ns)",
    "isolated_delay_ns": "longest path of the slowest block in PEs that hold several, else 0 (ns)",
    "cycles": "cycles of an image, from its first byte to its result's last",
    "macs": "multiplications of an inference",
    "issued": "cycles of an inference in which pixels enter the array",
    "tiles": "weight tiles that an inference loads",
    "read_sums": "words of sums that the requantizers compare",
    "requantizations": "words of codes that the requantizers make",
    "memory_bits": "bits of all memories",
    "memory_area": "total area of the memories (um2)",
    "memory_leakage_uw": "total leakage of the memories (uW)",
    "known_leakage_uw": "leakage of blocks and memories (uW)",
    "activation_energy_pj": "energy of an image's accesses to the activation memories (pJ)",
    "accumulator_energy_pj": "energy of an image's accesses to the accumulators (pJ)",
    "weight_energy_pj": "energy of an image's accesses to the weight memories (pJ)",
    "other_energy_pj": "energy of an image's accesses to the other memories (pJ)",
}
#: The terms that are a feature, by its name.
_F = feature_terms(FEATURES)


_AREA = Quantity(
    "area",
    "um2",
    (
        Part("blocks", "area_blocks", (), exact=_F.block_area),
        Part(
            "pes",
            "area_pes",
            (
                # Two weights, the product's register, the adder and the sum's register.
                _F.pes,
                _F.pe_weight_bits,
                _F.pe_product_bits,
                _F.pe_sum_bits,
                _F.isolated,
                _F.isolated_operand_bits,
                _F.isolated_product_bits,
                # Without gates a register that holds its value has a multiplexer.
                complement("gated") * _F.pe_sum_bits,
            ),
        ),
        Part(
            "array_slice",
            "area_array_slice",
            (
                _F.slices,
                _F.slices * _F.rows,
                _F.slices * _F.rows * _F.activation_bits,
                _F.columns,
                _F.columns * _F.sum_bits,
                _F.select_bits,
            ),
        ),
        Part(
            "row_feeder",
            "area_row_feeder",
            (
                _F.rows,
                _F.rows * _F.tap_bits,
                _F.rows * _F.coordinate_bits,
                _F.rows * _F.address_bits,
                _F.rows * _F.activation_bits,
                _F.rows * _F.requantizers * _F.activation_bits,
                _F.rows * _F.loaded,
            ),
        ),
        Part(
            "requantizer",
            "area_requantizer",
            (
                _F.requantizers,
                _F.requantizers * _F.sum_bits,
                _F.requantizers * _F.slice_groups * _F.sum_bits,
                _F.requantizers * _F.product_bits,
                _F.requantizers * _F.addend_bits,
            ),
        ),
        Part(
            "rest",
            "area_rest",
            (
                ONE,
                _F.program_bits,
                _F.coordinate_bits,
                _F.address_bits,
                _F.destination_bits,
                _F.bank_bits,
                _F.rows,
                _F.banks * _F.slices,
                _F.requantizers,
                _F.requantizers * _F.sum_bits,
                _F.columns * _F.sum_bits,
                _F.columns,
                _F.loaded,
                _F.loaded * _F.requantizers,
                _F.loaded * _F.rows,
                _F.loaded * _F.banks * _F.slices,
                _F.loaded * _F.slice_columns,
            ),
        ),
    ),
    (
        "pes",
        "sum_bits",
        "weight_bits",
        "activation_bits",
        "requantizers",
        "slice_columns",
        "loaded",
        "mean_block_area",
        "isolated",
    ),
)
_ENERGY = Quantity(
    "dynamic_pj",
    "pJ",
    (
        Part(
            "blocks",
            "blocks_pj",
            # New activations, also of PEs without a weight, and new weights.
            (
                _F.block_energy_pj,
                _F.issued * _F.array_energy_pj,
                _F.tiles * _F.array_energy_pj,
            ),
        ),
        Part(
            "clock",
            "clock_pj",
            (
                # What is clocked in every cycle: gates, and registers that have none.
                _F.cycles,
                _F.cycles * _F.pe_gates,
                _F.cycles * _F.pe_free_bits,
                _F.cycles * _F.slices * _F.rows,
                _F.cycles * _F.select_bits,
                _F.cycles * _F.rows,
                _F.cycles * _F.columns,
                _F.cycles * _F.requantizers,
                _F.cycles * _F.loaded,
                # And what is behind gates: in the array while pixels enter.
                _F.issued * _F.pe_product_bits,
                _F.issued * _F.pe_sum_bits,
                _F.issued * _F.slices * _F.rows * _F.activation_bits,
                _F.issued * _F.rows * _F.coordinate_bits,
                _F.tiles * _F.pe_weight_bits,
                _F.read_sums * _F.requantizers * _F.sum_bits,
                _F.requantizations * _F.requantizers * _F.product_bits,
                complement("gated") * _F.cycles * _F.pe_sum_bits,
            ),
        ),
        Part(
            "logic",
            "logic_pj",
            (
                _F.macs * _F.mean_product_bits,
                _F.macs * _F.mean_sum_bits,
                _F.issued * _F.pe_sum_bits,
                _F.issued * _F.isolated_product_bits,
                _F.issued * _F.isolated_operand_bits,
                _F.issued * _F.slices * _F.rows * _F.activation_bits,
                _F.issued * _F.columns * _F.sum_bits,
                _F.issued * _F.rows * _F.coordinate_bits,
                _F.issued * _F.rows * _F.requantizers * _F.activation_bits,
                _F.tiles * _F.pe_weight_bits,
                _F.read_sums * _F.requantizers * _F.sum_bits,
                _F.requantizations * _F.requantizers * _F.product_bits,
                _F.cycles * _F.program_bits,
                _F.cycles,
                _F.cycles * _F.pes,
                _F.cycles * _F.loaded,
            ),
        ),
        # Accesses and cycles are known, and the technology states what they take.
        *(
            Part(f"{use}_memories", "memory_pj", (), exact=feature(f"{use}_energy_pj"))
            for use in ("activation", "accumulator", "weight", "other")
        ),
    ),
    (
        "pes",
        "sum_bits",
        "activation_bits",
        "weight_bits",
        "requantizers",
        "slices",
        "activation_words",
        "multiplication_fj",
        "isolated",
    ),
)
_LEAKAGE = Quantity(
    "leakage_uw",
    "uW",
    (
        Part(
            "all",
            "leakage_uw",
            (
                _F.pes,
                _F.pe_product_bits,
                _F.pe_sum_bits,
                _F.isolated_product_bits,
                _F.slices * _F.rows * _F.activation_bits,
                _F.columns * _F.sum_bits,
                _F.rows * _F.coordinate_bits,
                _F.requantizers * _F.product_bits,
                ONE,
                complement("gated") * _F.pe_sum_bits,
            ),
            exact=_F.known_leakage_uw,
        ),
    ),
    ("pes", "sum_bits", "weight_bits", "requantizers", "mean_block_area", "isolated"),
)
_PATH_PES = longest_path(
    "pes",
    (
        _F.block_delay_ns,
        ONE,
        _F.isolated_delay_ns,
        _F.several,
        _F.most_blocks,
        _F.activation_load,
        log2("slice_columns"),
        log2("sum_bits"),
    ),
    (
        "block_delay_ns",
        "isolated_delay_ns",
        "sum_bits",
        "most_blocks",
        "slice_columns",
        "activation_load",
    ),
)
#: What adds a column's sum to what is in its accumulator; what selects drives all of a slice.
_SUMS = (
    ONE,
    _F.sum_bits,
    log2("sum_bits"),
    _F.column_bits,
    _F.slice_columns * _F.sum_bits,
    log2("slice_columns"),
    log2("accumulators"),
)
_PATH_SLICE, _PATH_ACCUMULATORS = (
    longest_path(
        kind, _SUMS, ("sum_bits", "column_bits", "slice_columns", "accumulators", "slices")
    )
    for kind in ("array_slice", "accumulators")
)
_PATH_REQUANTIZER = longest_path(
    "requantizer",
    (
        ONE,
        log2("sum_bits"),
        log2("product_bits"),
        log2("addend_bits"),
        _F.requantizers,
        log2("requantizers"),
        log2("slice_groups"),
        _F.shift_bits,
        _F.step_bits,
    ),
    (
        "sum_bits",
        "product_bits",
        "addend_bits",
        "requantizers",
        "slice_groups",
        "shift_bits",
        "step_bits",
    ),
)
_PATH_REST = longest_path(
    "rest",
    (
        ONE,
        log2("rows"),
        log2("slices"),
        log2("slice_columns"),
        log2("coordinate_bits"),
        _F.loaded,
    ),
    ("rows", "slices", "slice_columns", "requantizers", "address_bits", "loaded"),
)

#: Area, energy, leakage and longest paths of systolic designs.
QUANTITIES = Quantities(
    area=_AREA,
    energy=_ENERGY,
    leakage=_LEAKAGE,
    paths={
        "pes": _PATH_PES,
        "array_slice": _PATH_SLICE,
        "accumulators": _PATH_ACCUMULATORS,
        "requantizer": _PATH_REQUANTIZER,
        "rest": _PATH_REST,
    },
)
