"""Modules by themselves: the same as in their design, once each, whatever happens on the way."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.netlist.netlist import read_netlist
from hawx_hw.synthesis import modules, synthesize
from hawx_hw.synthesis.modules import map_designs, synthesize_module
from hawx_hw.synthesis.script import script
from hawx_hw.synthesis.store import Store
from hawx_hw.synthesis.yosys import ENDED, constraints
from hawx_hw.technology import load
from hawx_hw.util.disk import FullError
from hawx_hw.util.resources import rtl_templates

ROM = {"hawx_rom.v": (rtl_templates() / "hawx_rom.v").read_text()}
DESIGN = """
module adder(input [7:0] a, b, output [7:0] s);
  assign s = a + b;
endmodule
module bank_0(input clk, input [2:0] at, output [7:0] d);
  hawx_rom #(.WIDTH(8), .DEPTH(6), .ADDRESS_WIDTH(3), .INIT_FILE("zero.hex"))
    macro(.clk(clk), .read_enable(1'b1), .read_address(at), .read_data(d));
endmodule
module bank_1(input clk, input [2:0] at, output [7:0] d);
  hawx_rom #(.WIDTH(8), .DEPTH(6), .ADDRESS_WIDTH(3), .INIT_FILE("one.hex"))
    macro(.clk(clk), .read_enable(1'b1), .read_address(at), .read_data(d));
endmodule
module stage(input clk, input [7:0] x, y, output reg [7:0] q);
  wire [7:0] s; adder sum(.a(x ^ y), .b(y), .s(s));
  always @(posedge clk) q <= s;
endmodule
module top(input clk, input [2:0] at, output [7:0] q);
  wire [7:0] x, y, p; bank_0 zero(clk, at, x); bank_1 one(clk, at, y);
  stage first(clk, x, y, p); stage second(clk, p, x | y, q);
endmodule
"""
SOURCES = {**ROM, "design.v": DESIGN}


@pytest.fixture
def technology():
    return load("generic45")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.sqlite")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the modules that Yosys is given."""
    names: list[str] = []
    run = modules._run

    def noted(units, *rest):
        names.extend(unit.name for unit in units)
        return run(units, *rest)

    monkeypatch.setattr(modules, "_run", noted)
    return names


def whole(folder: Path, sources: dict[str, str], top: str, technology):
    """The design in one run of Yosys with its hierarchy kept."""
    folder.mkdir()
    for name, text in sources.items():
        (folder / name).write_text(text)
    (folder / "abc.constr").write_text(constraints(technology))
    library = technology.library
    job = {
        "sources": [str(folder / name) for name in sources], "top": top,
        "liberty": str(technology.liberty), "dont_use": [], "constraints": folder / "abc.constr",
        "tie_low": library.tie("0"), "tie_high": library.tie("1"),
        "netlist": folder / "netlist.json", "verilog": folder / "netlist.v",
    }  # fmt: skip
    code = "import sys; from pyosys import libyosys; design = libyosys.Design()\n"
    code += "for line in sys.stdin.read().splitlines(): design.run_pass(line)"
    subprocess.run(
        [sys.executable, "-c", code], input="\n".join(script(job)), text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    return read_netlist(folder / "netlist.json", top, library)


def test_the_same_as_in_one_run(tmp_path: Path, technology) -> None:
    (result,) = map_designs([(SOURCES, "top")], technology)
    expected = whole(tmp_path / "whole", SOURCES, "top", technology)
    assert result.netlist.report() == expected.report()
    assert set(result.keys) == {"adder", "bank_0", "bank_1", "stage", "top"}


def test_areas_add_up(technology) -> None:
    (result,) = map_designs([(SOURCES, "top")], technology)
    text = result.verilog
    own = {}
    for module in re.finditer(r"^module (\S+?)\(.*?^endmodule", text, re.MULTILINE | re.DOTALL):
        kinds = re.findall(r"^  ([A-Z]\w*) \S+ \(", module[0], re.MULTILINE)
        own[module[1]] = sum(technology.library.cells[kind].area for kind in kinds)
    assert own.keys() == result.keys.keys()
    assert own["adder"] > 0
    assert result.netlist.report().area == pytest.approx(
        2 * (own["stage"] + own["adder"]) + own["top"], abs=1e-9
    )


def test_neither_order_nor_neighbors_count(technology) -> None:
    (alone,) = map_designs([(SOURCES, "adder")], technology)
    both = map_designs([(SOURCES, "top"), (SOURCES, "stage")], technology, jobs=2)
    adder = alone.netlist.modules["adder"]
    for mapped in both:
        other = mapped.netlist.modules["adder"]
        assert other.ports == adder.ports
        assert [(i.name, i.kind, i.pins) for i in other.instances] == [
            (i.name, i.kind, i.pins) for i in adder.instances
        ]
    assert [mapped.verilog for mapped in map_designs([(SOURCES, "top")], technology)] == [
        both[0].verilog
    ]


def test_what_was_made_is_not_made_again(technology, store: Store, made: list[str]) -> None:
    reports = []
    (first,) = map_designs(
        [(SOURCES, "top")], technology, store=store, progress=lambda *counts: reports.append(counts)
    )
    # The two banks differ in the names of their files alone.
    assert len(made) == 4
    assert {name.rstrip("_01") for name in made} == {"adder", "bank", "stage", "top"}
    assert reports == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert first.keys["bank_0"] == first.keys["bank_1"]
    assert first.made == 4
    assert '"zero.hex"' in first.verilog
    assert '"one.hex"' in first.verilog
    made.clear()
    (again,) = map_designs([(SOURCES, "top")], technology, store=store)
    assert (again.made, again.verilog, made) == (0, first.verilog, [])
    # A leaf that changes within its ports is made anew, and nothing else.
    changed = {**SOURCES, "design.v": DESIGN.replace("a + b", "a - b")}
    assert map_designs([(changed, "top")], technology, store=store)[0].made == 1
    assert made == ["adder"]
    # One of which the ports change is, with who holds it.
    made.clear()
    wider = {**SOURCES, "design.v": DESIGN.replace("output [7:0] s)", "output [8:0] s)")}
    map_designs([(wider, "top")], technology, store=store)
    assert sorted(made) == ["adder", "stage"]
    for options in ({"period_ns": 5.0}, {"booth": True}):
        made.clear()
        map_designs([(SOURCES, "top")], technology, store=store, **options)
        assert len(made) == 4


def test_a_damaged_entry_is_made_anew(technology, store: Store, made: list[str]) -> None:
    (first,) = map_designs([(SOURCES, "top")], technology, store=store)
    made.clear()
    connection = sqlite3.connect(store.path)
    with connection:
        connection.execute(
            "UPDATE results SET result = X'00' WHERE key = ?", (first.keys["stage"],)
        )
    connection.close()
    (again,) = map_designs([(SOURCES, "top")], technology, store=store)
    assert made == ["stage"]
    assert again.verilog == first.verilog
    assert store.get(first.keys["stage"], "module") is not None


def many(count: int) -> str:
    return "".join(
        f"module part_{n}(input [7:0] a, b, output [15:0] y); assign y = a * b + {n}; endmodule\n"
        for n in range(count)
    ) + (
        "module top(input [7:0] a, b, output [15:0] y);\n"
        + f"wire [{16 * count - 1}:0] w; assign y = ^w;\n"
        + "".join(f"part_{n} p{n}(a, b, w[{16 * n}+:16]);\n" for n in range(count))
        + "endmodule\n"
    )


def test_killed_in_the_middle(tmp_path: Path, technology, store: Store, made: list[str]) -> None:
    sources = {"many.v": many(12)}
    (tmp_path / "many.v").write_text(sources["many.v"])
    code = (
        "import sys; from pathlib import Path; from hawx_hw.technology import load\n"
        "from hawx_hw.synthesis.modules import map_designs\n"
        "from hawx_hw.synthesis.store import Store\n"
        "map_designs([({'many.v': Path(sys.argv[1]).read_text()}, 'top')], load('generic45'),"
        " jobs=2, store=Store(Path(sys.argv[2])), progress=lambda n, of: print(n, flush=True))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "many.v"), str(store.path)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for _ in range(4):
        process.stdout.readline()
    workers = children(process.pid)
    assert workers
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    stored = store.stats()["module"]["entries"]
    assert 4 <= stored < 13
    (result,) = map_designs([(sources, "top")], technology, jobs=2, store=store)
    assert len(made) == result.made == 13 - stored
    assert result.netlist.report().modules["top"].instances == 1
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "Yosys outlives who asked for it"
        time.sleep(0.05)


def children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(text) for text in path.read_text(encoding="utf-8").split()] if path.exists() else []


def test_parameters_keep_modules_together(tmp_path: Path, technology, store: Store) -> None:
    text = """
module shift #(parameter BY = 1) (input [7:0] a, output [7:0] y); assign y = a << BY; endmodule
module pair(input [7:0] a, output [7:0] y);
  wire [7:0] x; shift #(.BY(2)) one(a, x); shift two(x + a, y);
endmodule
module top(input [7:0] a, output [7:0] y); pair inner(a & 8'h7f, y); endmodule
"""
    (result,) = map_designs([({"t.v": text}, "top")], technology, store=store)
    assert set(result.keys) == {"pair", "top"}
    expected = whole(tmp_path / "whole", {"t.v": text}, "top", technology)
    assert result.netlist.report().area == expected.report().area
    assert sorted(result.netlist.modules) == sorted(expected.modules)


def test_a_directive_makes_it_one(technology) -> None:
    text = "`define WIDE 8\nmodule part(input [`WIDE-1:0] a, output y); assign y = ^a; endmodule\n"
    text += "module top(input [7:0] a, output y); part one(a, y); endmodule\n"
    (result,) = map_designs([({"t.v": text}, "top")], technology)
    assert list(result.keys) == ["top"]
    assert set(result.netlist.modules) == {"part", "top"}


def test_errors_name_the_users_file_and_module(technology) -> None:
    text = "module fine(input a, output y); assign y = a; endmodule\n\n"
    broken = text + "module top(input a, output y);\n  fine one(a, y);\n  wire = ;\nendmodule\n"
    with pytest.raises(UserError) as caught:
        map_designs([({"my file.v": broken}, "top")], technology)
    assert caught.value.where == "my file.v:5"
    missing = "module top(input a, output y); absent one(a, y); endmodule\n"
    with pytest.raises(UserError, match=r"absent.*top") as caught:
        map_designs([({"t.v": missing}, "top")], technology)
    assert "hawx_module" not in str(caught.value)


def test_nothing_of_yosys_is_left_behind(
    tmp_path: Path, technology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ABC's files nor a cache of the library; see also the next test."""
    temporary, cache = tmp_path / "temporary", tmp_path / "cache with spaces"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("HAWX_CACHE", str(cache))
    monkeypatch.setattr(tempfile, "tempdir", None)
    map_designs([(SOURCES, "top")], technology)
    # In a path with spaces the tools could not work.
    assert not cache.exists()
    assert [path.name for path in temporary.iterdir()] == [f"hawx_hw-{os.getuid()}"]
    assert [path.name for path in next(temporary.iterdir()).iterdir()] == ["lock"]


def test_where_the_disk_is_full_nothing_is_stored(
    tmp_path: Path, technology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yosys ends as if all were well when its files are cut."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=4096))
    store = Store(tmp_path / "store.sqlite")
    with pytest.raises(FullError):
        map_designs([(SOURCES, "top")], technology, store=store)
    assert list(store.entries()) == []


def test_the_library_that_is_mapped_to_is_the_one_at_hand(
    tmp_path: Path, technology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another library at the same path, older than anything that was made of the first one."""

    @contextmanager
    def same_folder(*_: object) -> Iterator[Path]:
        folder = tmp_path / "scratch"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder

    text = technology.liberty.read_text()
    large = re.sub(r"(cell \(X\w+\) {\s+area : )", r"\g<1>90", text)
    (tmp_path / "poor.lib").write_text(large)
    poor = load(str(tmp_path / "poor.lib"))
    os.utime(poor.liberty, (0, 0))
    (expected,) = map_designs([(SOURCES, "adder")], poor)
    monkeypatch.setattr(modules, "scratch_folder", same_folder)
    (usual,) = map_designs([(SOURCES, "adder")], technology)
    (result,) = map_designs([(SOURCES, "adder")], poor)
    assert usual.verilog != expected.verilog
    assert result.verilog == expected.verilog


def test_one_module(technology, store: Store) -> None:
    module = synthesize_module(SOURCES, "stage", technology, store=store)
    assert module.netlist.top == "stage"
    assert module.netlist.report().sequential_cells == 8
    assert 0 < module.longest_path_ns < 5
    (entry,) = store.lookup(module.key)
    assert "always @(posedge clk)" in json.dumps(entry.inputs["sources"])
    assert entry.versions["technology"] == "generic45"


def test_flat_and_by_module(tmp_path: Path, technology) -> None:
    """What the borders of modules cost in a small design: some per cent."""
    path = tmp_path / "design.v"
    path.write_text(DESIGN.replace("x ^ y", "{x[3:0], x[7:4]}"))
    sources = [path, rtl_templates() / "hawx_rom.v"]
    areas = [
        synthesize(
            sources, "top", technology, workdir=tmp_path, flatten=flat, opensta=False
        ).result.area
        for flat in (True, False)
    ]
    assert 0.9 < areas[0] / areas[1] < 1.1


@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
def test_opensta_reads_what_was_put_together(tmp_path: Path, technology) -> None:
    path = tmp_path / "design.v"
    path.write_text(DESIGN)
    sources = [path, rtl_templates() / "hawx_rom.v"]
    timing = synthesize(sources, "top", technology, workdir=tmp_path, opensta=True).result.timing
    assert timing.opensta.longest_path_ns == pytest.approx(timing.longest_path_ns, 1e-3)


@pytest.mark.parametrize("name", ["x\u2028!touch {made} #", "$(touch {made})", "`touch {made}`"])
def test_a_library_cannot_start_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made = tmp_path / "made"
    cells = load("generic45").liberty.read_text()
    cell = f'cell ("{name.format(made=made)}") {{ dont_use : true; area : 1; }}'
    liberty = tmp_path / "cells.lib"
    liberty.write_text(re.sub(r"(?m)^  cell ", f"  {cell}\n  cell ", cells, count=1))
    with pytest.raises(UserError, match="is no name for a cell") as caught:
        map_designs([(SOURCES, "adder")], load(str(liberty)))
    assert caught.value.exit_status == 2
    # Nor where the library's reader let the name through.
    monkeypatch.setattr("hawx_hw.technology.liberty.check_cell_name", lambda *_: None)
    with pytest.raises(UserError, match="cannot be part of a command of Yosys") as caught:
        map_designs([(SOURCES, "adder")], load(str(liberty)))
    assert caught.value.exit_status == 2
    assert not made.exists()


def test_where_abc_ends_the_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a buffer it ends in a segmentation fault, were that not checked before."""
    cells = load("generic45").liberty.read_text("utf-8")
    path = tmp_path / "cells.lib"
    path.write_text(cells.replace("cell (BUF) {", "cell (BUF) { dont_use : true;"), "utf-8")
    with pytest.raises(UserError, match="has no buffer"):
        map_designs([(SOURCES, "adder")], load(str(path)))
    monkeypatch.setattr("hawx_hw.synthesis.yosys._check_gates", lambda _: None)
    with pytest.raises(UserError, match="ABC") as caught:
        map_designs([(SOURCES, "adder")], load(str(path)))
    assert caught.value.where == str(path)
    assert caught.value.hint == "Check the delays in the library, or name another technology."


def test_a_process_that_ends_by_itself(monkeypatch: pytest.MonkeyPatch, technology) -> None:
    monkeypatch.setattr("sys.executable", shutil.which("false"))
    with pytest.raises(UserError, match=r"^Yosys ended with status 1\. ") as caught:
        map_designs([(SOURCES, "adder")], technology)
    assert caught.value.hint == ENDED


def test_arguments(technology) -> None:
    with pytest.raises(ValueError, match=r"^jobs must be at least 1, not 0$"):
        map_designs([], technology, jobs=0)
