"""The memory models against their anchors, and what they refuse."""

from __future__ import annotations

import math

import pytest

from hawx_hw.technology import load
from hawx_hw.technology.memory_models import (
    ENERGY_COEFFICIENTS,
    MEMORY_MODELS,
    Anchored,
    MemoryCoefficients,
    coefficients_of,
    default_model,
    scaled,
)

MODELS = load("generic45").memory_models


@pytest.mark.parametrize(("kilobytes", "read"), [(8, 10.0), (32, 20.0), (1024, 100.0)])
def test_published_follows_the_table_of_45_nm(kilobytes: int, read: float) -> None:
    depth = kilobytes * 1024 * 8 // 64
    array = MODELS["published"].array("hawx_sp_ram", 64, depth)
    # The square root of the depth is 12 % above the table at 1 MB, far beyond what is built.
    tolerance = 0.02 if kilobytes < 1024 else 0.12
    assert array.read_energy_fj == pytest.approx(1000 * read, rel=tolerance)
    assert array.write_energy_fj == pytest.approx(1.23 * array.read_energy_fj)
    assert "memory model published" in array.source


@pytest.mark.parametrize(
    ("kind", "width", "depth", "read", "write"),
    [
        ("hawx_sp_ram", 64, 128, 1.5, 3.5),
        ("hawx_sp_ram", 64, 1024, 3.4, 20.0),
        ("hawx_sp_ram", 64, 4096, 7.1, 40.0),
        ("hawx_sdp_ram", 16, 1572, 1.8, 3.3),
        ("hawx_sdp_ram", 192, 32, 7.0, 9.0),
    ],
)
def test_cacti_gives_its_anchors_back(
    kind: str, width: int, depth: int, read: float, write: float
) -> None:
    array = MODELS["cacti"].array(kind, width, depth)
    assert array.read_energy_fj == pytest.approx(1000 * read)
    assert array.write_energy_fj == pytest.approx(1000 * write)
    assert "memory model cacti" in array.source


def test_the_fits_of_cacti_lie_near_the_interpolation() -> None:
    for depth in (128, 512, 1024, 2048, 4096, 16384):
        read = MODELS["cacti"].array("hawx_sp_ram", 64, depth).read_energy_fj / 1000
        assert read == pytest.approx(0.004 * 64 + 0.0018 * 64 * math.sqrt(depth), rel=0.17)


@pytest.mark.parametrize(
    ("width", "depth", "scaled", "published", "cacti"),
    [(64, 1024, 27.8, 10.0, 3.4), (64, 4096, 54.5, 20.0, 7.1), (64, 128, 10.6, 3.6, 1.5)],
)
def test_the_three_side_by_side(
    width: int, depth: int, scaled: float, published: float, cacti: float
) -> None:
    expected = {"scaled": scaled, "published": published, "cacti": cacti}
    for name, energy in expected.items():
        array = MODELS[name].array("hawx_sp_ram", width, depth)  # type: ignore[index]
        assert array.read_energy_fj == pytest.approx(1000 * energy, rel=0.055)


def test_between_anchors_a_power_and_beyond_them_the_square_root() -> None:
    curve = Anchored(((16, 10.0), (64, 40.0)))
    assert [curve.at(depth) for depth in (4, 16, 32, 64, 256)] == pytest.approx(
        [5.0, 10.0, 20.0, 40.0, 80.0]
    )


def test_area_and_leakage_are_the_same_in_all() -> None:
    for shape in (("hawx_sp_ram", 64, 1024), ("hawx_sdp_ram", 16, 1572), ("hawx_rom", 64, 7832)):
        made = [MODELS[name].metrics(*shape) for name in MEMORY_MODELS]
        assert len({(each.area, each.leakage_nw) for each in made}) == 1
        assert len({each.read_energy_fj for each in made}) == 3


@pytest.mark.parametrize("name", MEMORY_MODELS)
def test_energies_go_with_node_and_the_square_of_the_supply(name: str) -> None:
    small, large = (
        coefficients_of(name, nm, supply, 1.0)  # type: ignore[arg-type]
        for nm, supply in ((45.0, 1.1), (90.0, 2.2))
    )
    if small[1] is not None and large[1] is not None:
        assert large[1].access_pj("hawx_sp_ram", 8, 99) == pytest.approx(
            [8 * energy for energy in small[1].access_pj("hawx_sp_ram", 8, 99)]
        )
    else:
        assert large[0].read_column_pj == pytest.approx(8 * small[0].read_column_pj)
        assert large[0].write_fixed_pj == pytest.approx(8 * small[0].write_fixed_pj)


def test_defaults_by_node() -> None:
    assert [default_model(nm) for nm in (7, 45, 76, 77, 130, 350)] == (
        ["published"] * 3 + ["scaled"] * 3
    )


def test_coefficients_of_energy() -> None:
    assert ENERGY_COEFFICIENTS == (
        "read_fixed_pj", "read_bit_pj", "read_column_pj", "write_fixed_pj", "write_bit_pj",
        "write_column_pj", "second_port_read", "second_port_write",
    )  # fmt: skip


def test_scaling() -> None:
    half = scaled(65.0, 0.6, 0.0630032)
    assert half.cell_um2 == pytest.approx(2.9 / 4)
    assert half.read_column_pj == pytest.approx(0.04471 / 8)
    assert half.bit_leakage_nw == pytest.approx(0.012086)
    assert half.second_port_area == MemoryCoefficients().second_port_area
    assert scaled(130.0, 1.2, 0.0630032) == MemoryCoefficients()
    assert scaled(130.0, 1.2, 0.1260064).bit_leakage_nw == pytest.approx(0.024172)


@pytest.mark.parametrize(("values", "name"), [((0.0, 1.0), "feature_nm"), ((45.0, -1.0), "supply")])
def test_wrong_scaling_is_refused(values: tuple[float, float], name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be positive, not "):
        scaled(*values, 1.0)


def test_an_unknown_model() -> None:
    with pytest.raises(ValueError, match=r"^name must be one of published, cacti, scaled, not 'a'"):
        coefficients_of("a", 45.0, 1.0, 1.0)  # type: ignore[arg-type]
