from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.netlist.report import MemoryTotals, ModuleTotals
from hawx_hw.synthesis.result import (
    OpenStaTiming,
    SynthesisOptions,
    SynthResult,
    TechnologyName,
    Timing,
)
from hawx_hw.util.results import Header

RESULT = SynthResult(
    cells=7,
    sequential_cells=2,
    area=9.5,
    sequential_area=4.5,
    combinational_area=5.0,
    cells_by_kind={"DFF": 2, "INV": 5},
    modules={
        "top": ModuleTotals(
            cells=7,
            sequential_cells=2,
            area=9.5,
            sequential_area=4.5,
            combinational_area=5.0,
            instances=1,
            area_all=9.5,
        )
    },
    memories=(MemoryTotals(kind="hawx_rom", width=8, depth=4, instances=1, bits=32),),
    memory_bits=32,
    top="top",
    technology=TechnologyName(name="generic45", library="generic45", sha256="ab"),
    options=SynthesisOptions(period_ns=None, booth=False, flatten=False, clock_gating=False),
    keys={"top": "12"},
    timing=Timing(
        method="liberty tables",
        longest_path_ns=1.5,
        module="top",
        end="f/D",
        by_module_ns={"top": 1.5},
        opensta=OpenStaTiming(longest_path_ns=1.5, start="f/Q", end="f/D", version="2.0"),
        opensta_left_out=None,
    ),
)


def test_synth_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    RESULT.write(tmp_path, Header(stage="synth", config="c", versions={"pyosys": "0.70"}))
    assert SynthResult.read(tmp_path) == RESULT


def test_a_file_of_an_older_program(tmp_path: Path) -> None:
    (tmp_path / "synth.json").write_text('{"schema": 1, "area": 9.5}')
    with pytest.raises(UserError, match="must be of schema 2, not 1"):
        SynthResult.read(tmp_path)
