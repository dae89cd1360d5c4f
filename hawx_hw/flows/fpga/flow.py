"""A flow to a bitstream: Yosys, nextpnr and the family's packer, on a board, with a top."""

from __future__ import annotations

import abc
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.flows.base import FlowError
from hawx_hw.flows.fpga.boards import Board, board_named
from hawx_hw.flows.fpga.cells import CELLS
from hawx_hw.flows.fpga.clocks import Pll
from hawx_hw.flows.fpga.memories import check_contents, check_writable, read_only_memories
from hawx_hw.flows.fpga.netlist import Netlist
from hawx_hw.flows.fpga.pins import check_pins
from hawx_hw.flows.fpga.report import clocks, error_in, exceeded, read_report, resources, speed
from hawx_hw.flows.fpga.supplies import Supply, shortages
from hawx_hw.flows.fpga.wasm import tool_command, tool_variables
from hawx_hw.flows.fpga.yosys import script_command
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.templates import write_template
from hawx_hw.host import tops
from hawx_hw.util.files import read_text, write_json

if TYPE_CHECKING:
    from hawx_hw.flows.base import Build
    from hawx_hw.flows.runner import Runner

__all__ = ["FpgaFlow"]

#: Files of a flow's folder.
NETLIST, HIERARCHY, UNMAPPED = "netlist.json", "hierarchy.json", "unmapped.json"
WRITABLE, REPORT, SEEDS = "writable.txt", "report.json", "seeds.json"
_YOSYS_LOG, NEXTPNR_LOG = "yosys.log", "nextpnr.log"
#: nextpnr's, where what it wrote decides: success, an error or a missed clock, no room.
_STATUSES = (0, 1, 125)
#: Memories of as many bits may become logic.
_LOGIC_BITS = 4096


