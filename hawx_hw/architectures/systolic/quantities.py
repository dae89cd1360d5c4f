"""What is predicted, what it is made of, and by what the correction tells designs apart."""

from __future__ import annotations

from dataclasses import dataclass

from hawx_hw.prediction.structure import Part, Structure

__all__ = ["AREA_PARTS", "DELAY_PARTS", "PATHS", "QUANTITIES", "Quantity"]

#: Parts whose area and longest path have a model of their own; the others share one.
AREA_PARTS = ("blocks", "pes", "array_slice", "row_feeder", "requantizer")
DELAY_PARTS = ("pes", "requantizer")

_MIX = ("block_area", "isolated", "pe_product_bits")


@dataclass(frozen=True)
class Quantity:
    """One figure of a design.

    Parameters
    ----------
    figure : str
        Of the training table.
    unit : str
    structure : Structure
    correction : tuple of str
        Features of the Gaussian process.
    """

    figure: str
    unit: str
    structure: Structure
    correction: tuple[str, ...]

    @property
    def features(self) -> set[str]:
        """All features that it is computed from."""
        return self.structure.features | set(self.correction)


_AREA = Structure(
    (
        Part("blocks", "area_blocks", (), "block_area"),
        Part(
            "pes",
            "area_pes",
            (
                "pes",
                "pes*sum_bits",
                "pe_product_bits",
                "isolated",
                "isolated_bits",
                "block_register*pe_product_bits",
                "block_register*pes",
            ),
        ),
        Part(
            "array_slice",
            "area_array_slice",
            ("slices", "slices*rows", "columns", "columns*sum_bits", "slices*selections"),
        ),
        Part(
            "row_feeder",
            "area_row_feeder",
            (
                "rows",
                "rows*tap_bits",
                "rows*coordinate_bits",
                "rows*address_bits",
                "rows*lanes",
                "rows*loaded",
            ),
        ),
        Part(
            "requantizer",
            "area_requantizer",
            ("lanes", "lanes*sum_bits", "lanes*product_bits", "lanes*addend_bits"),
        ),
        Part(
            "rest",
            "area_rest",
            (
                "1",
                "program_bits",
                "coordinate_bits",
                "address_bits",
                "destination_bits",
                "weight_bits",
                "rows",
                "banks*slices",
                "lanes",
                "lanes*sum_bits",
                "columns*sum_bits",
                "columns",
                "loaded",
                "loaded*lanes",
                "loaded*rows",
                "loaded*banks*slices",
                "loaded*slice_columns",
            ),
        ),
    )
)
_ENERGY = Structure(
    (
        Part(
            "logic",
            "logic_pj",
            (
                "block_energy_pj",
                "macs",
                "macs*sum_bits",
                "issued*pes*sum_bits",
                "cycles*pes",
                "cycles*pes*sum_bits",
                "cycles*pe_product_bits*block_register",
                "issued*isolated_bits",
                "cycles*slices*rows",
                "cycles*columns*sum_bits",
                "cycles*lanes*product_bits",
                "drained*lanes*product_bits",
                "cycles*rows*coordinate_bits",
                "cycles*program_bits",
                "cycles",
                "cycles*loaded",
            ),
        ),
        Part(
            "memories",
            "memory_pj",
            (
                "activation_energy_pj",
                "accumulator_energy_pj",
                "weight_energy_pj",
                "other_energy_pj",
            ),
        ),
    )
)
_LEAKAGE = Structure(
    (
        Part(
            "all",
            "leakage_uw",
            (
                "block_leakage_uw",
                "memory_leakage_uw",
                "pes",
                "pes*sum_bits",
                "isolated_bits",
                "slices*rows",
                "columns*sum_bits",
                "rows*coordinate_bits",
                "lanes*product_bits",
                "1",
            ),
        ),
    )
)


def _path(name: str, terms: tuple[str, ...], correction: tuple[str, ...]) -> Quantity:
    figure = f"delay_{name}_ns"
    return Quantity(figure, "ns", Structure((Part(name, figure, terms),)), correction)


#: The longest paths that end in each part; the longest of them is the design's.
PATHS = {
    "path_pes": _path(
        "pes",
        (
            "block_delay_ns",
            "1",
            "not:block_register*log2:sum_bits",
            "block_register",
            "isolated_delay_ns",
            "several",
            "direct_load",
            "decoded_load",
            "activation_load",
            "log2:slice_columns",
            "log2:sum_bits",
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
    ),
    "path_requantizer": _path(
        "requantizer",
        ("1", "log2:sum_bits", "log2:product_bits", "log2:addend_bits"),
        ("sum_bits", "product_bits", "addend_bits"),
    ),
    "path_rest": _path(
        "rest",
        (
            "1",
            "log2:sum_bits",
            "log2:rows",
            "log2:slices",
            "log2:slice_columns",
            "several",
            "direct_load",
            "decoded_load",
        ),
        ("sum_bits", "rows", "slices", "slice_columns", "direct_load", "decoded_load", "layers"),
    ),
}

#: By name; ``area`` is that of the cells, without memories, which are known.
QUANTITIES = {
    "area": Quantity(
        "area",
        "um2",
        _AREA,
        ("pes", "sum_bits", "lanes", "slice_columns", "loaded", "block_register", *_MIX),
    ),
    "energy": Quantity(
        "dynamic_pj",
        "pJ",
        _ENERGY,
        ("pes", "sum_bits", "lanes", "slices", "block_register", "cycles", "arena", "macs",
         "block_energy_pj", "isolated"),
    ),
    "leakage": Quantity("leakage_uw", "uW", _LEAKAGE, ("pes", "sum_bits", "lanes", *_MIX)),
    **PATHS,
}  # fmt: skip
