"""The accelerator with everything connected to it."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Iterator
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, SimTimeoutError, Timer, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource

from hawx_hw.verification.differences import difference_of_results
from hawx_hw.verification.job import Job

from .checkers import CheckFailure
from .host import Host
from .monitors import first_beat
from .report import Report

__all__ = ["PERIOD_NS", "Testbench", "stalls"]

PERIOD_NS = 10
#: Of the cycles that something may take at most, on top of a multiple of what it should take.
_MARGIN = 2000


def stalls(seed: int) -> Iterator[bool]:
    """Endless pauses: short and long runs of free and of stalled cycles."""
    rng = random.Random(seed)  # noqa: S311 (no secret)
    while True:
        density = rng.choice((0.1, 0.5, 0.9))
        for _ in range(rng.randrange(5, 60)):
            yield rng.random() < density


async def _pause(port: Any, seed: int) -> None:
    """Pause a port by :func:`stalls`."""
    # Away from the clock's edges, where the port looks at it.
    await Timer(1, "ns")
    for paused, cycles in itertools.groupby(stalls(seed)):
        port.pause = paused
        # A run at once: a visit to Python in each cycle takes longer than to simulate the cycle.
        await Timer(PERIOD_NS * sum(1 for _ in cycles), "ns")


class Testbench:
    """Drivers on every port, and the sequences that the scenarios are made of.

    Parameters
    ----------
    dut : handle
        The accelerator, module ``hawx_accelerator``.
    job : Job
    report : Report
    failures : list of str
        Where differences are noted.
    """

    # The state of the accelerator outlives a scenario: loading parameters takes long.
    _running = False

    def __init__(self, dut: Any, job: Job, report: Report, failures: list[str]):
        self.dut = dut
        self.job = job
        self.report = report
        self.failures = failures
        # The drivers log every frame otherwise, and warn of those that a reset cuts off.
        logging.getLogger("cocotb.hawx_accelerator").setLevel(logging.ERROR)
        self.source: Any = None
        self.sink: Any = None
        self.host: Any = None
        self.limit = 2 * job.cycles + _MARGIN
        self._pauses: list[Any] = []

    async def begin(self) -> None:
        """Start the clock; the accelerator is reset and loaded where it is not running yet."""
        dut = self.dut
        for name in ("s_axis_tvalid", "m_axis_tready", "s_axil_awvalid", "s_axil_wvalid"):
            getattr(dut, name).value = 0
        for name in ("s_axil_bready", "s_axil_arvalid", "s_axil_rready"):
            getattr(dut, name).value = 0
        fresh = not Testbench._running
        dut.rst.value = fresh
        Clock(dut.clk, PERIOD_NS, unit="ns").start()
        await self.cycles(3)
        dut.rst.value = 0
        await self.cycles(2)
        # The drivers take no undefined value: they come when the accelerator's outputs are defined.
        self.source = AxiStreamSource(
            AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst, reset_active_level=True
        )
        self.sink = AxiStreamSink(
            AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst, reset_active_level=True
        )
        self.host = Host(dut, self.job.registers)
        await self.cycles(2)
        if fresh:
            await self.load_parameters()
            Testbench._running = True

    async def end(self) -> None:
        """Leave the accelerator idle, as the next scenario expects it."""
        self.clear_stalls()
        await self.host.write("control", 0)
        await self.host.write("irq_enable", 0)
        await self.host.write("error", 0xFFFFFFFF)
        await self.host.write("status", 0xFFFFFFFF)
        await self.cycles(5)
        left = await self.host.read_fields("status") - {"parameters_loaded"}
        if left:
            raise CheckFailure(f"STATUS has {', '.join(sorted(left))} set when all is done")
        if not self.sink.empty():
            raise CheckFailure("A result came that no image was sent for")

    @classmethod
    def abandon(cls) -> None:
        """The accelerator's state is unknown: the next scenario resets it."""
        cls._running = False

    async def cycles(self, count: int) -> None:
        """Wait for ``count`` clock cycles."""
        if count > 1:
            # To shortly after the last edge but one, without a visit to Python at each of them.
            await Timer((count - 1) * PERIOD_NS + 1, "ns")
        if count > 0:
            await RisingEdge(self.dut.clk)

    async def reset(self) -> None:
        """Pulse the reset."""
        Testbench._running = False
        self.dut.rst.value = 1
        await self.cycles(3)
        self.dut.rst.value = 0
        await self.cycles(2)

    async def load_parameters(self) -> None:
        """Send the parameter packet, where there is one."""
        if not self.job.parameters:
            return
        await self.send_parameters(self.job.parameters)
        if "parameters_loaded" not in await self.host.read_fields("status"):
            raise CheckFailure("The parameters were sent, but STATUS.PARAMETERS_LOADED is not set")

    async def send_parameters(self, packet: bytes) -> None:
        """Send a packet that is announced as parameters, to its end."""
        await self.host.write_fields("control", "load_parameters")
        await self.send_packet(packet)

    async def send_packet(self, packet: bytes) -> None:
        """Send a packet, to the cycle after its last byte."""
        await self.source.send(packet)
        limit = 4 * len(packet) + self.limit
        try:
            await with_timeout(self.source.wait(), limit * PERIOD_NS, "ns")
        except SimTimeoutError:
            raise CheckFailure(f"A packet was not taken within {limit} cycles") from None
        await self.cycles(3)

    async def send_image(self, index: int) -> int:
        """Hand an image to the source; returns the time of its first byte, in picoseconds."""
        beat = cocotb.start_soon(
            first_beat(self.dut.clk, self.dut.s_axis_tvalid, self.dut.s_axis_tready)
        )
        self.source.send_nowait(self.job.images[index].tobytes())
        try:
            return int(await with_timeout(beat, self.limit * PERIOD_NS, "ns"))
        except SimTimeoutError:
            raise self._lost(index, f"no byte was taken within {self.limit} cycles") from None

    async def check_result(self, index: int, *, slowdown: int = 1) -> int:
        """Receive the result of an image and compare it; returns the time of its last byte."""
        limit = slowdown * self.limit
        try:
            frame = await with_timeout(self.sink.recv(), limit * PERIOD_NS, "ns")
        except SimTimeoutError:
            raise self._lost(index, f"no result within {limit} cycles") from None
        difference = difference_of_results(self.job, index, bytes(frame.tdata))
        if difference:
            self.failures.append(difference)
        self.report.compared(index, equal=difference is None)
        return int(frame.sim_time_end)

    def _lost(self, index: int, what: str) -> CheckFailure:
        self.report.lost(index)
        return CheckFailure(f"Image {self.job.first_image + index}: {what}")

    async def run_image(self, index: int) -> int:
        """Send an image and compare its result; returns the cycles from first byte to last."""
        first = await self.send_image(index)
        last = await self.check_result(index)
        return (last - first) // (1000 * PERIOD_NS) + 1

    async def expect_fields(self, register: str, *fields: str) -> None:
        """Note a failure where other one-bit fields of a register are set than ``fields``."""
        observed = await self.host.read_fields(register)
        if observed != set(fields):
            self.failures.append(
                f"{register.upper()} has {_listed(observed)} set, not {_listed(set(fields))}"
            )

    async def expect(self, register: str, value: int, index: int = 0) -> None:
        """Note a failure where a register does not read ``value``."""
        observed = await self.host.read(register, index)
        if observed != value:
            where = f"[{index}]" if self.job.registers[register].count > 1 else ""
            self.failures.append(f"{register.upper()}{where} reads {observed:#x}, not {value:#x}")

    def stall(self, seed: int) -> None:
        """Pause every port at random."""
        ports = [self.source, self.sink, *self.host.channels]
        for number, port in enumerate(ports):
            self._pauses.append(cocotb.start_soon(_pause(port, seed * len(ports) + number)))

    def clear_stalls(self) -> None:
        """Let every port run freely."""
        for task in self._pauses:
            task.cancel()
        self._pauses.clear()
        for port in (self.source, self.sink, *self.host.channels):
            port.pause = False


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(name.upper() for name in names)) or "nothing"
