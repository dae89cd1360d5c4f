"""How the stream memory holds streams: what a walk needs, so that each of its steps is one sum.

A :class:`~hawx_hw.architectures.simt.descriptors.Stream` has the step of each loop from the loop's
own start. The walk keeps few starts: here the step of a loop is the way from the last place of the
loops within it to its own next place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.packed_words import PackedFormat
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["FIELDS", "StreamFormat"]

#: Fields of a word, the first at bit 0, with their meaning.
FIELDS: Mapping[str, str] = {
    "taps": "taps of a run, less one",
    "words": "words of a run, less one",
    "run": "cycles of a run, less one",
    "across": "elements of a window along x, less one",
    "down": "elements of a window along y, less one",
    "kernel_x": "positions of the kernel along x, less one",
    "kernel_y": "positions of the kernel along y, less one",
    "blocks": "blocks of channels, less one",
    "across_first": "the innermost loop of several turns, beats apart, is that of elements across",
    "down_first": "it is that of elements down",
    "kernel_x_first": "it is that of positions along x",
    "kernel_y_first": "it is that of positions along y",
    "blocks_first": "it is that of blocks",
    "short": "with one beat, the walk has a single cycle",
    "across_step": "address from one element to the next",
    "beat_step": "address from a beat's last element across to the next beat",
    "down_step": "address from one row of elements to the next",
    "kernel_x_step": "address from one position to the next along x",
    "kernel_y_step": "address from a row's last position to the next row",
    "block_step": "address from a block's last position to the next block",
    "word_step": "address from one word of a run to the next",
    "group_step": "address from one pixel group to the next",
    "tap_step": "address from one tap to the next",
    "reach": "address from the first tap of a run to its last",
    "across_x": "x from one element to the next",
    "beat_x": "x from a beat's last element across to the next beat",
    "kernel_x_x": "x from one position to the next",
    "kernel_y_x": "x from a row's last position to the next row or block",
    "group_x": "x from one pixel group to the next",
    "tap_x": "x from one tap to the next",
    "beat_y": "y from one beat to the next",
    "down_y": "y from one row of elements to the next",
    "kernel_y_y": "y from one row of positions to the next",
    "block_y": "y from a block's last row to the next block",
    "beat_number": "registers from a beat's last element across to the next beat",
    "window": "registers of a beat, less one",
    "width": "of the map; 0: no edge",
    "height": "of the map; 0: no edge",
    "pad": "code beyond the map",
    "selection": "which blocks count",
    "groups": "index of the number of pixel groups",
    "cause": "why the unit does not serve the stream; 0: it does",
}


def _values(stream: Stream, unit: Unit) -> dict[str, int]:
    """The value of each field; of those that play no part, 0."""
    s = stream
    address = unit.address
    across, last_x, last_y = s.across - 1, s.kernel_x - 1, s.kernel_y - 1
    values = {
        "taps": s.taps - 1,
        "words": s.words - 1,
        "run": s.run - 1,
        "across": across,
        "down": s.down - 1,
        "kernel_x": last_x,
        "kernel_y": last_y,
        "blocks": s.blocks - 1,
        "across_step": address(s.across_step) if across else 0,
        "beat_step": address(s.beat_step - across * s.across_step),
        "down_step": address(s.down_step) if s.down > 1 else 0,
        "kernel_x_step": address(s.kernel_x_step) if last_x else 0,
        "kernel_y_step": address(s.kernel_y_step - last_x * s.kernel_x_step) if last_y else 0,
        "block_step": address(s.block_step - last_y * s.kernel_y_step - last_x * s.kernel_x_step)
        if s.blocks > 1
        else 0,
        "word_step": address(s.word_step) if s.words > 1 else 0,
        "group_step": address(s.group_step) if s.groups > 1 else 0,
        "tap_step": address(s.tap_step) if s.taps > 1 else 0,
        "reach": address((s.taps - 1) * s.tap_step),
        "beat_number": s.window - across,
        "window": s.window - 1,
        "width": s.width,
        "height": s.height,
        "pad": s.pad if s.width or s.height else 0,
        "selection": s.selection,
        "groups": unit.groups.index(s.groups) if s.groups in unit.groups else 0,
        "cause": _cause(stream, unit),
    }
    x = {
        "across_x": s.across_x if across else 0,
        "beat_x": s.beat_x - across * s.across_x,
        "kernel_x_x": s.kernel_x_x if last_x else 0,
        "kernel_y_x": -last_x * s.kernel_x_x if last_y or s.blocks > 1 else 0,
        "group_x": s.group_x if s.groups > 1 else 0,
        "tap_x": s.tap_x if s.taps > 1 else 0,
    }
    y = {
        "beat_y": s.beat_y,
        "down_y": s.down_y if s.down > 1 else 0,
        "kernel_y_y": s.kernel_y_y if last_y else 0,
        "block_y": -last_y * s.kernel_y_y if s.blocks > 1 else 0,
    }
    # Without an edge nobody looks at a coordinate.
    innermost = next(
        (n for n in ("across", "down", "kernel_x", "kernel_y", "blocks") if values[n]), ""
    )
    if innermost:
        values[f"{innermost}_first"] = 1
    values["short"] = int(not innermost and s.run == 1)
    values |= x if s.width else dict.fromkeys(x, 0)
    values |= y if s.height else dict.fromkeys(y, 0)
    return {name: values.get(name, 0) for name in FIELDS}


def _cause(stream: Stream, unit: Unit) -> int:
    if stream.groups not in unit.groups:
        return int(Cause.STREAM)
    return int(Cause.TAPS) if stream.taps > unit.taps else 0


_SIGNED = frozenset(
    name
    for name in FIELDS
    if name.endswith(("_step", "_x", "_y")) and not name.startswith("kernel")
) | {"kernel_x_step", "kernel_y_step", "kernel_x_x", "kernel_y_x", "kernel_y_y", "reach", "pad"}


@dataclass(frozen=True)
class StreamFormat(PackedFormat[Stream]):
    """Widths of the fields of a unit's streams, those of :data:`FIELDS`."""

    KIND = "Stream"
    FIELDS = FIELDS
    SIGNED = _SIGNED

    @staticmethod
    def values(stream: Stream, unit: Unit) -> dict[str, int]:
        """The value of each field; of those that play no part, 0."""
        return _values(stream, unit)
