"""What the flows to FPGAs have in common, with stand-ins for their tools."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named, options_model, with_options
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.fpga.flow import FpgaFlow
from hawx_hw.flows.frame import set_up
from hawx_hw.flows.registry import flow_of
from hawx_hw.util.processes import Finished
from tests.flows.golden import assert_golden

FLOWS = ("ecp5", "gowin", "ice40")
Shared = Callable[..., Build]


def options(flow: str, **given: object) -> Any:
    description = flow_named(flow)
    return with_options(description, options_model(description)(), given)


def written(flow: str, build: Build, **given: object) -> Path:
    return set_up(flow_of(flow), build, options(flow, **given), label="fpga_test")


def netlist(**counts: int) -> str:
    """A netlist of as many cells of each kind, as Yosys writes it."""
    names = [(kind, index) for kind, count in counts.items() for index in range(count)]
    cells = {
        f"{kind}_{index}": {"type": kind, "parameters": {}, "connections": {}}
        for kind, index in names
    }
    return json.dumps({"modules": {"hawx_top": {"ports": {}, "cells": cells, "netnames": {}}}})


class Tools:
    """Stands for the runner: place and route reaches ``speeds``, one after the other."""

    def __init__(
        self, folder: Path, flow: FpgaFlow, speeds: Sequence[float], cells: str = netlist(LUT4=1)
    ):
        self.folder, self.flow, self.speeds, self.cells = folder, flow, list(speeds), cells
        self.seeds: list[int] = []
        self.tools: list[str] = []

    def run(self, command: Sequence[str], *, tool: str, **rest: Any) -> Finished:
        self.tools.append(tool)
        if tool == "Yosys":
            (self.folder / "netlist.json").write_text(self.cells)
        if tool != self.flow.nextpnr:
            return Finished(0, "")
        seed, speed = int(command[command.index("--seed") + 1]), self.speeds[len(self.seeds)]
        self.seeds.append(seed)
        (self.folder / f"attempt.{self.flow.routed}").write_text(f"seed {seed}")
        (self.folder / rest["log"]).write_text("")
        report = {"fmax": {"clk": {"achieved": speed}}, "utilization": {}}
        (self.folder / "attempt.report.json").write_text(json.dumps(report))
        return Finished(1, "ERROR: Max frequency for clock")


@pytest.mark.parametrize("top", ["self-test", "host"])
@pytest.mark.parametrize("flow", FLOWS)
def test_the_folder_is_complete_and_the_same_every_time(
    flow: str, top: str, shared_build: Shared
) -> None:
    build = shared_build()
    folder = written(flow, build, top=top)
    first = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = written(flow, build, top=top)
    assert first == {path.name: path.read_bytes() for path in again.rglob("*") if path.is_file()}
    script = (folder / "synth.ys").read_text()
    read = [line.split()[-1] for line in script.splitlines() if line.startswith("read_verilog")]
    assert all((folder / source).is_file() for source in read)
    assert "rtl/hawx_top.v" in read
    assert str(folder) not in "".join(content.decode() for content in first.values())


@pytest.mark.parametrize("flow", FLOWS)
def test_files_are_as_expected(flow: str, shared_build: Shared) -> None:
    mhz = {"ecp5": 50.0, "gowin": 54.0, "ice40": 24.0}[flow]
    folder = written(flow, shared_build(), top="self-test", images=2, clock_mhz=mhz)
    pattern = {"ecp5": "pins.lpf", "gowin": "pins.cst", "ice40": "pins.pcf"}[flow]
    assert_golden(folder, flow, (pattern, "synth.ys", "rtl/hawx_clock.v", "Makefile"))


def test_loaded_parameters_are_no_memory_images(shared_build: Shared) -> None:
    folder = written("ecp5", shared_build(loadable=True), top="host")
    assert not list(folder.glob("*.hex"))
    assert not list(folder.glob("*.bin"))


def test_the_boards_own_clock_needs_no_pll(shared_build: Shared) -> None:
    folder = written("ecp5", shared_build(), clock_mhz=25.0)
    assert "EHXPLLL" not in (folder / "rtl" / "hawx_clock.v").read_text()
    folder = written("ecp5", shared_build(), clock_mhz=75.0)
    assert "EHXPLLL" in (folder / "rtl" / "hawx_clock.v").read_text()


def test_a_clock_that_the_board_cannot_make_is_refused(shared_build: Shared) -> None:
    build = shared_build()
    with pytest.raises(UserError, match=r"cannot make 31\.7 MHz of the board's 25 MHz"):
        written("ecp5", build, clock_mhz=31.7)
    with pytest.raises(UserError, match="cannot make 5,000,000 baud"):
        written("ice40", build, baud=5000000, top="host")


@pytest.mark.parametrize(
    ("speeds", "tried", "best"),
    [([60.0], [5], 5), ([40.0, 50.0], [5, 6], 6), ([40.0, 49.0, 48.0], [5, 6, 7], 6)],
)
def test_seeds_are_tried_until_one_reaches_the_clock_and_the_best_counts(
    speeds: list[float], tried: list[int], best: int, tmp_path: Path
) -> None:
    flow = flow_of("ecp5")
    assert isinstance(flow, FpgaFlow)
    tools = Tools(tmp_path, flow, speeds)
    flow.run(tmp_path, options("ecp5", seed=5, attempts=3, clock_mhz=50.0), tools)
    assert tools.seeds == tried
    assert (tmp_path / "routed.config").read_text() == f"seed {best}"
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["fmax"]["clk"]["achieved"] == max(speeds)
    assert json.loads((tmp_path / "seeds.json").read_text()) == {
        str(seed): speed for seed, speed in zip(tried, speeds, strict=True)
    }
    assert tools.tools == ["Yosys", *["nextpnr-ecp5"] * len(tried), "ecppack", "ecpunpack"]
    # Whoever takes the folder elsewhere gets the seed that counts.
    assert f"--seed {best} " in (tmp_path / "Makefile").read_text()


def test_files_of_another_seed_are_no_result(tmp_path: Path) -> None:
    class Crashing(Tools):
        def run(self, command: Sequence[str], *, tool: str, **rest: Any) -> Finished:
            if len(self.seeds) == 2 and tool == self.flow.nextpnr:
                return Finished(1, "ERROR: crashed")
            return super().run(command, tool=tool, **rest)

    flow = flow_of("ecp5")
    assert isinstance(flow, FpgaFlow)
    tools = Crashing(tmp_path, flow, [40.0, 30.0])
    with pytest.raises(FlowError, match="ended with status 1: crashed"):
        flow.run(tmp_path, options("ecp5", attempts=3, clock_mhz=50.0), tools)
    assert tools.seeds == [1, 2]


@pytest.mark.parametrize(
    ("log", "what"),
    [
        (
            "Info: \t ICESTORM_RAM:   87/   30  290%\nERROR: Unable to place cell\n",
            "the device is too small: 87 of 30 ICESTORM_RAM",
        ),
        ("ERROR: unknown option\n", "unknown option"),
        ("", "it wrote no result"),
    ],
)
def test_a_run_without_result_is_a_failure_that_says_why(
    log: str, what: str, tmp_path: Path
) -> None:
    class Failing(Tools):
        def run(self, command: Sequence[str], *, tool: str, **rest: Any) -> Finished:
            if tool == "Yosys":
                return super().run(command, tool=tool, **rest)
            assert 125 in rest["accepted"]
            return Finished(125, log)

    flow = flow_of("ice40")
    assert isinstance(flow, FpgaFlow)
    with pytest.raises(FlowError, match=f"nextpnr-ice40 ended with status 125: {what}") as error:
        flow.run(tmp_path, options("ice40"), Failing(tmp_path, flow, []))
    assert "nextpnr.log" in str(error.value)
    with pytest.raises(FlowError, match="wrote no report"):
        flow.result(tmp_path, options("ice40"))


@pytest.mark.parametrize(
    ("flow", "board", "bits"),
    [("ecp5", "ulx3s-25f", 1032192), ("ecp5", "ulx3s-85f", 3833856), ("gowin", None, 847872)],
)
def test_parameters_that_are_larger_than_the_ram_are_refused(
    flow: str, board: str | None, bits: int, shared_build: Shared
) -> None:
    build = shared_build()
    given = {"board": board} if board else {}
    flow_of(flow).check(with_memory(build, bits), options(flow, **given))
    with pytest.raises(UserError, match=f"has {bits:,} bits of RAM with initial contents") as error:
        flow_of(flow).check(with_memory(build, bits + 1), options(flow, **given))
    assert error.value.hint == "Choose a larger device, or a smaller network."


def with_memory(build: Build, bits: int) -> Build:
    """A build whose parameters are one memory of so many bits."""
    memory = build.program.memories[0].model_copy(update={"bits": bits})
    program = build.program.model_copy(update={"memories": (memory,)})
    return dataclasses.replace(build, program=program)


@pytest.mark.parametrize(
    ("flow", "board", "cells", "message"),
    [
        (
            "ecp5",
            "ulx3s-25f",
            {"DP16KD": 72, "LUT4": 3},
            "The design does not fit the LFE5U-25F of the ULX3S with an LFE5U-25F: it needs 72 "
            "block RAMs of 56, 16 too many.",
        ),
        (
            "ice40",
            "icebreaker",
            {"SB_RAM40_4K": 31, "SB_RAM40_4KNW": 1, "SB_LUT4": 5281},
            "The design does not fit the iCE40UP5K of the iCEBreaker with an iCE40UP5K: it needs "
            "5,281 look-up tables of 5,280, 1 too many; it needs 32 block RAMs of 30, 2 too many.",
        ),
        (
            "gowin",
            "tang-nano-20k",
            {"SDPB": 40, "pROM": 7},
            "The design does not fit the GW2A-18C of the Tang Nano 20K: it needs 47 block RAMs of "
            "46, 1 too many.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_placed(
    flow: str, board: str, cells: dict[str, int], message: str, tmp_path: Path
) -> None:
    own = flow_of(flow)
    assert isinstance(own, FpgaFlow)
    tools = Tools(tmp_path, own, [], netlist(**cells))
    with pytest.raises(UserError) as error:
        own.run(tmp_path, options(flow, board=board), tools)
    assert error.value.what == message
    assert error.value.hint == "Choose a larger device, or a smaller accelerator."
    assert tools.tools == ["Yosys"]


def test_a_self_test_that_is_too_large_is_refused_before_any_tool_runs(
    shared_build: Shared,
) -> None:
    """With loaded parameters its memory has them, too."""
    build = with_memory(shared_build(loadable=True), 122880 + 1048576 - 8 * 1000)
    written("ice40", build, top="host")
    with pytest.raises(
        UserError, match=r"needs a read-only memory of .* room for 1,000\."
    ) as error:
        written("ice40", build, top="self-test", images=99)
    assert "Take" in error.value.hint
