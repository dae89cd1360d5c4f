"""The layer program: what the accelerator reads of each layer.

A :class:`Step` is one layer as the controller runs it: plain integers, most of them the constants
of an address generator. :func:`program_format` is how they are packed into memory words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from hawx_hw.architectures.common.records import WordFormat

__all__ = ["SIGNED", "Step", "program_format"]


@dataclass(frozen=True)
class Step:
    """One layer for the controller; every attribute is a field of the layer program.

    The input is walked in four nested loops (window column, window row, output column, output row);
    ``x_step_*``, ``y_step_*`` and ``offset_step_*`` say what each of these events adds to the
    coordinates of the kernel's first tap and to its offset in memory. A *window* is what the
    post-processor reduces to one code: the pooling window that is fused with a convolution, that of
    a pooling layer, or the two operands of an addition.

    *Taps* are the positions of a kernel, ``(channel, kernel row, kernel column)``. Each row of the
    array has a list of the taps that it serves, one a tile
    (:mod:`hawx_hw.architectures.systolic.taps`).
    """

    # What kind of layer
    stream: int  # 1: read codes straight into the post-processor; 0: through the array
    reduce: (
        int  # 1: the window is summed before requantization; 0: its largest code is taken after it
    )
    per_element: int  # 1: each element of the window has its own requantization word
    to_result: int  # 1: the codes go to the result memory; 0: to the activation memory
    releases_input: int  # 1: after this layer nothing reads the image
    last: int  # 1: the inference ends with this layer

    # The input
    height: int
    width: int
    pad_code: int  # signed; read where the kernel hangs over the edge

    # The walk over the input
    x_start: int
    y_start: int
    offset_start: int
    x_step_window_column: int
    x_step_window_row: int
    x_step_column: int
    x_step_row: int
    y_step_window_row: int
    y_step_column: int
    y_step_row: int
    offset_step_window_column: int
    offset_step_window_row: int
    offset_step_column: int
    offset_step_row: int
    window_columns: int  # minus one
    window_rows: int  # minus one
    output_columns: int  # minus one

    # The tiles
    taps: int  # where the layer begins in the lists of taps
    select: int  # which of its blocks each PE uses
    output_tile_pixels: int  # window elements of an output tile, minus one
    last_output_tile_pixels: int  # the same of the last one, minus one
    output_tiles: int  # minus one
    tap_tiles: int  # minus one; planes of channels in a stream
    filter_tiles: int  # minus one
    weights: int  # word address in the weight banks

    # The post-processor
    window: int  # elements of a window, minus one
    last_groups: int  # words at one pixel of the last filter tile, minus one
    requantization: int  # word address
    shift: int
    low: int
    high: int
    step: int  # of the codes, minus one: the bits that are cleared
    destination: int  # word address
    destination_plane: int  # words of one plane of channels: a word at each pixel
    destination_output_tile: int  # words that an output tile fills in one plane of channels
    destination_tile: int  # words that a filter tile fills


#: Fields that may be negative.
SIGNED = frozenset(
    {"pad_code", "low", "high", "x_start", "y_start", "offset_start"}
    | {f.name for f in fields(Step) if f.name.startswith(("x_step", "y_step", "offset_step"))}
)


def program_format(steps: Sequence[Step]) -> WordFormat:
    """The narrowest format that holds ``steps``."""
    return WordFormat.of(steps, SIGNED)
