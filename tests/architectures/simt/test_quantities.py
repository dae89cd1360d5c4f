"""The terms of SIMT units are of features and kinds of modules that exist."""

from __future__ import annotations

from hawx_hw.architectures.simt.quantities import FEATURES, QUANTITIES


def test_terms_are_of_features() -> None:
    assert set(FEATURES) >= QUANTITIES.features


def test_features_are_of_terms() -> None:
    """But for the few that say what a design is, and count in no quantity."""
    others = {
        "clusters", "registers", "taps", "macs", "clock_mhz", "memory_bits", "memory_area",
        "memory_leakage_uw", "block_leakage_uw", "block_instances", "layers",
    }  # fmt: skip
    assert set(FEATURES) - QUANTITIES.features <= others


def test_names_of_terms_differ() -> None:
    for quantity in QUANTITIES.by_name.values():
        for part in quantity.parts:
            assert len(set(map(str, part.terms))) == len(part.terms)


def test_targets_are_those_of_kinds() -> None:
    assert [part.target for part in QUANTITIES.area.parts] == [
        f"area_{part.name}" for part in QUANTITIES.area.parts
    ]
    for kind, quantity in QUANTITIES.paths.items():
        assert quantity.target == f"delay_{kind}_ns"
