"""AXI4-Lite in front of a register bus."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["AxiLiteBridge", "AxiLiteSignature", "RegisterBusSignature"]

_OKAY, _SLVERR = 0, 2


class AxiLiteSignature(wiring.Signature):
    """AXI4-Lite with 32-bit data, seen from the manager.

    Parameters
    ----------
    address_width : int
        Bits of the byte addresses, >= 3.
    """

    def __init__(self, address_width: int):
        if address_width < 3:
            raise ValueError(f"AXI4-Lite address width must be at least 3, not {address_width!r}")
        self._address_width = address_width
        super().__init__(
            {
                "awaddr": Out(address_width),
                "awprot": Out(3),
                "awvalid": Out(1),
                "awready": In(1),
                "wdata": Out(32),
                "wstrb": Out(4),
                "wvalid": Out(1),
                "wready": In(1),
                "bresp": In(2),
                "bvalid": In(1),
                "bready": Out(1),
                "araddr": Out(address_width),
                "arprot": Out(3),
                "arvalid": Out(1),
                "arready": In(1),
                "rdata": In(32),
                "rresp": In(2),
                "rvalid": In(1),
                "rready": Out(1),
            }
        )

    @property
    def address_width(self) -> int:
        """Bits of the byte addresses."""
        return self._address_width

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AxiLiteSignature) and self._address_width == other._address_width

    def __hash__(self) -> int:
        return hash(self._address_width)

    def __repr__(self) -> str:
        return f"AxiLiteSignature({self._address_width})"


class RegisterBusSignature(wiring.Signature):
    """Single reads and writes of 32-bit registers, seen from who asks.

    Parameters
    ----------
    address_width : int
        Bits of the word addresses.

    Members
    -------
    write : Out(1)
        Write ``write_data`` now, the bytes named by ``write_strobe``.
    write_error : In(1)
        In the same cycle: nothing can be written at ``write_address``.
    read : Out(1)
        Read at ``read_address`` now.
    read_data, read_error : In
        In the cycle after ``read`` and until the next: the word, or that there is none.
    """

    def __init__(self, address_width: int):
        self._address_width = address_width
        super().__init__(
            {
                "write": Out(1),
                "write_address": Out(address_width),
                "write_data": Out(32),
                "write_strobe": Out(4),
                "write_error": In(1),
                "read": Out(1),
                "read_address": Out(address_width),
                "read_data": In(32),
                "read_error": In(1),
            }
        )

    @property
    def address_width(self) -> int:
        """Bits of the word addresses."""
        return self._address_width

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RegisterBusSignature) and self._address_width == other._address_width
        )

    def __hash__(self) -> int:
        return hash(self._address_width)

    def __repr__(self) -> str:
        return f"RegisterBusSignature({self._address_width})"


class AxiLiteBridge(wiring.Component):
    """AXI4-Lite subordinate that turns transactions into single register accesses.

    The five channels are independent: address and data of a write come in either order, and reads
    and writes do not wait for each other. One write and one read are outstanding at a time. The low
    two address bits and the protection bits are ignored. Errors are answered with SLVERR.

    **Latency**: a read is answered :attr:`READ_LATENCY` after its address was accepted; a write is
    carried out :attr:`WRITE_LATENCY` after the later of its address and data was accepted, and
    answered :attr:`ANSWER_LATENCY` after that.

    Parameters
    ----------
    address_width : int
        Bits of the byte addresses, >= 3.

    Attributes
    ----------
    axi : In(AxiLiteSignature)
    registers : Out(RegisterBusSignature)
    """

    #: Cycles from the acceptance of a read's address to its answer.
    READ_LATENCY = 1
    #: Cycles from the acceptance of a write's address and data to the write of the register.
    WRITE_LATENCY = 1
    #: Cycles from the write of the register to the answer.
    ANSWER_LATENCY = 1

    def __init__(self, address_width: int):
        super().__init__(
            {
                "axi": In(AxiLiteSignature(address_width)),
                "registers": Out(RegisterBusSignature(address_width - 2)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        axi, registers = self.axi, self.registers

        have_address = Signal()
        have_data = Signal()
        m.d.comb += [
            axi.awready.eq(~have_address),
            axi.wready.eq(~have_data),
            registers.write.eq(have_address & have_data & ~axi.bvalid),
        ]
        with m.If(axi.awvalid & axi.awready):
            m.d.sync += [have_address.eq(1), registers.write_address.eq(axi.awaddr[2:])]
        with m.If(axi.wvalid & axi.wready):
            m.d.sync += [
                have_data.eq(1),
                registers.write_data.eq(axi.wdata),
                registers.write_strobe.eq(axi.wstrb),
            ]
        with m.If(registers.write):
            m.d.sync += axi.bvalid.eq(1)
            with m.If(registers.write_error):
                m.d.sync += axi.bresp.eq(_SLVERR)
            with m.Else():
                m.d.sync += axi.bresp.eq(_OKAY)
        with m.If(axi.bvalid & axi.bready):
            m.d.sync += [axi.bvalid.eq(0), have_address.eq(0), have_data.eq(0)]

        m.d.comb += [
            axi.arready.eq(~axi.rvalid),
            registers.read.eq(axi.arvalid & axi.arready),
            registers.read_address.eq(axi.araddr[2:]),
            axi.rdata.eq(registers.read_data),
        ]
        with m.If(registers.read_error):
            m.d.comb += axi.rresp.eq(_SLVERR)
        with m.If(registers.read):
            m.d.sync += axi.rvalid.eq(1)
        with m.Elif(axi.rready):
            m.d.sync += axi.rvalid.eq(0)
        return m
