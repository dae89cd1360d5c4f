import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.prediction.table import TrainingTable
from tests.prediction import synthetic_designs
from tests.prediction.synthetic_designs import SYNTHETIC


def test_targets() -> None:
    records = synthetic_designs.records(3)
    table = TrainingTable.of(SYNTHETIC, records)
    for index, record in enumerate(records):
        time = record["cycles"] / record["used_clock_mhz"]
        parts = {name: record[f"{name}_uw"] for name in ("blocks", "clock", "memory")}
        for name, power in parts.items():
            assert table.targets[f"{name}_pj"][index] == pytest.approx(power * time)
        dynamic = record["power_uw"] - record["leakage_uw"]
        assert table.targets["dynamic_pj"][index] == pytest.approx(dynamic * time)
        logic = dynamic - sum(parts.values())
        assert table.targets["logic_pj"][index] == pytest.approx(logic * time)
        rest = record["area_interconnect"] + record["area_control"]
        assert table.targets["area_rest"][index] == pytest.approx(rest)
        rest = max(record["delay_interconnect_ns"], record["delay_control_ns"])
        assert table.targets["delay_rest_ns"][index] == rest
    assert table.blocks == (
        {"exact"}, {"exact", "drum(k=4)"}, {"exact", "drum(k=4)", "mitchell(w=4)"}
    )  # fmt: skip


def test_text_comes_back() -> None:
    table = synthetic_designs.table(4)
    again = TrainingTable.read(SYNTHETIC, table.text())
    assert again.text() == table.text()
    assert (again.keys, again.blocks) == (table.keys, table.blocks)
    for name, values in table.targets.items():
        np.testing.assert_allclose(again.targets[name], values, rtol=1e-6)


def test_subset() -> None:
    table = synthetic_designs.table(4)
    part = table.subset(np.array([True, False, True, False]))
    assert part.keys == (table.keys[0], table.keys[2])
    np.testing.assert_array_equal(part.features["units"], table.features["units"][[0, 2]])


@pytest.mark.parametrize("name", ["area", "delay_multipliers_ns", "x_units", "blocks_uw", "key"])
def test_missing_fields_are_named(name: str) -> None:
    records = [
        {key: value for key, value in record.items() if key != name}
        for record in synthetic_designs.records(2)
    ]
    with pytest.raises(UserError, match=f"The table lacks {name}"):
        TrainingTable.of(SYNTHETIC, records, where="table.csv")


@pytest.mark.parametrize("value", ["nan", "inf", "-1e999"])
@pytest.mark.parametrize("name", ["area", "x_units"])
def test_numbers_that_are_not_finite(name: str, value: str) -> None:
    records = synthetic_designs.records(3)
    records[1][name] = value
    with pytest.raises(UserError, match=f"Design 1 has -?(nan|inf) as {name}, which is not finite"):
        TrainingTable.of(SYNTHETIC, records, where="table.csv")


@pytest.mark.parametrize("text", ["a,a\n1,2\n", "a,b\n1\n", 'a\n"1\n'])
def test_a_damaged_file(text: str) -> None:
    with pytest.raises(UserError, match=r"^table\.csv: The table is damaged: "):
        TrainingTable.read(SYNTHETIC, text, where="table.csv")


def test_no_numbers() -> None:
    records = synthetic_designs.records(2)
    records[1]["area"] = "much"
    with pytest.raises(UserError, match="The table has a field that is no number"):
        TrainingTable.of(SYNTHETIC, records)


def test_no_records() -> None:
    with pytest.raises(UserError, match="The table has no designs"):
        TrainingTable.of(SYNTHETIC, [])
