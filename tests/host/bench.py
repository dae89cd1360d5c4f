"""The testbench of the tops; it runs inside the simulator, which ``simulation.py`` starts."""

from __future__ import annotations

import json
import os
import re
import select
import tty
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

PERIOD_NS = 10
FOLDER = Path(os.environ["HAWX_BENCH"])
SETTINGS: dict[str, Any] = json.loads((FOLDER / "settings.json").read_text())
BIT_NS = SETTINGS["divisor"] * PERIOD_NS


def report(**content: Any) -> None:
    """What the test of pytest gets."""
    (FOLDER / "report.json").write_text(json.dumps(content))


async def start(dut: Any) -> None:
    """The clock, a button that nobody presses, an idle line."""
    dut.reset_button.value = 1
    dut.uart_rx.value = 1
    Clock(dut.clk, PERIOD_NS, unit="ns").start()
    await Timer(2 * PERIOD_NS, "ns")


async def press(dut: Any) -> None:
    """Press the reset button for a while."""
    dut.reset_button.value = 0
    await Timer(20 * PERIOD_NS, "ns")
    dut.reset_button.value = 1


async def send_byte(dut: Any, byte: int, *, stop: int = 1) -> None:
    """A byte on the line to the board."""
    for level in (0, *(byte >> bit & 1 for bit in range(8)), stop):
        dut.uart_rx.value = level
        await Timer(BIT_NS, "ns")
    dut.uart_rx.value = 1


class Receiver:
    """Collects what the board sends."""

    def __init__(self, dut: Any):
        self.content = bytearray()
        self.busy = False
        self._dut = dut
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        tx = self._dut.uart_tx
        while True:
            await FallingEdge(tx)
            self.busy = True
            # To the middle of the start bit, and from bit to bit.
            await Timer(BIT_NS // 2, "ns")
            byte = 0
            for bit in range(8):
                await Timer(BIT_NS, "ns")
                byte |= int(tx.value) << bit
            await Timer(BIT_NS, "ns")
            self.content.append(byte)
            self.busy = False

    async def until(self, end: str, cycles: int) -> bytes:
        """What has come, once its end matches; or when so many cycles are over."""
        for _ in range(0, cycles, 40):
            if re.search(f"{end}$".encode(), self.content):
                break
            await Timer(40 * PERIOD_NS, "ns")
        content = bytes(self.content)
        self.content.clear()
        return content


@cocotb.test()
async def self_test(dut: Any) -> None:
    """After power-on, after a received byte, after the button in the middle of a text."""
    await start(dut)
    receiver = Receiver(dut)
    texts, leds = [], []
    for event in SETTINGS["events"]:
        if event != "power":
            await send_byte(dut, 0x55)
        if event == "button":
            while len(receiver.content) < 20:
                await Timer(40 * PERIOD_NS, "ns")
            await press(dut)
            await Timer(40 * PERIOD_NS, "ns")
            receiver.content.clear()
        text = await receiver.until("images: (PASS|FAIL)\r\n", SETTINGS["limit"])
        await Timer(5 * PERIOD_NS, "ns")
        texts.append(text.decode("latin-1"))
        leds.append(int(dut.led.value))
    report(texts=texts, leds=leds)


class Line:
    """The line between the board and a pseudo-terminal, whose other end a program opens.

    Simulated time passes only while something is on the line or the board is about to answer: how
    fast the program is does not matter. Faults come by the file ``faults.json``: a list of what
    happens to which byte, counted from its reading, on the way to the ``board`` or to the ``host``.
    """

    #: Bytes without an answer, after which the program is given time to go on.
    _PATIENCE = 8
    _SECONDS = 0.7

    def __init__(self, dut: Any):
        self._dut = dut
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self._receiver = Receiver(dut)
        self._faults: list[dict[str, Any]] = []
        self._counts = {"board": 0, "host": 0}
        self.port = os.ttyname(slave)

    async def run(self, stop: Path) -> None:
        """Pass bytes on until the file is there."""
        quiet = 0
        while not stop.exists():
            content = self._read()
            if content:
                quiet = 0
            for byte in content:
                await self._to_board(byte)
                await self._to_host()
            if await self._to_host() or self._receiver.busy:
                quiet = 0
            if content:
                continue
            if not int(self._dut.led.value) >> 1 & 1 and not self._receiver.busy:
                select.select([self._master], [], [], 0.02)
                continue
            quiet += 1
            if quiet == self._PATIENCE:
                select.select([self._master], [], [], self._SECONDS)
            else:
                await Timer(10 * BIT_NS, "ns")

    def _read(self) -> bytes:
        faults = FOLDER / "faults.json"
        if faults.exists():
            self._faults = json.loads(faults.read_text())
            self._counts = {"board": 0, "host": 0}
            faults.unlink()
        try:
            return os.read(self._master, 64)
        except BlockingIOError:
            return b""

    def _fault(self, side: str) -> str:
        number = self._counts[side]
        self._counts[side] += 1
        for fault in self._faults:
            if fault["to"] == side and fault["byte"] == number:
                return str(fault["do"])
        return ""

    async def _to_board(self, byte: int) -> None:
        match self._fault("board"):
            case "flip":
                await send_byte(self._dut, byte ^ 0x10)
            case "no stop":
                await send_byte(self._dut, byte, stop=0)
            case "drop":
                pass
            case "reset":
                await send_byte(self._dut, byte)
                await press(self._dut)
            case _:
                await send_byte(self._dut, byte)

    async def _to_host(self) -> bool:
        content = bytes(self._receiver.content)
        self._receiver.content.clear()
        for byte in content:
            match self._fault("host"):
                case "flip":
                    os.write(self._master, bytes([byte ^ 0x10]))
                case "drop":
                    pass
                case _:
                    os.write(self._master, bytes([byte]))
        return bool(content)


@cocotb.test()
async def serve(dut: Any) -> None:
    """The board behind a pseudo-terminal, until pytest has had enough."""
    await start(dut)
    await Timer(100 * PERIOD_NS, "ns")
    line = Line(dut)
    (FOLDER / "port.part").write_text(line.port)
    (FOLDER / "port.part").rename(FOLDER / "port")
    await line.run(FOLDER / "stop")
    report(served=True)
