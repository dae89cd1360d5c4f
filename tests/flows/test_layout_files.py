"""Metrics of LEF and DEF files, against lengths that were drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.flows.layout_files import (
    cell_areas,
    connections,
    layout_area,
    placed_kinds,
    read_layout,
    routing_layers,
    wire_lengths,
)
from tests.flows.small_layout import DEF, LEF


@pytest.fixture
def lef(tmp_path: Path) -> Path:
    path = tmp_path / "cells.lef"
    path.write_text(LEF)
    return path


@pytest.fixture
def routed(tmp_path: Path) -> Path:
    path = tmp_path / "small.def"
    path.write_text(DEF)
    return path


def test_layers_have_their_capacitances_in_ff(lef: Path) -> None:
    layers = routing_layers(lef)
    assert list(layers) == ["metal1", "metal2"]
    # 0.04 fF/um2 on 0.5 um, and twice 0.08 fF/um; two squares of 0.08 ohm a um.
    assert layers["metal1"].ff_um == pytest.approx(0.04 * 0.5 + 2 * 0.08)
    assert layers["metal2"].ff_um == pytest.approx(0.02 * 0.25 + 2 * 0.06)
    assert layers["metal1"].ohm_um == pytest.approx(0.16)


def test_cells_and_die_have_their_areas(lef: Path, routed: Path) -> None:
    assert cell_areas(lef) == {"INV": 25.0}
    assert layout_area(routed) == 20 * 15


def test_wires_are_as_long_as_drawn_and_count_once(lef: Path, routed: Path) -> None:
    pytest.importorskip("klayout.db")
    layers = routing_layers(lef)
    wires = wire_lengths(routed, [lef], layers)
    # A path extends by half its width at both ends.
    assert wires.nets["mid"] == pytest.approx({"metal1": 10.25, "metal2": 4.12}, abs=0.006)
    assert wires.nets["a"] == pytest.approx({"metal1": 3.0}, abs=0.006)
    assert "vdd" not in wires.nets
    assert wires.total("mid") == pytest.approx(14.37, abs=0.02)
    assert wires.by_layer() == pytest.approx({"metal1": 13.25, "metal2": 4.12}, abs=0.02)
    expected = 10.25 * layers["metal1"].ff_um + 4.12 * layers["metal2"].ff_um
    assert wires.capacitances(layers)["mid"] == pytest.approx(expected, rel=2e-3)


def test_nets_that_are_named_as_supply_are_left_out(lef: Path, routed: Path) -> None:
    pytest.importorskip("klayout.db")
    assert "a" not in wire_lengths(routed, [lef], routing_layers(lef), ("vdd", "a")).nets


def test_connections_and_kinds(routed: Path) -> None:
    assert connections(routed) == {
        "mid": {("INV_1", "Y"), ("INV_2", "A")},
        "a": {("PIN", "a"), ("INV_1", "A")},
    }
    assert placed_kinds(routed) == {"INV_1": "INV", "INV_2": "INV"}


def test_what_lacks_its_units_is_refused(tmp_path: Path, lef: Path) -> None:
    pytest.importorskip("klayout.db")
    path = tmp_path / "bad.def"
    path.write_text(DEF.replace("UNITS DISTANCE MICRONS 100 ;\n", ""))
    with pytest.raises(ValueError, match="a DEF must state its units"):
        read_layout(path, [lef])
    with pytest.raises(ValueError, match="its units and its die"):
        layout_area(path)
    path.write_text("UNITS DISTANCE MICRONS 100 ;\nDESIGN 5 5 ;\nNETS x")
    with pytest.raises(ValueError, match=r"bad\.def is no DEF that KLayout reads"):
        read_layout(path, [lef])


def test_a_lef_without_layers_or_widths_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.lef"
    path.write_text("VERSION 5.4 ;\n")
    with pytest.raises(ValueError, match="must have routing layers"):
        routing_layers(path)
    path.write_text(LEF.replace("  WIDTH 0.5 ;\n", ""))
    with pytest.raises(ValueError, match="routing layer metal1 must have a width"):
        routing_layers(path)
