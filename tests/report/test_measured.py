"""The measured energies of designs side by side, and where the difference lies."""

import pytest

from hawx_hw.power.references import ReferenceDesign
from hawx_hw.power.result import GroupPower, MemoryModelEnergy, PowerResult
from hawx_hw.report.measured import measured_designs, measured_tables, shares
from tests.report import samples


def power(**parts: float) -> PowerResult:
    """A power report with the energies of parts, in pJ."""
    total = sum(parts.values())
    metrics = samples.POWER.parts["blocks"].model_dump()
    named = {name.replace("_", " "): energy for name, energy in parts.items()}
    return samples.POWER.model_copy(
        update={
            "energy_pj": total,
            "power_uw": total / 20,
            "parts": {n: GroupPower(**{**metrics, "energy_pj": e}) for n, e in named.items()},
            "memory_models": {
                "published": MemoryModelEnergy(memories_pj=1.0, energy_pj=total),
                "cacti": MemoryModelEnergy(memories_pj=0.5, energy_pj=total / 2),
            },
        }
    )


EXACT = power(blocks=40e3, PEs_without_blocks=30e3, clock=50e3, memories=70e3, feeders=10e3)
OURS = power(blocks=10e3, PEs_without_blocks=20e3, clock=45e3, memories=60e3, feeders=15e3)
REFERENCE = ReferenceDesign(
    what="exact blocks", accelerator="8 x 8", blocks=("exact",), accuracy=None, area=6000.0,
    longest_path_ns=1.1, power=EXACT,
)  # fmt: skip
DESIGNS = measured_designs(OURS, 5000.0, 0.97, [REFERENCE], 0.98)


def test_every_part_is_in_one_share() -> None:
    assert shares(OURS) == {
        "multipliers": 10e3,
        "registers, adders beside them": 20e3,
        "clock": 45e3,
        "memories": 60e3,
        "the rest": 15e3,
    }
    assert sum(shares(EXACT).values()) == pytest.approx(EXACT.energy_pj)


def test_savings_add_up_to_that_of_all() -> None:
    table = measured_tables(DESIGNS)[0]
    assert table.heading[:4] == ("design", "test accuracy, as built", "um2", "MHz")
    assert table.heading[4:6] == ("all", "multipliers")
    assert table.lines == (
        ("this design", "97.00 %", "5,000", "500",
         "150.0", "10.0", "20.0", "45.0", "60.0", "15.0"),
        ("exact blocks", "98.00 %", "6,000", "500",
         "200.0", "40.0", "30.0", "50.0", "70.0", "10.0"),
        ("saved against exact blocks", "", "", "",
         "+25.0 %", "+15.0 %", "+5.0 %", "+2.5 %", "+5.0 %", "-2.5 %"),
    )  # fmt: skip


def test_all_memory_models() -> None:
    table = measured_tables(DESIGNS)[1]
    assert table.heading == (
        "design", "nJ, published", "nJ, cacti",
        "nJ, published, no glitches", "nJ, cacti, no glitches",
    )  # fmt: skip
    # Of which 20 are glitches.
    assert table.lines == (
        ("this design", "150.0", "75.0", "130.0", "55.0"),
        ("exact blocks", "200.0", "100.0", "180.0", "80.0"),
    )
