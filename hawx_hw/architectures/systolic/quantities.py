"""Features of systolic designs, and the quantities that are predicted from them, as data."""

from __future__ import annotations

from types import SimpleNamespace

from hawx_hw.architectures.quantities import (
    ONE,
    Part,
    Quantities,
    Quantity,
    Term,
    complement,
    feature,
    log2,
)

__all__ = ["FEATURES", "QUANTITIES"]

#: What each feature is, with its unit; an area is in the unit of the library, um2 in most.
FEATURES = {
    "rows": "rows of the array",
    "columns": "columns of the array",
    "slices": "slices of columns",
    "slice_columns": "columns of a slice",
    "banks": "weight banks of a slice",
    "bank_rows": "rows of a weight bank",
    "requantizers": "requantizers",
    "accumulators": "words of an accumulator set",
    "activation_words": "words of the activation memory",
    "layers": "words of the layer program",
    "selections": "distinct selections of blocks",
    "sum_bits": "width of the sums (bits)",
    "addend_bits": "width of the addends (bits)",
    "product_bits": "width after the requantizer's multiplier (bits)",
    "program_bits": "width of a program word (bits)",
    "tap_bits": "width of a tap (bits)",
    "coordinate_bits": "width of input coordinates (bits)",
    "address_bits": "width of addresses in the activation memory (bits)",
    "destination_bits": "width of addresses of results (bits)",
    "weight_bits": "width of addresses in a weight bank (bits)",
    "loaded": "parameters loaded at run time (1) or built in (0)",
    "block_register": "a register after the blocks (1) or none (0)",
    "clock_mhz": "clock (MHz)",
    "pes": "PEs",
    "block_instances": "blocks in all PEs",
    "isolated": "blocks in PEs that hold several",
    "pe_product_bits": "width of the products, summed over the PEs (bits)",
    "isolated_bits": "width of the gated products, summed over the PEs (bits)",
    "block_area": "total area of the blocks (um2)",
    "block_leakage_uw": "total leakage of the blocks (uW)",
    "block_energy_pj": "energy of an image's multiplications, uniform operands, with glitches (pJ)",
    "block_delay_ns": "longest path of the slowest block (ns)",
    "block_product_bits": "width of the widest product (bits)",
    "isolated_delay_ns": "longest path of the slowest block in PEs that hold several, else 0 (ns)",
    "several": "PEs that hold several blocks (1) or none (0)",
    "direct_load": "blocks that the program's selection drives directly, in all slices",
    "decoded_load": "blocks that one decoded selection drives, at most",
    "activation_load": "blocks that one activation drives, at most",
    "cycles": "cycles of an inference",
    "macs": "multiplications of an inference",
    "issued": "cycles of an inference in which pixels enter the array",
    "tiles": "weight tiles that an inference loads",
    "read_sums": "words of sums that the requantizers take in",
    "memory_bits": "bits of all memories",
    "memory_area": "total area of the memories (um2)",
    "memory_leakage_uw": "total leakage of the memories (uW)",
    "activation_energy_pj": "energy of an image's accesses to the activation memories (pJ)",
    "accumulator_energy_pj": "energy of an image's accesses to the accumulators (pJ)",
    "weight_energy_pj": "energy of an image's accesses to the weight memories (pJ)",
    "other_energy_pj": "energy of an image's accesses to the other memories (pJ)",
}
#: The terms that are a feature, by its name.
_F = SimpleNamespace(**{name: feature(name) for name in FEATURES})


def _path(kind: str, terms: tuple[Term, ...], correction: tuple[str, ...]) -> Quantity:
    """The longest path that ends in a kind of module."""
    target = f"delay_{kind}_ns"
    return Quantity(target, "ns", (Part(kind, target, terms),), correction)


