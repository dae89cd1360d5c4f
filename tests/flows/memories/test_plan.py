"""Which macros are chosen, and what is stated about memories that none serves."""

from __future__ import annotations

import pytest

from hawx_hw.flows.memories.families import families
from hawx_hw.flows.memories.instances import Memory
from hawx_hw.flows.memories.plan import MOST_FLIP_FLOPS, plan_memories
from hawx_hw.gateware.layout import index_width


def memory(kind: str, width: int, depth: int, path: str = "core.m.macro") -> Memory:
    return Memory(path, kind, width, depth, index_width(depth))  # type: ignore[arg-type]


@pytest.mark.parametrize("family", ["openram_sky130", "ihp_sg13g2", "gf180mcu", "fakeram45"])
@pytest.mark.parametrize(
    ("kind", "width", "depth"),
    [("hawx_sp_ram", 90, 124), ("hawx_sp_ram", 17, 5000), ("hawx_sdp_ram", 10, 1572)],
)
def test_the_least_area_that_holds_all_words(
    family: str, kind: str, width: int, depth: int
) -> None:
    """Compared with a plain search over all macros."""
    macros = families()[family]
    plan = plan_memories([memory(kind, width, depth)], macros)
    ports = 2 if kind == "hawx_sdp_ram" else 1
    areas = {}
    for macro in macros.macros:
        if macro.ports >= ports:
            banks = next(n for n in range(1, 200) if n * macro.words >= depth)
            parts = next(n for n in range(1, 200) if n * macro.width >= width)
            areas[macro.name, banks, parts] = banks * parts * macros.area_um2(macro)
    if not areas:
        assert plan.count("missing") == 1
        return
    (chosen,) = plan.arrangements.values()
    key = (chosen.macro.name, chosen.banks, chosen.parts)
    assert areas[key] == min(areas.values()) == pytest.approx(chosen.area_um2)
    assert plan.count("macros") == 1
    assert len(plan.instances()[chosen.macro.name]) == chosen.banks * chosen.parts


def test_small_memories_are_of_flip_flops_where_those_are_smaller() -> None:
    plan = plan_memories([memory("hawx_sdp_ram", 32, 10)], families()["ihp_sg13g2"])
    assert plan.count("flip-flops") == 1
    assert plan.flip_flop_words == 10
    assert not plan.exploration_only


def test_large_memories_are_of_macros_whatever_the_area() -> None:
    """Flip-flops would take less area than four macros of words of eight bits."""
    family = families()["openram_sky130"]
    plan = plan_memories([memory("hawx_sdp_ram", 10, 1572)], family)
    (chosen,) = plan.arrangements.values()
    assert 15720 * family.flip_flop_um2 < chosen.area_um2
    assert plan.flip_flop_words == 0


def test_a_large_memory_without_a_macro_is_loud() -> None:
    memories = [memory("hawx_sdp_ram", 64, 358, f"core.m{n}.macro") for n in range(2)]
    plan = plan_memories(memories, families()["gf180mcu"])
    assert plan.exploration_only
    assert plan.notes() == (
        "EXPLORATION ONLY: none of the SRAM macros of GF180MCU serves 2 memories of hawx_sdp_ram, "
        "358 words of 64 bits: 45,824 flip-flops instead",
    )
    assert plan_memories(memories, None).exploration_only


def test_macros_without_a_layout_are_for_exploration() -> None:
    plan = plan_memories([memory("hawx_sp_ram", 64, 512)], families()["fakeram45"])
    assert plan.count("macros") == 1
    assert plan.notes() == ("EXPLORATION ONLY: the fakeram45 memories have no layout",)


def test_roms_become_logic_with_a_note() -> None:
    plan = plan_memories([memory("hawx_rom", 32, 979)], families()["ihp_sg13g2"])
    assert plan.count("logic") == 1
    assert not plan.exploration_only
    assert plan.notes()[0].startswith("1 read-only memory (31,328 bits) as logic: ")


def test_the_limit_counts_bits() -> None:
    deep = memory("hawx_sdp_ram", 1, MOST_FLIP_FLOPS)
    assert plan_memories([deep], None).count("flip-flops") == 1
    deeper = memory("hawx_sdp_ram", 1, MOST_FLIP_FLOPS + 1)
    assert plan_memories([deeper], None).count("missing") == 1
