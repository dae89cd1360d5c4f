"""Kinds and parts of the array by names of modules."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.architectures.systolic.parts import PARTS, kind_of, part_of
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.quantities import QUANTITIES
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.names import IMPORT, SHELL_PARTS
from hawx_hw.util.macros import MACROS
from tests.architectures.emitted_modules import modules


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


def array_modules(*, imports: bool = False, mixed: bool = False, **shape: Any) -> list[str]:
    array = ArrayShape.complete(4, 4, **shape)
    return modules(
        lambda *network: plan(network[0], array, network[1]), imports=imports, mixed=mixed
    )


DESIGNS = [
    {"imports": True, "requantizers": 2, "slice_columns": 2},
    {"mixed": True, "loadable": True, "weight_rows": 2},
]


#: What the shell has for cores of other architectures alone.
OTHERS = ["hawx_trap_recorder"]


@pytest.fixture(scope="module")
def emitted() -> list[list[str]]:
    return [*(array_modules(**design) for design in DESIGNS), OTHERS]


def test_every_module_of_a_design_is_of_a_part(emitted: list[list[str]]) -> None:
    assert any(name.startswith(IMPORT) for name in emitted[0])
    assert any(name.startswith("hawx_packet_router") for name in emitted[1])
    for name in (name for design in emitted for name in design):
        assert (part_of(name) is None) == (name in MACROS), name


def test_no_entry_is_without_a_module(emitted: list[list[str]]) -> None:
    kinds = {kind_of(name) for design in emitted for name in design}
    assert {*PARTS, *SHELL_PARTS} <= kinds


@pytest.mark.parametrize("kind", [*PARTS, *SHELL_PARTS])
def test_an_entry_that_is_dropped_is_missed(
    kind: str, emitted: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PARTS, kind, raising=False)
    monkeypatch.delitem(SHELL_PARTS, kind, raising=False)
    with pytest.raises(ValueError, match=r"^Module 'hawx_.*' is of no part of the accelerator"):
        [part_of(name) for design in emitted for name in design]


def test_an_unknown_unit_is_of_no_part() -> None:
    with pytest.raises(ValueError, match=r"^Module 'hawx_turbo_3' is of no part"):
        part_of("hawx_turbo_3")
