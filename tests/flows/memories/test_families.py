"""The lists of memory macros."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hawx_hw.errors import UserError
from hawx_hw.flows.memories.families import FOLDER, Family, Macro, families
from hawx_hw.util.resources import flows


def test_every_family_has_its_templates_and_each_macro_once() -> None:
    assert set(families()) == {"fakeram45", "gf180mcu", "ihp_sg13g2", "openram_sky130"}
    for family in families().values():
        for end in (".v.j2", "_box.v.j2"):
            assert (flows() / FOLDER / f"{family.template}{end}").is_file()
        names = [each.name for each in family.macros]
        assert len(names) == len(set(names))


def test_names_state_the_sizes() -> None:
    """A macro's size is part of its name, in an order that each compiler has chosen."""
    for family in families().values():
        for macro in family.macros:
            sizes = {f"{macro.words}x{macro.width}", f"{macro.width}x{macro.words}"}
            assert any(f"{size}" in macro.name for size in sizes), macro.name


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("RM_IHPSG13_1P_1024x8_c2_bm_bist", 49_419),
        ("RM_IHPSG13_1P_512x64_c2_bm_bist", 150_102),
        ("RM_IHPSG13_2P_1024x16_c2_bm_bist", 155_154),
    ],
)
def test_estimated_areas_are_those_of_the_three_macros_that_were_measured(
    name: str, area: float
) -> None:
    """docs/technologies.md states them, from the kit's LEF files."""
    family = families()["ihp_sg13g2"]
    (macro,) = (each for each in family.macros if each.name == name)
    assert family.area_um2(macro) == pytest.approx(area, rel=0.001)


def test_a_known_size_counts_instead_of_an_estimate() -> None:
    family = families()["openram_sky130"]
    (macro,) = (each for each in family.macros if each.width == 8)
    assert family.area_um2(macro) == pytest.approx(455.3 * 446.46)
    unknown = macro.model_copy(update={"size_um": None})
    assert family.area_um2(unknown) < family.area_um2(macro)


def test_files_are_below_the_kit() -> None:
    for family in families().values():
        macro = family.macros[0]
        paths = [*family.files(macro).values(), *family.liberty(macro).values()]
        assert all(macro.name in path and not path.startswith("/") for path in paths)


LEF = """VERSION 5.7 ;
MACRO other
  SIZE 1 BY 2 ;
END other
MACRO {name}
  CLASS BLOCK ;
  SIZE 431.5 BY 118.25 ;
END {name}
"""


def test_sizes_of_a_kit_at_hand(tmp_path: Path) -> None:
    family = families()["ihp_sg13g2"]
    name = "RM_IHPSG13_2P_256x8_c2_bm_bist"
    lef = tmp_path / "libs.ref" / "sg13g2_sram" / "lef" / f"{name}.lef"
    with pytest.raises(UserError, match="There are no SRAM macros of IHP's SG13G2 here") as error:
        family.measured(tmp_path)
    assert "libs.ref/sg13g2_sram/lef/" in str(error.value.hint)
    lef.parent.mkdir(parents=True)
    lef.write_text(LEF.format(name=name), "utf-8")
    measured = {each.name: each.size_um for each in family.measured(tmp_path).macros}
    assert measured.pop(name) == (431.5, 118.25)
    assert set(measured.values()) == {None}
    lef.write_text("MACRO other\n  SIZE 1 BY 2 ;\nEND other\n", "utf-8")
    with pytest.raises(UserError, match=f"no size of {name}"):
        family.measured(tmp_path)


@pytest.mark.parametrize(
    "change", [{"words": 100}, {"ports": 3}, {"name": "a b"}, {"width": 0}, {"sizes": 1}]
)
def test_a_macro_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    macro = {"name": "m", "words": 64, "width": 8, "ports": 1}
    Macro.model_validate(macro)
    with pytest.raises(ValidationError):
        Macro.model_validate({**macro, **change})


def test_a_family_without_macros_is_refused() -> None:
    content = families()["gf180mcu"].model_dump()
    with pytest.raises(ValidationError, match="macros"):
        Family.model_validate({**content, "macros": []})
