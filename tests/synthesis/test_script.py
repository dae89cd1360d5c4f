"""The Yosys script, judged by the area of an exact multiplier."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    job = {
        "sources": [str(source)],
        "liberty": str(technology.liberty),
        "dont_use": [name for name, cell in library.cells.items() if cell.dont_use],
        "top": "multiplier",
        "netlist": str(folder / "netlist.json"),
        "verilog": str(folder / "netlist.v"),
        **options,
    }
    (folder / "script").write_text("".join(f"{line}\n" for line in script(job)))
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


def test_a_name_with_a_quote_cannot_reach_yosys():
    job = {"sources": ['a".v'], "liberty": "l", "dont_use": [], "top": "t", "netlist": "n"}
    with pytest.raises(ValueError, match="must not hold quotes"):
        script({**job, "verilog": "v"})
