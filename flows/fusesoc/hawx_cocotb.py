"""Sends images to the accelerator, and compares every byte of its results with those expected.

For cocotb 2. ``hawx_tb.json`` has the addresses of registers and the sizes of packets; the packets
are in ``hawx_tb_images.hex``, ``hawx_tb_results.hex`` and, of an accelerator whose parameters are
loaded, ``hawx_tb_parameters.hex``.
"""

import json
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

PLAN = json.loads(Path("hawx_tb.json").read_text(encoding="utf-8"))


def packets(name, size):
    """The bytes of a file of hexadecimal numbers, as packets of ``size`` bytes."""
    data = bytes(int(word, 16) for word in Path(name).read_text(encoding="utf-8").split())
    return [data[start : start + size] for start in range(0, len(data), size)]


class Host:
    """Drives the ports of the accelerator."""

    def __init__(self, dut):
        self.dut = dut
        self.edge = RisingEdge(dut.clk)
        for name in (
            "awaddr",
            "awprot",
            "awvalid",
            "wdata",
            "wvalid",
            "araddr",
            "arprot",
            "arvalid",
        ):
            getattr(dut, f"s_axil_{name}").value = 0
        for name in ("s_axis_tdata", "s_axis_tvalid", "s_axis_tlast", "m_axis_tready"):
            getattr(dut, name).value = 0
        dut.s_axil_wstrb.value = 15
        dut.s_axil_bready.value = dut.s_axil_rready.value = 1

    async def reset(self):
        self.dut.rst.value = 1
        for _ in range(4):
            await self.edge
        self.dut.rst.value = 0

    async def write(self, register, data):
        dut = self.dut
        dut.s_axil_awaddr.value, dut.s_axil_wdata.value = PLAN["addresses"][register], data
        waiting = {"aw", "w"}
        for channel in waiting:
            getattr(dut, f"s_axil_{channel}valid").value = 1
        while waiting:
            await self.edge
            for channel in sorted(waiting):
                if getattr(dut, f"s_axil_{channel}ready").value == 1:
                    getattr(dut, f"s_axil_{channel}valid").value = 0
                    waiting.remove(channel)
        while dut.s_axil_bvalid.value != 1:
            await self.edge
        assert dut.s_axil_bresp.value == 0, f"write to {register}"

    async def read(self, register):
        dut = self.dut
        dut.s_axil_araddr.value, dut.s_axil_arvalid.value = PLAN["addresses"][register], 1
        await self.edge
        while dut.s_axil_arready.value != 1:
            await self.edge
        dut.s_axil_arvalid.value = 0
        while dut.s_axil_rvalid.value != 1:
            await self.edge
        assert dut.s_axil_rresp.value == 0, f"read of {register}"
        return int(dut.s_axil_rdata.value)

    async def send(self, packet):
        dut = self.dut
        for place, byte in enumerate(packet):
            dut.s_axis_tdata.value, dut.s_axis_tvalid.value = byte, 1
            dut.s_axis_tlast.value = int(place == len(packet) - 1)
            await self.edge
            while dut.s_axis_tready.value != 1:
                await self.edge
        dut.s_axis_tvalid.value = 0

    async def receive(self, stalls):
        dut, packet, last = self.dut, bytearray(), False
        while not last:
            dut.m_axis_tready.value = ready = int(stalls.random() < 0.75)
            await self.edge
            if ready and dut.m_axis_tvalid.value == 1:
                packet.append(int(dut.m_axis_tdata.value))
                last = dut.m_axis_tlast.value == 1
        dut.m_axis_tready.value = 0
        return bytes(packet)


@cocotb.test(timeout_time=10 * PLAN["cycles_max"], timeout_unit="ns")
async def images_give_their_results(dut):
    Clock(dut.clk, 10, unit="ns").start()
    host = Host(dut)
    await host.reset()
    assert await host.read("id") == PLAN["id"]
    assert await host.read("config_hash") == PLAN["config_hash"]
    if PLAN["parameter_bytes"]:
        await host.write("control", PLAN["masks"]["load_parameters"])
        for packet in packets("hawx_tb_parameters.hex", PLAN["parameter_bytes"]):
            await host.send(packet)
        while not await host.read("status") & PLAN["masks"]["parameters_loaded"]:
            pass
    await host.write("control", PLAN["masks"]["auto"])
    images = packets("hawx_tb_images.hex", PLAN["image_bytes"])
    expected = packets("hawx_tb_results.hex", PLAN["result_bytes"])

    async def send_all():
        for image in images:
            await host.send(image)

    sender = cocotb.start_soon(send_all())
    stalls = random.Random(0)
    for number, result in enumerate(expected):
        assert await host.receive(stalls) == result, f"image {number}"
    await sender
    assert await host.read("images_done") == PLAN["images"]
    assert await host.read("error") == 0
    dut._log.info(f"HAWX_TB PASSED images={len(images)} bytes={sum(map(len, expected))}")
