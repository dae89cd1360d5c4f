"""OpenSTA on the same activities finds the same power, on three libraries."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.errors import UserError
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.power.model import PowerModel
from hawx_hw.power.opensta import flat_verilog, opensta_power, plain_energies
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.technology import Technology, load
from hawx_hw.verification.gate_level import simulate_accelerator
from tests import material

needs_opensta = pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")

LIBERTY = """\
cell (C) {
  pin (A) {
    direction : input;
    internal_power () {
      when : "B";
      rise_power (t) { values ("2, -4"); }
    }
    internal_power () {
      rise_power (t) { values ("1.0"); }
    }
  }
  pin (Y) {
    direction : output;
    timing () { cell_rise (t) { values ("8, 8"); } }
    internal_power () {
      related_pin : "A B";
      power (t) { values ("8, 4e1"); }
    }
  }
}
"""


MAC = """\
module mac(input clk, input signed [7:0] a, input signed [7:0] b, output reg signed [19:0] sum);
  reg signed [7:0] x, y;
  always @(posedge clk) begin
    x <= a;
    y <= b;
    sum <= sum + x * y;
  end
endmodule
"""

#: No input of the design drives the multiplier or what follows it.
DEEP = """\
module deep(input clk, input take, input signed [7:0] a, output reg signed [15:0] product);
  reg signed [7:0] x, y;
  reg taken, again;
  always @(posedge clk) begin
    taken <= take;
    again <= taken;
    if (taken) x <= a;
    if (again) y <= x;
    if (again) product <= x * y;
  end
endmodule
"""


def run(technology: Technology) -> tuple[FlatNetlist, Activity]:
    (mapped,) = map_designs([({"mac.v": MAC}, "mac")], technology)
    flat = flatten(mapped.netlist)
    simulator = GateSimulator(flat, 64)
    rng = np.random.default_rng(1)
    simulator.run({port: rng.integers(-128, 128, (50, 64)) for port in "ab"})
    return flat, simulator.take()


@needs_opensta
@pytest.mark.parametrize("technology", ["generic45", "osu018", "ihp-sg13g2"])
def test_agreement(technology: str, tmp_path: Path) -> None:
    result = material.technology(technology)
    flat, activity = run(result)
    model = PowerModel(flat, result.supply)
    ours = model.energies(activity)
    theirs = opensta_power(model, activity, result, clock_mhz=result.clock_mhz, workdir=tmp_path)
    internal, switching = (
        values.sum() * result.clock_mhz / 1000 for values in (ours.internal_fj, ours.switching_fj)
    )
    leakage = ours.leakage_nw.sum() / 1000
    # IHP's library states a capacitance for each edge, which OpenSTA takes, and names the reset
    # of flip-flops as a related pin without energy: docs/power.md.
    by_edge = technology == "ihp-sg13g2"
    assert switching == pytest.approx(theirs.switching_uw, rel=0.03 if by_edge else 0.01)
    assert leakage == pytest.approx(theirs.leakage_uw, rel=0.05)
    assert internal == pytest.approx(theirs.internal_uw, rel=0.1 if by_edge else 0.05)
    assert internal + switching + leakage == pytest.approx(theirs.total_uw, rel=0.05)


@needs_opensta
def test_logic_that_only_gated_flip_flops_drive_has_power(tmp_path: Path) -> None:
    technology = load("generic45")
    (mapped,) = map_designs([({"deep.v": DEEP}, "deep")], technology, clock_gating=True)
    flat = flatten(mapped.netlist)
    simulator = GateSimulator(flat, 64)
    rng = np.random.default_rng(1)
    operands = {"a": rng.integers(-128, 128, (50, 64)), "take": rng.integers(0, 2, (50, 64))}
    simulator.run(operands)
    activity = simulator.take()
    model = PowerModel(flat, technology.supply)
    ours = model.energies(activity)
    # At 1 GHz fJ a cycle are uW.
    theirs = opensta_power(model, activity, technology, clock_mhz=1000.0, workdir=tmp_path)
    assert any(flat.library.cells[group.kind].clock_gate for group in flat.groups)
    assert ours.switching_fj.sum() == pytest.approx(theirs.switching_uw, rel=0.01)
    assert ours.internal_fj.sum() == pytest.approx(theirs.internal_uw, rel=0.05)


@needs_opensta
@pytest.mark.slow
@pytest.mark.parametrize("gated", [False, True])
def test_agreement_on_an_accelerator(gated: bool, tmp_path: Path) -> None:
    technology = load("generic45")
    graph = random_graph(np.random.default_rng(3), layers=2, max_size=5, max_channels=4)
    made = plan(graph, ArrayShape.complete(2, 3, loadable=False))
    emit_accelerator(made, tmp_path, config_hash=7)
    names = (tmp_path / "rtl" / "filelist.f").read_text().split()
    sources = {name: (tmp_path / "rtl" / name).read_text() for name in names}
    (mapped,) = map_designs([(sources, TOP)], technology, clock_gating=gated)
    flat = flatten(mapped.netlist)
    images = random_codes(np.random.default_rng(1), graph, 8)
    activity = simulate_accelerator(flat, made, tmp_path / "mem", images).total
    model = PowerModel(flat, technology.supply)
    ours = model.energies(activity)
    theirs = opensta_power(model, activity, technology, clock_mhz=1000.0, workdir=tmp_path / "sta")
    # At 1 GHz fJ a cycle are uW.
    total = ours.internal_fj.sum() + ours.switching_fj.sum() + ours.leakage_nw.sum() / 1000
    assert total == pytest.approx(theirs.total_uw, rel=0.05)


def test_energies_in_opensta_s_words() -> None:
    assert plain_energies(LIBERTY) == LIBERTY.replace('"2, -4"', '"1, -2"').replace(
        '    internal_power () {\n      rise_power (t) { values ("1.0"); }',
        '    internal_power () { when : "!B";\n      rise_power (t) { values ("0.5"); }',
    ).replace('internal_power () {\n      related', 'internal_power () { when : "1";\n      related'
    ).replace('"8, 4e1"', '"2, 10"')  # fmt: skip


def test_what_no_cell_drives_is_an_input() -> None:
    flat, _ = run(load("generic45"))
    text = flat_verilog(flat)
    head, *_ = text.splitlines()
    assert "clk" in head
    assert text.count(" c") >= flat.cells
    assert set(head[head.index("(") + 1 : -2].split(", ")) <= {
        "clk", "n0", "n1", *(f"n{net}" for port in "ab" for net in flat.ports[port][1])
    }  # fmt: skip
    odd = flat_verilog(replace(flat, ports={"a;b[0]": flat.ports["clk"]}))
    assert "\n  input \\a;b[0] ;\n" in odd
    assert "(\\a;b[0] )" in odd


def test_a_missing_program_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flat, activity = run(load("generic45"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="not installed"):
        opensta_power(
            PowerModel(flat, 1.1), activity, tmp_path / "x.lib", clock_mhz=1.0, workdir=tmp_path
        )


def test_a_clock_that_tcl_would_interpret_is_refused(tmp_path: Path) -> None:
    flat, activity = run(load("generic45"))
    with pytest.raises(UserError, match="OpenSTA cannot be given the name"):
        opensta_power(
            PowerModel(flat, 1.1),
            activity,
            tmp_path / "x.lib",
            clock_mhz=1.0,
            workdir=tmp_path,
            clock="[exit]",
        )
