"""Kinds and parts of a unit by names of modules."""

from __future__ import annotations

from typing import Any

import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.parts import PARTS, kind_of, part_of
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.architectures.simt.quantities import QUANTITIES
from hawx_hw.gateware.names import IMPORT, SHELL_PARTS
from hawx_hw.util.macros import MACROS
from tests.architectures.emitted_modules import modules


@pytest.mark.parametrize(
    ("module", "kind", "part"),
    [
        ("hawx_accelerator", "accelerator", "shell"),
        ("hawx_registers", "registers", "shell"),
        ("hawx_trap_recorder", "trap_recorder", "control"),
        ("hawx_core", "core", "control"),
        ("hawx_block_drum_k_4", "blocks", "blocks"),
        ("hawx_import_0123456789abcdef", "blocks", "blocks"),
        ("hawx_lane_exact__drum_k_4", "lanes", "lanes without blocks"),
        # A lane whose block is an array, and the lanes of all clusters.
        ("hawx_lane_array_ha_0_hb_0_v_4", "lanes", "lanes without blocks"),
        ("hawx_lane_array", "multiply_engine", "walkers"),
        ("hawx_cluster", "cluster", "lanes without blocks"),
        ("hawx_cluster_2", "cluster", "lanes without blocks"),
        ("hawx_register_file", "register_file", "registers"),
        ("hawx_activation_window", "activation_window", "windows"),
        ("hawx_weights_3", "weights", "weights"),
        ("hawx_place_multiply", "places", "front end"),
        ("hawx_decoder", "front_end", "front end"),
        ("hawx_scalar_memory", "scalars", "front end"),
        ("hawx_vector_unit", "vector_unit", "vector unit"),
        ("hawx_requantizer", "requantizer", "post engine"),
        ("hawx_debug_unit", "debug_unit", "debugging"),
    ],
)
def test_every_module_has_its_kind_and_its_part(module: str, kind: str, part: str) -> None:
    assert (kind_of(module), part_of(module)) == (kind, part)


def test_a_users_module_is_of_what_it_stands_in() -> None:
    assert part_of("my_adder") is None
    assert kind_of("my_adder_2") == "my_adder"


def test_every_kind_that_is_predicted_by_itself_is_of_a_part() -> None:
    for kind in {*QUANTITIES.area_kinds, *QUANTITIES.path_kinds}:
        assert part_of(f"hawx_{kind}") not in (None, "shell") or kind in ("blocks", "lanes")
        assert kind_of(f"hawx_{kind}") == kind


def unit_modules(*, imports: bool = False, mixed: bool = False, **keys: Any) -> list[str]:
    config = SimtConfig.model_validate({"lanes": 4, "word": 2, **keys})
    return modules(
        lambda *network: plan(network[0], config, network[1]), imports=imports, mixed=mixed
    )


@pytest.fixture(scope="module")
def emitted() -> list[list[str]]:
    return [
        unit_modules(imports=True, weight_banks=2, debug=True, instructions="all"),
        unit_modules(mixed=True, parameters="loaded", cluster=2),
    ]


def test_every_module_of_a_design_is_of_a_part(emitted: list[list[str]]) -> None:
    assert any(name.startswith(IMPORT) for name in emitted[0])
    assert any(name.startswith("hawx_packet_router") for name in emitted[1])
    for name in (name for design in emitted for name in design):
        assert (part_of(name) is None) == (name in MACROS), name


def test_no_entry_is_without_a_module(emitted: list[list[str]]) -> None:
    kinds = {kind_of(name) for design in emitted for name in design}
    assert {*PARTS, *SHELL_PARTS} <= kinds


@pytest.mark.parametrize("kind", PARTS)
def test_an_entry_that_is_dropped_is_missed(
    kind: str, emitted: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PARTS, kind)
    with pytest.raises(ValueError, match=r"^Module 'hawx_.*' is of no part of the accelerator"):
        [part_of(name) for design in emitted for name in design]


def test_an_unknown_unit_is_of_no_part() -> None:
    with pytest.raises(ValueError, match=r"^Module 'hawx_turbo_3' is of no part"):
        part_of("hawx_turbo_3")
