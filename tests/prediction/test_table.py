import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.prediction.table import TrainingTable
from tests.prediction import worlds


def test_figures() -> None:
    rows = worlds.rows(3)
    table = TrainingTable.of(rows)
    for index, row in enumerate(rows):
        time = row["cycles"] / row["used_clock_mhz"]
        logic = (row["internal_uw"] + row["switching_uw"]) * time
        assert table.figures["logic_pj"][index] == pytest.approx(logic)
        assert table.figures["dynamic_pj"][index] == pytest.approx(logic + row["memory_uw"] * time)
        named = sum(row[name] for name in row if name.startswith("area_"))
        assert table.figures["area_rest"][index] == pytest.approx(row["area"] - named)
        assert table.figures["delay_rest_ns"][index] == row["delay_core_ns"]
    assert table.blocks == (
        {"exact"}, {"exact", "drum(k=4)"}, {"exact", "drum(k=4)", "mitchell(w=4)"}
    )  # fmt: skip


def test_text_comes_back() -> None:
    table = worlds.table(4)
    again = TrainingTable.read(table.text())
    assert again.text() == table.text()
    assert (again.keys, again.blocks) == (table.keys, table.blocks)
    for name, values in table.figures.items():
        np.testing.assert_allclose(again.figures[name], values, rtol=1e-6)


def test_rows() -> None:
    table = worlds.table(4)
    part = table.rows(np.array([True, False, True, False]))
    assert part.keys == (table.keys[0], table.keys[2])
    np.testing.assert_array_equal(part.features["pes"], table.features["pes"][[0, 2]])


@pytest.mark.parametrize("name", ["area", "delay_pes_ns", "x_rows", "internal_uw", "key"])
def test_missing_columns_are_named(name: str) -> None:
    rows = [{key: value for key, value in row.items() if key != name} for row in worlds.rows(2)]
    with pytest.raises(UserError, match=f"The table lacks {name}"):
        TrainingTable.of(rows, where="table.csv")


def test_no_numbers() -> None:
    rows = worlds.rows(2)
    rows[1]["area"] = "much"
    with pytest.raises(UserError, match="The table holds what is no number"):
        TrainingTable.of(rows)


def test_no_rows() -> None:
    with pytest.raises(UserError, match="The table has no designs"):
        TrainingTable.of([])
