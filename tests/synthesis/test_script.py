"""The Yosys script, judged by the area of an exact multiplier."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.netlist.netlist import read_netlist
from hawx_hw.synthesis import module_worker
from hawx_hw.synthesis.script import script
from hawx_hw.technology import load
from tests import material

MULTIPLIER = """module multiplier(input signed [7:0] a, b, output signed [15:0] y);
  assign y = a * b;
endmodule
"""


def map_multiplier(folder: Path, technology_name: str, **options: object):
    """The multiplier's netlist in a technology."""
    technology = load(technology_name)
    library = technology.library
    source = folder / "multiplier.v"
    source.write_text(MULTIPLIER)
    (folder / "cells.lib").write_text(technology.tool_text())
    job = {
        "sources": [str(source)],
        "liberty": str(folder / "cells.lib"),
        "dont_use": [name for name, cell in library.cells.items() if cell.dont_use],
        "top": "multiplier",
        "netlist": str(folder / "netlist.json"),
        "verilog": str(folder / "netlist.v"),
        **options,
    }
    (folder / "script.json").write_text(json.dumps(script(job)))
    jobs = {"jobs": 1, "folders": [str(folder)]}
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, "-m", module_worker.__name__, str(folder / "jobs.json")]
    subprocess.run(command, check=True, capture_output=True)
    return read_netlist(folder / "netlist.json", "multiplier", library)


@pytest.mark.parametrize(("booth", "area"), [(False, 454.062), (True, 309.092)])
def test_an_exact_multiplier_on_generic45(tmp_path, booth, area):
    assert map_multiplier(tmp_path, "generic45", booth=booth).report().area == area


@pytest.mark.parametrize(("booth", "area"), [(False, 3907.802), (True, 2909.655)])
def test_an_exact_multiplier_on_ihp_has_the_published_area(tmp_path, monkeypatch, booth, area):
    """Yosys 0.70 with ``synth`` and ``abc -liberty``: 3907.8 and 2909.7 um2."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ihp = str(material.material("technology/ihp_sg13g2_typ.lib.gz"))
    assert map_multiplier(tmp_path, ihp, booth=booth).report().area == area


def test_no_isolation_cells_on_sky130(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sky130 = str(material.material("technology/sky130hd_tt.lib.gz"))
    kinds = map_multiplier(tmp_path, sky130).report().cells_by_kind
    assert kinds
    assert not [name for name in kinds if "lpflow" in name]


JOB = {
    "sources": ["a.v"],
    "liberty": "cells.lib",
    "constraints": "abc.constr",
    "declarations": "parts.v",
    "dont_use": ["BAD"],
    "top": "top",
    "netlist": "n.json",
    "verilog": "n.v",
    "tie_low": ("TIE", "L"),
    "tie_high": ("TIE", "H"),
}
DIVIDERS = [c for c in map(chr, range(0x2100)) if len(f"a{c}b".splitlines()) > 1]
ONE_NAME = ("liberty", "constraints", "declarations", "top", "netlist", "verilog")
NAMES = ("sources", "dont_use", "tie_low", "tie_high")


def test_the_cache_of_converted_libraries_is_switched_off_first():
    """Yosys would leave files in the user's folders, and take another library's gates from it."""
    assert script(JOB)[0] == "libcache -scl -disable"


@pytest.mark.parametrize("key", [*ONE_NAME, *NAMES])
@pytest.mark.parametrize("character", ['"', "\\", "\0", "\x7f", "\xa0", "\xe9", "\t", *DIVIDERS])
def test_a_name_that_yosys_would_interpret_is_refused(key, character):
    name = f"x{character}!touch made"
    with pytest.raises(UserError, match="cannot be part of a command of Yosys") as caught:
        script({**JOB, key: name if key in ONE_NAME else [name, "L"]})
    assert caught.value.exit_status == 2
    assert "Rename" in caught.value.hint


@pytest.mark.parametrize("key", ["liberty", "constraints", "dont_use"])
@pytest.mark.parametrize(
    "name", ["$(touch made)", "$HOME", "`touch made`", "x; touch made", "x & y", "x | y", "x'y",
             "x < y", "x > y"]
)  # fmt: skip
def test_a_name_that_the_shell_of_abc_would_interpret_is_refused(key, name):
    with pytest.raises(UserError, match="cannot be part of a command of Yosys"):
        script({**JOB, key: name if key in ONE_NAME else [name]})
