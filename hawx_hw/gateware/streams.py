"""Signatures of the byte streams at the accelerator's edge."""

from __future__ import annotations

from amaranth.lib import data, stream

__all__ = ["PACKET_BYTE", "packet_signature"]

#: One beat of a packet: a byte, and whether it is the packet's last.
PACKET_BYTE = data.StructLayout({"data": 8, "last": 1})


def packet_signature() -> stream.Signature:
    """A stream of packets, one byte a beat (AXI4-Stream with TDATA and TLAST), seen from its
    source."""
    return stream.Signature(PACKET_BYTE)