_AREA = Quantity(
    "area",
    "um2",
    (
        Part("blocks", "area_blocks", (), exact=_F.block_area),
        Part(
            "pes",
            "area_pes",
            (
                _F.pes,
                _F.pes * _F.sum_bits,
                _F.pe_product_bits,
                _F.isolated,
                _F.isolated_bits,
                _F.block_register * _F.pe_product_bits,
                _F.block_register * _F.pes,
            ),
        ),
        Part(
            "array_slice",
            "area_array_slice",
            (
                _F.slices,
                _F.slices * _F.rows,
                _F.columns,
                _F.columns * _F.sum_bits,
                _F.slices * _F.selections,
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
                _F.rows * _F.requantizers,
                _F.rows * _F.loaded,
            ),
        ),
        Part(
            "requantizer",
            "area_requantizer",
            (
                _F.requantizers,
                _F.requantizers * _F.sum_bits,
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
                _F.weight_bits,
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
        "requantizers",
        "slice_columns",
        "loaded",
        "block_register",
        "block_area",
        "isolated",
        "pe_product_bits",
    ),
)
_ENERGY = Quantity(
    "dynamic_pj",
    "pJ",
    (
        Part(
            "logic",
            "logic_pj",
            (
                _F.block_energy_pj,
                _F.macs,
                _F.macs * _F.sum_bits,
                _F.issued * _F.pes * _F.sum_bits,
                _F.cycles * _F.pes,
                _F.cycles * _F.pes * _F.sum_bits,
                _F.cycles * _F.pe_product_bits * _F.block_register,
                _F.issued * _F.isolated_bits,
                _F.cycles * _F.slices * _F.rows,
                _F.cycles * _F.columns * _F.sum_bits,
                _F.cycles * _F.requantizers * _F.product_bits,
                _F.read_sums * _F.requantizers * _F.product_bits,
                _F.cycles * _F.rows * _F.coordinate_bits,
                _F.cycles * _F.program_bits,
                _F.cycles,
                _F.cycles * _F.loaded,
            ),
        ),
        Part(
            "memories",
            "memory_pj",
            (
                _F.activation_energy_pj,
                _F.accumulator_energy_pj,
                _F.weight_energy_pj,
                _F.other_energy_pj,
            ),
        ),
    ),
    (
        "pes",
        "sum_bits",
        "requantizers",
        "slices",
        "block_register",
        "cycles",
        "activation_words",
        "macs",
        "block_energy_pj",
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
                _F.block_leakage_uw,
                _F.memory_leakage_uw,
                _F.pes,
                _F.pes * _F.sum_bits,
                _F.isolated_bits,
                _F.slices * _F.rows,
                _F.columns * _F.sum_bits,
                _F.rows * _F.coordinate_bits,
                _F.requantizers * _F.product_bits,
                ONE,
            ),
        ),
    ),
    ("pes", "sum_bits", "requantizers", "block_area", "isolated", "pe_product_bits"),
)
_PATH_PES = _path(
    "pes",
    (
        _F.block_delay_ns,
        ONE,
        complement("block_register") * log2("sum_bits"),
        _F.block_register,
        _F.isolated_delay_ns,
        _F.several,
        _F.direct_load,
        _F.decoded_load,
        _F.activation_load,
        log2("slice_columns"),
        log2("sum_bits"),
    ),
    (
        "block_delay_ns",
        "isolated_delay_ns",
        "block_register",
        "sum_bits",
        "direct_load",
        "decoded_load",
        "activation_load",
        "block_product_bits",
    ),
)
_PATH_REQUANTIZER = _path(
    "requantizer",
    (ONE, log2("sum_bits"), log2("product_bits"), log2("addend_bits")),
    ("sum_bits", "product_bits", "addend_bits"),
)
_PATH_REST = _path(
    "rest",
    (
        ONE,
        log2("sum_bits"),
        log2("rows"),
        log2("slices"),
        log2("slice_columns"),
        _F.several,
        _F.direct_load,
        _F.decoded_load,
    ),
    ("sum_bits", "rows", "slices", "slice_columns", "direct_load", "decoded_load", "layers"),
)

#: Area, energy, leakage and longest paths of systolic designs.
QUANTITIES = Quantities(
    area=_AREA,
    energy=_ENERGY,
    leakage=_LEAKAGE,
    paths={"pes": _PATH_PES, "requantizer": _PATH_REQUANTIZER, "rest": _PATH_REST},
)
