"""The text that tools get of a library: what stands in it, and that the tools read it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.synthesis import module_worker
from hawx_hw.synthesis.script import script
from hawx_hw.synthesis.yosys import constraints
from hawx_hw.technology import Technology, load
from hawx_hw.technology.liberty import Library, Table, plain_liberty, read_library
from hawx_hw.technology.liberty_groups import parse
from tests import material
from tests.technology import variants

VERILOG = {
    False: "module top(input [1:0] a, b, output [2:0] y); assign y = a + b; endmodule\n",
    True: "module top(input clk, input [1:0] a, b, output reg [2:0] y);\n"
    "  always @(posedge clk) y <= a + b;\nendmodule\n",
}
CLOCK = {False: "create_clock -name clk -period 1", True: "create_clock -period 1 [get_ports clk]"}
#: Of OpenSTA: the longest path's slack, and the power.
OPENSTA = """read_liberty cells.lib
read_verilog netlist.v
link_design top
{clock}
set_input_delay 0 -clock clk [get_ports a*]
set_output_delay 0 -clock clk [all_outputs]
foreach path [find_timing_paths -path_delay max] {{
  puts "slack [get_property $path slack]"
}}
report_power -digits 6
"""


@dataclass(frozen=True)
class Case:
    """A library that is given to the tools, and what of it was read."""

    folder: Path
    technology: Technology
    sequential: bool


def case(folder: Path, path: Path, text: str | None = None) -> Case:
    """Write what Yosys, ABC and OpenSTA are to read; ``text`` in place of the library's."""
    technology = Technology(path.stem, path)
    cells = technology.library.cells
    flops = [cell for cell in cells.values() if cell.flip_flop and not cell.dont_use]
    sequential = any(
        flop.flip_flop is not None
        and flop.flip_flop.next_state in flop.pins
        and not flop.flip_flop.clear
        for flop in flops
    )
    folder.mkdir()
    (folder / "top.v").write_text(VERILOG[sequential])
    (folder / "cells.lib").write_text(technology.tool_text() if text is None else text)
    (folder / "abc.constr").write_text(constraints(technology))
    (folder / "sta.tcl").write_text(OPENSTA.format(clock=CLOCK[sequential]))
    job = {
        "sources": ["top.v"], "top": "top", "liberty": "cells.lib", "constraints": "abc.constr",
        "dont_use": [name for name, cell in cells.items() if cell.dont_use],
        "netlist": "netlist.json", "verilog": "netlist.v", "period_ps": 500,
    }  # fmt: skip
    (folder / "script.json").write_text(json.dumps(script(job)))
    return Case(folder, technology, sequential)


