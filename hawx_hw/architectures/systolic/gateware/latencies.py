"""Latencies of the systolic core, added up from those that its units declare.

The core takes the lengths of its delay lines from here, and the cycle model
(:mod:`hawx_hw.architectures.systolic.cycles`) the times between its events; all are cycles. *Issue*
is the cycle in which the tile issuer's ``fetch`` is valid.
"""

from __future__ import annotations

from hawx_hw.architectures.systolic.gateware.accumulator_readout import AccumulatorReadout
from hawx_hw.architectures.systolic.gateware.array_slice import ArraySlice
from hawx_hw.architectures.systolic.gateware.post_processor import PostProcessor
from hawx_hw.architectures.systolic.gateware.row_feeder import RowFeeder
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.memories import SimpleDualPortRam

__all__ = [
    "issue_to_accumulate",
    "issue_to_read",
    "issue_to_stream",
    "load_to_weights",
    "read_to_store",
    "stream_to_store",
]


def issue_to_accumulate(array: ArrayShape) -> int:
    """From the issue of a pixel to its ``accumulate`` at the first slice."""
    return RowFeeder.LATENCY + ArraySlice.sum_latency(array) - ArraySlice.ACCUMULATE_LEAD


def issue_to_read(array: ArrayShape) -> int:
    """From the issue of an output tile's last pixel to the first read of its sums."""
    filled = issue_to_accumulate(array) + array.slices * ArraySlice.LATENCY
    return filled + AccumulatorReadout.LATENCY


def read_to_store() -> int:
    """From the read of a window's last sum to the store of its code."""
    return ArraySlice.READ_LATENCY + PostProcessor.LATENCY


def issue_to_stream() -> int:
    """From the issue of a streamed code to its arrival at the post-processor."""
    return RowFeeder.READ_LATENCY + SimpleDualPortRam.LATENCY


def stream_to_store() -> int:
    """From the issue of a window's last streamed code to the store of its code."""
    return issue_to_stream() + PostProcessor.LATENCY


def load_to_weights() -> int:
    """From the issue of a tile's first word to its weights at the first row of the first slice.

    The first word may be issued in the cycle in which the tile before is taken, whose weights are
    swapped in ``RowFeeder.SWAP_LATENCY`` later: no earlier may the next ones be loaded.
    """
    return RowFeeder.SWAP_LATENCY
