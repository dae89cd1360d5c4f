"""YAML of technologies: what is refused, and units."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hawx_hw.technology.description import (
    FamilyDescription,
    MacroDescription,
    MemoriesDescription,
    TechnologyDescription,
    WiresDescription,
)
from hawx_hw.technology.wires import measured_lengths

MACRO: dict[str, Any] = {
    "kind": "hawx_sp_ram", "width": 8, "depth": 64, "area": 1000.0, "read_energy_pj": 1.5,
    "write_energy_pj": 2.0, "leakage_uw": 0.25,
}  # fmt: skip


def test_a_macro_in_the_units_of_the_model() -> None:
    metrics = MacroDescription(**MACRO).metrics()
    assert (metrics.read_energy_fj, metrics.write_energy_fj, metrics.leakage_nw) == (
        1500.0, 2000.0, 250.0,
    )  # fmt: skip
    assert metrics.source == "stated"
    assert MacroDescription(**MACRO, source="a kit").metrics().source == "stated: a kit"


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"kind": "ram"}, "kind"),
        ({"width": 0}, "width"),
        ({"area": 0.0}, "area"),
        ({"leakage_uw": -1.0}, "leakage_uw"),
        ({"read_energy_pj": float("inf")}, "read_energy_pj"),
        ({"ports": 2}, "ports"),
        # Numbers are written as numbers.
        ({"width": "8"}, "width"),
        ({"depth": True}, "depth"),
        ({"width": 8.0}, "width"),
        ({"area": "3"}, "area"),
        ({"leakage_uw": True}, "leakage_uw"),
    ],
)
def test_a_macro_that_is_none(changed: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MacroDescription(**MACRO | changed)
    assert [error["loc"] for error in caught.value.errors()] == [(where,)]


def test_a_shape_stands_once() -> None:
    other = MACRO | {"depth": 65}
    assert len(MemoriesDescription(macros=[MACRO, other]).macros) == 2
    with pytest.raises(ValidationError, match="hawx_sp_ram of 8 x 64 stands here twice"):
        MemoriesDescription(macros=[MACRO, other, MACRO | {"area": 7.0}])


def test_one_place_or_several() -> None:
    assert TechnologyDescription(name="t", liberty="a.lib").places == ("a.lib",)
    assert TechnologyDescription(name="t", liberty=("a.lib", "b.lib")).places == ("a.lib", "b.lib")
    with pytest.raises(ValidationError):
        TechnologyDescription(name="t", liberty="")


def test_families_that_yosys_supports() -> None:
    assert FamilyDescription(name="mine", family="ice40").family == "ice40"
    with pytest.raises(ValidationError, match="'ecp5' or 'ice40'"):
        FamilyDescription(name="mine", family="virtex")


def test_wires_of_a_technology() -> None:
    wires = {"capacitance_ff_um": 0.1, "lengths_um": [2, 4.5], "further_um": 3}
    description = TechnologyDescription.model_validate(
        {"name": "x", "liberty": "x.lib", "wires": wires}
    )
    assert description.wires is not None
    model = description.wires.model()
    assert (model.resistance_ohm_um, model.source) == (0.0, "stated")
    assert model.lengths([1, 2, 4]).tolist() == [2, 4.5, 10.5]
    assert TechnologyDescription.model_validate({"name": "x", "liberty": "x.lib"}).wires is None


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"capacitance_ff_um": 0}, "capacitance_ff_um"),
        ({"resistance_ohm_um": -1}, "resistance_ohm_um"),
        ({"lengths_um": []}, "lengths_um"),
        ({"lengths_um": [-2]}, "lengths_um"),
        ({"slope": 1}, "slope"),
    ],
)
def test_wires_that_are_none(changed: dict[str, Any], where: str) -> None:
    wires = {"capacitance_ff_um": 0.1, "lengths_um": [2], "further_um": 3} | changed
    with pytest.raises(ValidationError, match=where):
        WiresDescription.model_validate(wires)


def test_measured_wires_of_a_technology() -> None:
    content = {"name": "x", "liberty": "x.lib", "measured_wires": {"capacitance_ff_um": 0.1}}
    stated = TechnologyDescription.model_validate(content).measured_wires
    assert stated is not None
    model = stated.model()
    assert (model.capacitance_ff_um, model.resistance_ohm_um) == (0.1, 0.0)
    assert model.fit == measured_lengths()
    content["measured_wires"] = {"capacitance_ff_um": 0}
    with pytest.raises(ValidationError, match="capacitance_ff_um"):
        TechnologyDescription.model_validate(content)
