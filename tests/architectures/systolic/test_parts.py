"""Parts of the array by names of modules; the more exact name decides."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.systolic.parts import part_of


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
