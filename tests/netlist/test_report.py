import pytest
from pydantic import ValidationError

from hawx_hw.netlist.report import CellTotals, MemoryTotals, ModuleTotals, NetlistReport

TOTALS = CellTotals(
    cells=3, sequential_cells=1, area=6.0, sequential_area=4.5, combinational_area=1.5
)


def test_a_report_is_frozen_and_complete() -> None:
    report = NetlistReport(
        **dict(TOTALS),
        cells_by_kind={"DFF": 1, "INV": 2},
        modules={"top": ModuleTotals(**dict(TOTALS), instances=2, area_all=12.0)},
        memories=(MemoryTotals(kind="hawx_rom", width=8, depth=4, instances=2, bits=64),),
        memory_bits=64,
    )
    assert report.as_dict()["modules"]["top"]["area_all"] == 12.0
    assert report.as_dict()["memories"] == [
        {"kind": "hawx_rom", "width": 8, "depth": 4, "instances": 2, "bits": 64}
    ]
    with pytest.raises(ValidationError, match="frozen"):
        report.cells = 4  # type: ignore[misc]
    with pytest.raises(ValidationError, match="memory_bits"):
        NetlistReport(**dict(TOTALS), cells_by_kind={}, modules={}, memories=())  # type: ignore[call-arg]
