"""Drives the registers as software would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from hawx_hw.verification.job import RegisterEntry

from .checkers import CheckFailure

__all__ = ["Host"]


class Host:
    """Reads and writes registers by name over AXI4-Lite.

    Parameters
    ----------
    dut : handle
        The accelerator.
    registers : mapping of str to RegisterEntry
    """

    def __init__(self, dut: Any, registers: Mapping[str, RegisterEntry]):
        bus = AxiLiteBus.from_prefix(dut, "s_axil")
        self.master = AxiLiteMaster(bus, dut.clk, dut.rst, reset_active_level=True)
        self.registers = registers

    @property
    def channels(self) -> list[Any]:
        """The five channels, which can be paused."""
        write, read = self.master.write_if, self.master.read_if
        return [
            write.aw_channel,
            write.w_channel,
            write.b_channel,
            read.ar_channel,
            read.r_channel,
        ]

    async def read(self, name: str, index: int = 0) -> int:
        """Value of a register, or of word ``index`` of a window."""
        answer = await self.master.read(self.registers[name].address + 4 * index, 4)
        if answer.resp != AxiResp.OKAY:
            raise CheckFailure(f"Reading register {name.upper()} was answered {answer.resp!r}")
        return int.from_bytes(answer.data, "little")

    async def write(self, name: str, value: int) -> None:
        """Set a whole register."""
        answer = await self.master.write(self.registers[name].address, value.to_bytes(4, "little"))
        if answer.resp != AxiResp.OKAY:
            raise CheckFailure(f"Writing register {name.upper()} was answered {answer.resp!r}")

    async def read_fields(self, name: str) -> set[str]:
        """Names of the one-bit fields that are set."""
        value = await self.read(name)
        return {field for field, mask in self.registers[name].fields.items() if value & mask}

    async def write_fields(self, name: str, *fields: str) -> None:
        """Set a register to ones in ``fields``, zeros elsewhere."""
        masks = self.registers[name].fields
        await self.write(name, sum(masks[field] for field in fields))

    async def response_to_read(self, address: int) -> int:
        """How a read of any address is answered."""
        return int((await self.master.read(address, 4)).resp)

    async def response_to_write(self, address: int, content: bytes) -> int:
        """How a write to any address is answered; fewer than four bytes set strobes."""
        return int((await self.master.write(address, content)).resp)
