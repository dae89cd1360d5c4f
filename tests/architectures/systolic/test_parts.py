"""Kinds and parts of the array by names of modules."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.systolic.parts import kind_of, part_of
from hawx_hw.architectures.systolic.quantities import QUANTITIES


@pytest.mark.parametrize(
    ("module", "part"),
    [
        ("hawx_accelerator", "shell"),
        ("hawx_result_streamer", "shell"),
        ("hawx_result_walker", "requantizers"),
        ("hawx_requantization", "requantizers"),
        ("hawx_core", "control"),
        ("hawx_counters_ram", "control"),
        ("hawx_block_drum_k_4", "blocks"),
        ("hawx_import_0123456789abcdef", "blocks"),
        ("hawx_pe_exact__drum_k_4", "PEs without blocks"),
        ("hawx_array_slice", "PEs without blocks"),
        ("hawx_weights_3_0", "weights"),
        ("hawx_weight_loader", "weights"),
        ("hawx_input_walk", "feeders"),
        ("hawx_image_walker", "feeders"),
        ("hawx_image_loader", "shell"),
        ("hawx_accumulators", "accumulators"),
    ],
)
def test_every_kind_of_module_has_its_part(module: str, part: str) -> None:
    assert part_of(module) == part


def test_a_users_module_is_of_what_it_stands_in() -> None:
    assert part_of("my_adder") is None
    assert part_of("hawx") is None


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("hawx_block_drum_k_4", "blocks"),
        ("hawx_import_0123456789abcdef", "blocks"),
        ("hawx_pe_exact__drum_k_4", "pes"),
        ("hawx_array_slice", "array_slice"),
        ("hawx_array_slice_1", "array_slice"),
        ("hawx_weights_3_0", "weights"),
        ("hawx_row_feeder", "row_feeder"),
        ("hawx_requantizer", "requantizer"),
        ("hawx_counters_ram", "counters_ram"),
        ("my_adder_2", "my_adder"),
    ],
)
def test_every_module_has_its_kind(module: str, kind: str) -> None:
    assert kind_of(module) == kind


def test_every_kind_that_is_predicted_by_itself_is_of_a_part() -> None:
    for kind in {*QUANTITIES.area_kinds, *QUANTITIES.path_kinds}:
        assert part_of(f"hawx_{kind}") not in (None, "shell") or kind in ("blocks", "pes")
        assert kind_of(f"hawx_{kind}") == kind
