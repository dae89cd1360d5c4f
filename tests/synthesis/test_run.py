"""A small array with a memory macro, from Verilog to metrics; and what may go wrong on the way."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.synthesis import synthesize, yosys
from hawx_hw.technology import Technology, load
from hawx_hw.util.resources import rtl_templates
from tests import material

DESIGN = """
module element(input clk, input signed [3:0] a, w, input signed [9:0] s,
               output reg signed [3:0] a_out, output reg signed [9:0] s_out);
  always @(posedge clk) begin a_out <= a; s_out <= s + a * w; end
endmodule
module row(input clk, input signed [3:0] a, input [15:0] w, output signed [9:0] s);
  wire [19:0] along; wire [49:0] sums;
  assign along[3:0] = a; assign sums[9:0] = 0; assign s = sums[49:40];
  genvar i;
  generate for (i = 0; i < 4; i = i + 1) begin : place
    element unit(.clk(clk), .a(along[4*i+:4]), .w(w[4*i+:4]), .s(sums[10*i+:10]),
                 .a_out(along[4*i+4+:4]), .s_out(sums[10*i+10+:10]));
  end endgenerate
endmodule
module top(input clk, input [4:0] at, input signed [3:0] a, output signed [9:0] y);
  wire [15:0] w;
  hawx_rom #(.WIDTH(16), .DEPTH(24), .ADDRESS_WIDTH(5), .INIT_FILE("mem/w.hex"))
    weights(.clk(clk), .read_enable(1'b1), .read_address(at), .read_data(w));
  row cells(.clk(clk), .a(a), .w(w), .s(y));
endmodule
"""


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    design = tmp_path / "a folder with spaces" / "design.v"
    design.parent.mkdir()
    design.write_text(DESIGN)
    return [rtl_templates() / "hawx_rom.v", rtl_templates() / "hawx_sdp_ram.v", design]


def test_metrics_of_a_small_array(tmp_path: Path, sources: list[Path]) -> None:
    technology = load("generic45")
    result = synthesize(sources, "top", technology, workdir=tmp_path / "out", opensta=False)
    metrics = result.result
    modules = metrics.modules
    assert {name: kind.instances for name, kind in modules.items()} == {
        "element": 4, "row": 1, "top": 1,
    }  # fmt: skip
    # The last element's four of a_out drive nothing, but stay: its kind has them.
    assert modules["element"].sequential_cells == 14
    assert metrics.sequential_cells == 56
    assert metrics.sequential_area == pytest.approx(56 * 4.522)
    assert metrics.cells == 4 * modules["element"].cells == sum(metrics.cells_by_kind.values())
    cells = technology.library.cells
    area = sum(cells[kind].area * count for kind, count in metrics.cells_by_kind.items())
    assert metrics.area == pytest.approx(area)
    assert metrics.area == pytest.approx(4 * modules["element"].area)
    assert metrics.area == pytest.approx(metrics.sequential_area + metrics.combinational_area)
    assert [memory.as_dict() for memory in metrics.memories] == [
        {"kind": "hawx_rom", "width": 16, "depth": 24, "instances": 1, "bits": 384}
    ]
    assert metrics.memory_bits == 384
    assert metrics.technology.as_dict() == {
        "name": "generic45", "library": "generic45", "sha256": technology.digest,
    }  # fmt: skip
    timing = metrics.timing
    assert timing.module == "element"
    assert timing.opensta is None
    assert timing.with_wires is not None
    assert timing.longest_path_ns < timing.with_wires.longest_path_ns < 2 * timing.longest_path_ns
    assert timing.with_wires.error is None
    measured, model = timing.with_measured_wires, technology.measured_wires
    assert measured is not None and model is not None
    assert timing.longest_path_ns < measured.longest_path_ns < 2 * timing.longest_path_ns
    assert (measured.model, measured.error) == (model.fit.source, model.fit.error)


def test_the_netlist_holds_the_cells_that_are_counted(tmp_path: Path, sources: list[Path]) -> None:
    result = synthesize(sources, "top", load("generic45"), workdir=tmp_path, opensta=False)
    text = result.netlist.read_text()
    assert len(re.findall(r"^  DFFR? ", text, re.MULTILINE)) == 14
    assert text.count("  element ") == 4
    assert str(tmp_path) not in text
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".yosys")] == []


def test_same_sources_same_bytes(tmp_path: Path, sources: list[Path]) -> None:
    runs = [
        synthesize(sources, "top", load("generic45"), workdir=tmp_path / name, opensta=False)
        for name in ("one", "two")
    ]
    assert runs[0].result == runs[1].result
    assert runs[0].netlist.read_bytes() == runs[1].netlist.read_bytes()


def test_flat_and_hierarchical_agree_roughly(tmp_path: Path, sources: list[Path]) -> None:
    """Flat, what nobody reads and copies of a sign vanish: 4 + 2 + 1 registers and their logic."""
    areas = [
        synthesize(
            sources, "top", load("generic45"), workdir=tmp_path, flatten=flat, opensta=False
        ).result
        for flat in (False, True)
    ]
    assert list(areas[1].modules) == ["top"]
    assert 0.75 < areas[1].area / areas[0].area < 1
    assert areas[1].sequential_cells == 49


def test_one_gate_that_drives_many_gets_buffers(tmp_path: Path) -> None:
    source = tmp_path / "wide.v"
    source.write_text(
        "module top(input clk, input [1:0] s, input [399:0] d, output reg [399:0] q);\n"
        "  always @(posedge clk) if (s[0] & !s[1]) q <= d;\nendmodule\n"
    )
    technology = load("generic45")
    metrics = synthesize([source], "top", technology, workdir=tmp_path, opensta=False).result
    assert metrics.cells_by_kind["DFF"] == 400
    pin = technology.library.cells["MUX2"].pins["S"].capacitance
    alone = technology.library.cells["NOR2"].pins["ZN"].arcs[0].delays[0].at(0.0, 400 * pin)
    assert metrics.timing.longest_path_ns < alone / 4


def test_a_clock_period_is_noted(tmp_path: Path, sources: list[Path]) -> None:
    metrics = synthesize(
        sources, "top", load("generic45"), workdir=tmp_path, period_ns=0.5, opensta=False
    ).result
    assert metrics.options.period_ns == 0.5
    assert metrics.cells_by_kind["DFF"] == 56


@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
@pytest.mark.parametrize("name", ["generic45", "osu018"])
def test_opensta_agrees(tmp_path: Path, sources: list[Path], name: str) -> None:
    technology = material.technology(name)
    result = synthesize(sources, "top", technology, workdir=tmp_path, opensta=True)
    timing = result.result.timing
    # The names in both are those of netlist.v.
    assert re.search(rf" {timing.end.split('/')[-2]} \(", result.netlist.read_text())
    assert timing.opensta.longest_path_ns == pytest.approx(
        timing.longest_path_ns, rel=1e-4 if name == "generic45" else 0.02
    )


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    source = tmp_path / "broken.v"
    source.write_text("module top(input a);\n  wire = ;\nendmodule\n")
    with pytest.raises(UserError, match=r"broken\.v:2: Yosys refused the design: syntax error"):
        synthesize([source], "top", load("generic45"), workdir=tmp_path)


def test_a_missing_top_and_a_missing_module(tmp_path: Path, sources: list[Path]) -> None:
    with pytest.raises(UserError, match=r"Yosys refused the design.*other"):
        synthesize(sources, "other", load("generic45"), workdir=tmp_path)
    with pytest.raises(UserError, match=r"Yosys refused the design.*hawx_rom"):
        synthesize(sources[2:], "top", load("generic45"), workdir=tmp_path)


def test_a_missing_source(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.v: There is no such Verilog file"):
        synthesize([tmp_path / "none.v"], "top", load("generic45"), workdir=tmp_path)


def test_a_loop(tmp_path: Path) -> None:
    source = tmp_path / "loop.v"
    source.write_text(
        "module g(input a, output y); assign y = !a; endmodule\n"
        "module top(output y); wire x; g one(y, x); g two(x, y); endmodule\n"
    )
    with pytest.raises(UserError, match="combinational loop"):
        synthesize([source], "top", load("generic45"), workdir=tmp_path)


def test_a_library_without_registers(tmp_path: Path, sources: list[Path]) -> None:
    text = load("generic45").liberty.read_text()
    plain = tmp_path / "plain.lib"
    for name in ("DFF", "DFFR"):
        text = re.sub(rf"  cell \({name}\) {{.*?\n  }}\n", "", text, flags=re.DOTALL)
    plain.write_text(text)
    with pytest.raises(UserError, match="D flip-flops are not supported"):
        synthesize(sources, "top", load(str(plain)), workdir=tmp_path / "out")


def test_arguments(tmp_path: Path, sources: list[Path]) -> None:
    technology = load("generic45")
    with pytest.raises(ValueError, match=r"^period_ns must be positive, not 0$"):
        synthesize(sources, "top", technology, workdir=tmp_path, period_ns=0)
    with pytest.raises(ValueError, match=r"^sources must be at least one file"):
        synthesize([], "top", technology, workdir=tmp_path)


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path, sources: list[Path]) -> None:
    with pytest.raises(UserError, match=r"Yosys took longer than 0\.01 s"):
        synthesize(sources, "top", load("generic45"), workdir=tmp_path / "out", timeout=0.01)
    assert not (tmp_path / "out").exists()


def test_without_yosys(
    tmp_path: Path, sources: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yosys.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install pyosys"):
        synthesize(sources, "top", load("generic45"), workdir=tmp_path)


def test_the_cost_grows_with_the_kinds_of_module(tmp_path: Path, sources: list[Path]) -> None:
    """Four elements and 400: the same module, mapped once."""
    sources[2].write_text(
        DESIGN + "module many(input clk, input signed [3:0] a, input [15:0] w, output [999:0] s);\n"
        "  genvar j; generate for (j = 0; j < 100; j = j + 1) begin : rows\n"
        "    row one(.clk(clk), .a(a), .w(w), .s(s[10*j+:10]));\n  end endgenerate\nendmodule\n"
    )
    metrics = [
        synthesize(sources, top, load("generic45"), workdir=tmp_path, opensta=False).result
        for top in ("row", "many")
    ]
    assert metrics[1].modules["element"].instances == 400
    assert metrics[1].area == pytest.approx(100 * metrics[0].area)
    assert metrics[1].timing.longest_path_ns >= metrics[0].timing.longest_path_ns


def test_the_library_may_be_any_file(tmp_path: Path, sources: list[Path]) -> None:
    copy = tmp_path / "mine.lib"
    copy.write_bytes(load("generic45").liberty.read_bytes())
    own = Technology("mine", copy)
    result, expected = (
        synthesize(sources, "top", technology, workdir=tmp_path / technology.name, opensta=False)
        for technology in (own, load("generic45"))
    )
    assert result.result.technology != expected.result.technology
    # A liberty file alone does not state how long wires are.
    timing = expected.result.timing.model_copy(
        update={"with_wires": None, "with_measured_wires": None}
    )
    assert result.result == expected.result.model_copy(
        update={"technology": result.result.technology, "timing": timing}
    )


def test_yosys_is_loaded_by_the_workers_only() -> None:
    code = "import sys, hawx_hw.synthesis.run, hawx_hw.cli.main; print('pyosys' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
