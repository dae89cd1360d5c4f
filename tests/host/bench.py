"""The testbench of the tops; it runs inside the simulator, which ``simulation.py`` starts."""

from __future__ import annotations

import json
import os
import re
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
        self._dut = dut
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        tx = self._dut.uart_tx
        while True:
            await FallingEdge(tx)
            # To the middle of the start bit, and from bit to bit.
            await Timer(BIT_NS // 2, "ns")
            byte = 0
            for bit in range(8):
                await Timer(BIT_NS, "ns")
                byte |= int(tx.value) << bit
            await Timer(BIT_NS, "ns")
            self.content.append(byte)

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