class FpgaFlow(abc.ABC):
    """What the flows of all families have in common.

    Parameters
    ----------
    name : str
        Of the flow, and of its folder.
    package : str
        The package of Python with the family's nextpnr.
    nextpnr : str
        The tool in it.
    constraints : str
        Name of the file with the pins.
    routed, bitstream : str
        Names of nextpnr's result, and of the packer's.
    block_words : int
        Memories with a write port and at most as many words are asked to be in block RAM, which
        Yosys would make flip-flops of where the device has no distributed RAM; 0 asks for nothing.
    """

    name: str
    package: str
    nextpnr: str
    constraints: str
    routed: str
    bitstream: str
    block_words: int = 0

    # ---- What a family defines.

    @abc.abstractmethod
    def pll(self, board: Board, mhz: float) -> Pll:
        """Settings of the PLL that makes ``mhz`` of the board's clock."""

    @abc.abstractmethod
    def synthesis(self, options: Any) -> str:
        """Yosys's command without its top."""

    @abc.abstractmethod
    def place_and_route(self, board: Board, mhz: float, routed: str) -> Sequence[str]:
        """Arguments of nextpnr that name the device, the pins, the clock, and the result."""

    @abc.abstractmethod
    def packing(self, board: Board) -> Sequence[Sequence[str]]:
        """Commands that make the bitstream of nextpnr's result: a tool and its arguments each."""

    def packer_command(self, tool: str, *arguments: str) -> list[str]:
        """How a tool of :meth:`packing` is run."""
        return tool_command(self.package, tool, *arguments)

    @abc.abstractmethod
    def ram_bits(self, board: Board, *, loadable: bool) -> int:
        """Bits of RAM that the device has for parameters."""

    @abc.abstractmethod
    def bitstream_checks(self, folder: Path, board: Board, netlist: Netlist) -> Sequence[Check]:
        """Checks of the bitstream, which is there."""

    @abc.abstractmethod
    def placed(self, folder: Path) -> Mapping[str, str]:
        """The site of every port of the top, bit by bit, as nextpnr has placed it."""

    def sites(self, board: Board) -> Mapping[str, str] | None:
        """The site of every pin of the board's package; None where only nextpnr has them."""
        return None

    @abc.abstractmethod
    def cells(self, board: Board) -> Sequence[Supply]:
        """What the device has of the cells that synthesis chooses."""

    def versions(self) -> Mapping[str, str]:
        """Versions of the family's tools."""
        return {self.nextpnr: metadata.version(self.package)}

    def notes(self, options: Any) -> Sequence[str]:
        """What a reader must know about the results of this family."""
        return ()

    # ---- The flow.

    def check(self, build: Build, options: Any) -> None:
        """Refuse a clock that the board cannot make, and parameters that the device cannot have."""
        self._top_board(options)
        board, loadable = board_named(self.name, options.board), build.program.loadable
        bits = _parameter_bits(build)
        room = self.ram_bits(board, loadable=loadable)
        if bits > room:
            other = self.ram_bits(board, loadable=True)
            load = f"set accelerator.parameters to loaded, with room for {other:,}, or "
            raise UserError(
                f"The parameters have {bits:,} bits, and the device of the {board.title} has "
                f"{room:,} bits of {'RAM' if loadable else 'RAM with initial contents'}.",
                where=f"flows.{self.name}.board",
                hint=f"Choose a larger device, {load if other > room else 'or '}a smaller network.",
            )

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write the accelerator, its top, the pins, and the script of Yosys."""
        board, top_board = board_named(self.name, options.board), self._top_board(options)
        names = build.copy_rtl(folder)
        plan = build.plan()
        if not plan.loadable:
            build.copy_memories(folder)
        codes = np.zeros((0,), np.int8)
        if options.top == "self-test":
            codes, _ = build.images(options.images)
        top = tops.write_top(
            options.top, plan, codes, top_board, folder, rom_bytes=self._rom_bytes(build, board)
        )
        if self._has_pll(board, options):
            pll = self.pll(board, options.clock_mhz)
            values = {"pll": pll, "board_mhz": board.clock_mhz, "device": board.device}
            write_template(folder / "rtl" / tops.CLOCK_FILE, self.name, "hawx_clock.v.j2", **values)
        self._write_makefile(folder, board, options, options.seed)
        write_template(
            folder / self.constraints, self.name, f"{self.constraints}.j2",
            ports=board.constraints(), clock_mhz=board.clock_mhz, board=board,
        )  # fmt: skip
        write_template(
            folder / "synth.ys", "common", "fpga_synth.ys.j2",
            sources=[f"rtl/{name}" for name in (*names, *top.sources)], top=top.name,
            synthesis=self.synthesis(options), block_words=self.block_words,
            hierarchy=HIERARCHY, unmapped=UNMAPPED, writable=WRITABLE, netlist=NETLIST,
        )  # fmt: skip

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Synthesize, place and route with one seed after the other, pack."""
        board = board_named(self.name, options.board)
        variables = tool_variables()
        runner.run(script_command("synth.ys"), tool="Yosys", log=_YOSYS_LOG, variables=variables)
        self._refuse_too_large(folder, board)
        speeds: dict[int, float] = {}
        target = self._design_mhz(board, options)
        for seed in range(options.seed, options.seed + options.attempts):
            speeds[seed] = self._attempt(folder, board, target, seed, runner)
            if speeds[seed] > max((speeds[other] for other in speeds if other != seed), default=-1):
                for name in (self.routed, REPORT, NEXTPNR_LOG):
                    (folder / f"attempt.{name}").replace(folder / name)
            if speeds[seed] >= target:
                break
        write_json(folder / SEEDS, {str(seed): mhz for seed, mhz in speeds.items()})
        self._write_makefile(folder, board, options, max(speeds, key=lambda seed: speeds[seed]))
        for tool, *arguments in self.packing(board):
            command = self.packer_command(tool, *arguments)
            runner.run(command, tool=tool, variables=variables)

    def _attempt(self, folder: Path, board: Board, mhz: float, seed: int, runner: Runner) -> float:
        """Place and route with a seed into files ``attempt.*``; the lowest clock frequency."""
        arguments = [
            *("--json", NETLIST, "--report", f"attempt.{REPORT}", "--seed", str(seed)),
            *self.place_and_route(board, mhz, f"attempt.{self.routed}"),
        ]
        log = f"attempt.{NEXTPNR_LOG}"
        for name in (self.routed, REPORT):
            # What another seed left is no result of this one.
            (folder / f"attempt.{name}").unlink(missing_ok=True)
        done = runner.run(
            tool_command(self.package, self.nextpnr, *arguments),
            # Where a clock is missed it ends with status 1, too, and has written everything.
            tool=self.nextpnr, log=log, accepted=_STATUSES, variables=tool_variables(),
        )  # fmt: skip
        report = read_report(folder / f"attempt.{REPORT}")
        if report is None or not (folder / f"attempt.{self.routed}").is_file():
            lacking = exceeded(done.output)
            what = f"the device is too small: {', '.join(lacking)}" if lacking else ""
            reason = what or error_in(done.output) or "it wrote no result"
            raise FlowError(f"{self.nextpnr} {done.ending}: {reason} (log: {folder / log})")
        return speed(report)

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Utilization and clocks as nextpnr reports them; checks of memories, pins, bitstream."""
        board = board_named(self.name, options.board)
        report = read_report(folder / REPORT)
        if report is None:
            raise FlowError(f"{self.nextpnr} wrote no report ({folder / REPORT}).")
        netlist = Netlist.read(folder / NETLIST, tops.TOP)
        required = self._design_mhz(board, options)
        seeds = {int(seed): mhz for seed, mhz in _read_json(folder / SEEDS).items()}
        reached = clocks(report, required)
        return FlowReport(
            target=f"{board.device} {board.package} of the {board.title}",
            versions={"Yosys": metadata.version("pyosys"), **self.versions()},
            resources=resources(report),
            clocks=reached,
            numbers={
                "clock of the board, MHz": board.clock_mhz,
                "seeds tried": float(len(seeds)),
                "seed": float(max(sorted(seeds), key=lambda seed: seeds[seed])),
            },
            checks=(
                Check(
                    name="the clock was analyzed",
                    passed=bool(reached),
                    detail=f"{len(reached)} clocks",
                ),
                check_pins(
                    netlist.port_bits(), board.constraints(), self.placed(folder), self.sites(board)
                ),
                *self._memory_checks(folder, netlist),
                *self._check_bitstream(folder, board, netlist),
            ),
            files=(self.bitstream,),
            notes=(
                *self.notes(options),
                *board.notes,
                f"Load it with: {board.program} {self.bitstream}",
            ),
        )

    # ---- Parts.

    def _write_makefile(self, folder: Path, board: Board, options: Any, seed: int) -> None:
        """The same commands for installed tools, for a user who takes the folder elsewhere."""
        arguments = self.place_and_route(board, self._design_mhz(board, options), self.routed)
        write_template(
            folder / "Makefile", "common", "fpga_Makefile.j2",
            flow=self, board=board, packing=self.packing(board), seed=seed,
            arguments=arguments, netlist=NETLIST, report=REPORT,
        )  # fmt: skip

    def _rom_bytes(self, build: Build, board: Board) -> int:
        """Room for the read-only memory of a self-test, beside the parameters."""
        initialized, loadable = self.ram_bits(board, loadable=False), build.program.loadable
        left = self.ram_bits(board, loadable=loadable) - _parameter_bits(build)
        return max(min(initialized, left), _LOGIC_BITS) // 8

    def _refuse_too_large(self, folder: Path, board: Board) -> None:
        """Refuse what the device has too little of, before it is placed in vain.

        Raises
        ------
        UserError
            Naming each kind, and by how much.
        """
        counts = Counter(cell.kind for cell in Netlist.read(folder / NETLIST, tops.TOP).cells)
        lacking = shortages(counts, self.cells(board))
        if lacking:
            raise UserError(
                f"The design does not fit the {board.device} of the {board.title}: "
                f"{'; '.join(lacking)}.",
                where=f"flows.{self.name}.board",
                hint="Choose a larger device, or a smaller accelerator.",
            )

    def _has_pll(self, board: Board, options: Any) -> bool:
        return options.clock_mhz is not None and options.clock_mhz != board.clock_mhz

    def _design_mhz(self, board: Board, options: Any) -> float:
        """Frequency of the design's clock."""
        if self._has_pll(board, options):
            return self.pll(board, options.clock_mhz).mhz
        return board.clock_mhz

    def _top_board(self, options: Any) -> tops.Board:
        board = board_named(self.name, options.board)
        return tops.Board(
            clock_mhz=self._design_mhz(board, options),
            baud=options.baud,
            leds=len(board.leds.pins),
            leds_active_low=board.leds.active_low,
            button_active_low=board.pins["reset_button"].active_low,
        )

    def _memory_checks(self, folder: Path, netlist: Netlist) -> list[Check]:
        log = read_text(folder / _YOSYS_LOG)
        contents = check_contents(
            netlist,
            Netlist.read(folder / UNMAPPED, tops.TOP),
            read_only_memories(folder / HIERARCHY, tops.TOP),
            folder, log, CELLS[self.name],
        )  # fmt: skip
        return [contents, check_writable(read_text(folder / WRITABLE), log)]

    def _check_bitstream(self, folder: Path, board: Board, netlist: Netlist) -> Sequence[Check]:
        path = folder / self.bitstream
        size = path.stat().st_size if path.is_file() else 0
        there = Check(name="there is a bitstream", passed=size > 0, detail=f"{size:,} bytes")
        return [there, *(self.bitstream_checks(folder, board, netlist) if size else ())]


def _parameter_bits(build: Build) -> int:
    """Bits of the parameters' memories, without those that may become logic."""
    return sum(memory.bits for memory in build.program.memories if memory.bits > _LOGIC_BITS)


def _read_json(path: Path) -> Mapping[str, float]:
    content: Mapping[str, float] = json.loads(read_text(path))
    return content