def map_all(cases: list[Case]) -> dict[Path, int]:
    """Yosys's exit status by folder; one process for all."""
    root = cases[0].folder.parent
    folders = [str(one.folder) for one in cases]
    (root / "jobs.json").write_text(json.dumps({"jobs": 2, "folders": folders}))
    command = [sys.executable, "-m", module_worker.__name__, str(root / "jobs.json")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    numbers = (map(int, line.split()) for line in done.stdout.splitlines())
    return {Path(folders[number]): status for number, status in numbers}


def check_tools(cases: list[Case]) -> None:
    """Check that Yosys with ABC, and OpenSTA where there is one, read every library."""
    statuses = map_all(cases)
    for one in cases:
        log = (one.folder / "log").read_text(errors="replace")
        assert statuses[one.folder] == 0, (one.folder.name, log[-500:])
        used = {
            cell["type"]
            for cell in json.loads((one.folder / "netlist.json").read_text())["modules"]["top"][
                "cells"
            ].values()
        }
        assert used
        assert used <= set(one.technology.library.cells)
        if shutil.which("sta") is not None:
            check_opensta(one)


def check_opensta(one: Case) -> None:
    command = ["sta", "-no_init", "-no_splash", "-exit", "sta.tcl"]
    done = subprocess.run(
        command, cwd=one.folder, capture_output=True, text=True, check=True, timeout=60
    )
    text = done.stdout + done.stderr
    name = one.folder.name
    assert not re.search(r"^(Error|Warning)", text, re.MULTILINE), (name, text)
    slacks = re.findall(r"^slack (\S+)$", text, re.MULTILINE)
    assert len(slacks) == 1, (name, text)
    assert abs(float(slacks[0])) < 1e6, name
    total = re.search(r"^Total +(\S+) +(\S+) +(\S+) +(\S+)", text, re.MULTILINE)
    assert total is not None, (name, text)
    # There is a supply: changes of nets take energy.
    assert float(total[2]) > 0, (name, text)


def accepted() -> Iterator[tuple[str, str | bytes]]:
    yield "base", variants.BASE
    yield from variants.ACCEPTED.items()
    yield from ((name, text) for name, (text, _) in variants.LEFT_OUT.items())


@pytest.mark.filterwarnings("ignore:.*left out:UserWarning")
def test_the_tools_read_every_library_that_we_read(tmp_path: Path) -> None:
    """Libraries that are the same to us are the same text to the tools, see test_liberty.py."""
    check_tools([
        case(tmp_path / str(number), variants.write(tmp_path, name, text))
        for number, (name, text) in enumerate(accepted())
    ])  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*(left out|states no):UserWarning")
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_the_tools_read_the_variants_of_strangers_or_we_refuse_them(
    tmp_path: Path, step: int
) -> None:
    """We read or refuse each; the tools read every fourth, or all."""
    maker = material.material("faults/L/mk_lib.py")
    made = tmp_path / "made"
    generic = load("generic45").liberty
    subprocess.run([sys.executable, str(maker), str(generic), str(made)], check=True)
    texts: dict[str, Path] = {}
    refused = []
    for path in sorted(made.glob("*.lib*")):
        try:
            texts.setdefault(plain_liberty(path), path)
        except UserError as error:
            assert str(error.where).split(":")[0] == str(path)
            refused.append(path.name.split("_")[0].split(".")[0])
    assert len(refused) < 20
    assert {"L2a", "L2c", "L3c", "L3i", "L4f", "L9e"} <= set(refused)
    # The others are ways to write the same.
    assert 15 < len(texts) < 35
    check_tools([
        case(tmp_path / str(number), path, text)
        for number, (text, path) in enumerate([*texts.items()][::step])
    ])  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "ihp-sg13g2", "osu018", "osu035",
        # Of 12 MB. Otherwise test_script.py maps a multiplier onto it.
        pytest.param("sky130hd", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_the_tools_read_real_libraries(tmp_path: Path, name: str) -> None:
    technology = material.technology(name)
    assert technology.library.notes == ()
    one = case(tmp_path / "tools", technology.liberty)
    check_tools([one])
    # What they get is what we read.
    written = read_library(one.folder / "cells.lib")
    assert described(written) == described(technology.library)


def described(library: Library) -> list[tuple[object, ...]]:
    """Cells, functions, areas, delays and energies of a library."""
    return [
        (
            cell.name, cell.area, cell.dont_use, cell.leakage_nw, cell.leakages,
            *(
                (
                    pin.name, pin.direction, pin.capacitance, " ".join(pin.function.split()),
                    *((arc.source, arc.sense, *map(total, arc.delays)) for arc in pin.arcs),
                    *((power.when, total(power.rise), total(power.fall)) for power in pin.powers),
                )
                for pin in cell.pins.values()
            ),
        )
        for cell in library.cells.values()
    ]  # fmt: skip


def total(table: Table) -> float:
    return float(np.sum(table.values))


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "small.lib"
    path.write_text(f"library (small) {{ {text} }}")
    return plain_liberty(path)


INVERTER = """cell (INV) { area : 1; pin (A) { direction : input; }
  pin (Y) { direction : output; function : !A; timing () { related_pin : A; %s } } }"""
SCALARS = 'cell_rise (scalar) { values ("1"); } rise_transition (scalar) { values (2) }'


def test_all_of_a_small_library(tmp_path: Path) -> None:
    text = 'time_unit : 1PS\n comment : "x"; nom_temperature : "25"; default_wire_load : "1k"\n'
    wires = 'wire_load ("1k") { fanout_length (1, 2.5); fanout_length (2, 3); }'
    assert (
        written(tmp_path, text + wires + INVERTER % SCALARS)
        == """library (small) {
  delay_model : table_lookup;
  time_unit : "1ps";
  voltage_unit : "1V";
  leakage_power_unit : "1nW";
  capacitive_load_unit (1, pf);
  nom_voltage : 1;
  input_threshold_pct_rise : 50;
  input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50;
  output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20;
  slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 80;
  slew_upper_threshold_pct_fall : 80;
  nom_temperature : 25;
  default_wire_load : "1k";
  wire_load ("1k") {
    fanout_length (1, 2.5);
    fanout_length (2, 3);
  }
  operating_conditions (hawx_conditions) {
    process : 1;
    temperature : 25;
    voltage : 1;
  }
  default_operating_conditions : hawx_conditions;
  cell (INV) {
    area : 1;
    pin (A) {
      direction : input;
    }
    pin (Y) {
      direction : output;
      function : "!A";
      timing () {
        related_pin : "A";
        cell_rise (scalar) {
          values ("1");
        }
        rise_transition (scalar) {
          values ("2");
        }
        cell_fall (scalar) {
          values ("1");
        }
        fall_transition (scalar) {
          values ("2");
        }
      }
    }
  }
}
"""
    )


def test_a_table_over_the_load_alone_gets_a_second_axis(tmp_path: Path) -> None:
    template = (
        "lu_table_template (load) { variable_1 : total_output_net_capacitance; "
        'index_1 ("1, 2, 4"); }'
    )
    tables = 'cell_rise (load) { values ("5, 6, 7"); } rise_transition (load) { values (1,2,3); }'
    (library,) = parse(written(tmp_path, template + INVERTER % tables)).children("library")
    (cell,) = library.children("cell")
    (timing,) = list(cell.children("pin"))[1].children("timing")
    table = next(timing.children("cell_rise"))
    assert table.name == "hawx_over_load_3"
    assert table.numbers("index_2") == [1.0, 2.0, 4.0]
    assert table.attributes["values"].raw == '"5, 6, 7", "5, 6, 7"'
    assert "hawx_over_load_3" in [t.name for t in library.children("lu_table_template")]


@pytest.mark.parametrize(
    "odd",
    [
        'date : "a\\"b";', 'author : "a // b";', 'author : "a /* b";', 'author : "\u00e9";',
        'author : "a\\b";', "operating_conditions (\u00e9) { voltage : 1; }", 'author : "";',
    ],
)  # fmt: skip
def test_what_a_tool_would_take_for_something_else_is_not_written(tmp_path: Path, odd: str) -> None:
    head = "nom_voltage : 1; "
    plain = written(tmp_path, head + INVERTER % SCALARS)
    assert written(tmp_path, head + odd + INVERTER % SCALARS) == plain


@pytest.mark.parametrize(("name", "expected"), [("a.b_1", "a.b_1"), ("8", "cells"), ("", "cells")])
def test_a_library_has_a_name(tmp_path: Path, name: str, expected: str) -> None:
    path = tmp_path / "small.lib"
    path.write_text(f"library ({name}) {{ {INVERTER % SCALARS} }}")
    assert plain_liberty(path).startswith(f"library ({expected}) {{\n")


def test_pins_that_share_a_group_get_their_own(tmp_path: Path) -> None:
    text = written(tmp_path, INVERTER % SCALARS + "cell (T) { pin (A, B) { direction : input; } }")
    assert "    pin (A) {\n      direction : input;\n    }\n    pin (B) {" in text


def test_the_supply_of_a_technology_where_the_library_states_none(tmp_path: Path) -> None:
    path = tmp_path / "small.lib"
    path.write_text(f"library (small) {{ {INVERTER % SCALARS} }}")
    assert "  nom_voltage : 0.9;\n" in plain_liberty(path, supply=0.9)
    path.write_text(f"library (small) {{ nom_voltage : 1.2; {INVERTER % SCALARS} }}")
    assert "  nom_voltage : 1.2;\n" in plain_liberty(path, supply=0.9)
