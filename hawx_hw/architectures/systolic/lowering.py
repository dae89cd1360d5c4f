"""From a layer to its step of the program: tiles, walks and addresses."""

from __future__ import annotations

from dataclasses import dataclass

from hawx_hw.architectures.common.arena import Arena
from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.requantization import output_rule
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.graph.graph import CODE_MIN, Add, Graph, MaxPool2d

__all__ = ["Offsets", "Tiles", "lower"]


@dataclass
class Offsets:
    """Where a layer's parameters begin.

    Parameters
    ----------
    weights, requantization, taps : int
        Word addresses in the weight banks, of requantization, and in the lists of taps.
    """

    weights: int = 0
    requantization: int = 0
    taps: int = 0


@dataclass(frozen=True)
class Tiles:
    """Into how many tiles a layer is cut.

    Parameters
    ----------
    taps : int
        Tiles of taps; planes of channels where the array is not used.
    filters : int
        Tiles of filters; 1 where the array is not used.
    positions : int
        Places for filters, up to the last one in use; those of the last tile count from its first
        column.
    """

    taps: int
    filters: int
    positions: int

    @classmethod
    def of(cls, placement: Placement | None, source: Layout, word_codes: int) -> Tiles:
        """The tiles of a placed layer, or of one that streams (no placement)."""
        if placement is None:
            return cls(-(-source.size // word_codes), 1, source.size)
        return cls(len(placement.taps), len(placement.filters), placement.layout.size)


def lower(
    graph: Graph,
    layer: Operation,
    array: ArrayShape,
    arena: Arena,
    offsets: Offsets,
    tiles: Tiles,
    *,
    output_tile_windows: int,
    select: int,
    sum_zeros: int,
    releases_input: bool,
    last: bool,
) -> Step:
    """The program step of ``layer``.

    Parameters
    ----------
    graph : Graph
    layer : Operation
    array : ArrayShape
    arena : Arena
    offsets : Offsets
        Where this layer's parameters begin.
    tiles : Tiles
    output_tile_windows : int
        Output codes (windows) of one channel that are computed before the next filter tile; a layer
        that does not use the array is one output tile.
    select : int
        Which of its blocks each PE uses.
    sum_zeros : int
        Low bits of the array's sums that are left out, at most the layer's shift.
    releases_input, last : bool
        See :class:`~hawx_hw.architectures.systolic.steps.Step`.
    """
    _, height, width = layer.input_shape
    _, rows, columns = layer.output_shape
    addition = isinstance(layer.node, Add)

    windows = rows * columns
    elements = 2 if addition else layer.elements
    if not layer.multiplies:
        output_tile_windows = windows
    output_tiles = -(-windows // output_tile_windows)
    last_windows = windows - (output_tiles - 1) * output_tile_windows
    last_positions = tiles.positions - (tiles.filters - 1) * array.columns
    last_groups = -(-last_positions // array.requantizers) if layer.multiplies else 1
    rule = output_rule(layer)
    maximum = isinstance(layer.node, MaxPool2d)

    return Step(
        stream=int(not layer.multiplies),
        reduce=int(not layer.multiplies and not maximum),
        per_element=int(addition),
        to_result=int(last),
        releases_input=int(releases_input),
        last=int(last),
        height=height,
        width=width,
        pad_code=CODE_MIN if maximum else graph.tensors[layer.node.inputs[0]].zero_point,
        **_walk(layer, arena),
        window_columns=(2 if addition else layer.pool.kernel[1]) - 1,
        window_rows=layer.pool.kernel[0] - 1,
        output_columns=columns - 1,
        taps=offsets.taps,
        select=select,
        output_tile_pixels=output_tile_windows * elements - 1,
        last_output_tile_pixels=last_windows * elements - 1,
        output_tiles=output_tiles - 1,
        tap_tiles=tiles.taps - 1,
        filter_tiles=tiles.filters - 1,
        weights=offsets.weights,
        window=elements - 1,
        last_groups=last_groups - 1,
        requantization=offsets.requantization,
        shift=rule.shift - sum_zeros if layer.multiplies else rule.shift,
        low=rule.low,
        high=rule.high,
        step=rule.step - 1,
        destination=0 if last else arena.addresses[layer.name],
        destination_plane=windows,
        destination_output_tile=output_tile_windows,
        destination_tile=array.groups * windows,
    )


def _walk(layer: Operation, arena: Arena) -> dict[str, int]:
    """The constants of the four loops over the input."""
    width = layer.input_shape[2]
    source = arena.addresses[layer.sources[0]]
    columns = layer.output_shape[2]
    if isinstance(layer.node, Add):
        # The window's two elements are the operands at one pixel; pixels follow in raster order.
        between = arena.addresses[layer.sources[1]] - arena.addresses[layer.sources[0]]
        return {
            "x_start": 0,
            "y_start": 0,
            "offset_start": source,
            "x_step_window_column": 0,
            "x_step_window_row": 0,
            "x_step_column": 1,
            "x_step_row": 1 - columns,
            "y_step_window_row": 0,
            "y_step_column": 0,
            "y_step_row": 1,
            "offset_step_window_column": between,
            "offset_step_window_row": 0,
            "offset_step_column": 1 - between,
            "offset_step_row": 1 - between,
        }
    if layer.multiplies:
        step_y, step_x = layer.kernel.stride
        stride_y, stride_x = (
            s * n for s, n in zip((step_y, step_x), layer.pool.stride, strict=True)
        )
        top, left = layer.kernel.padding
    else:
        step_y = step_x = 1
        stride_y, stride_x = layer.pool.stride
        top, left = layer.pool.padding
    back_x = (layer.pool.kernel[1] - 1) * step_x
    back_y = (layer.pool.kernel[0] - 1) * step_y
    x_steps = {
        "x_step_window_column": step_x,
        "x_step_window_row": -back_x,
        "x_step_column": stride_x - back_x,
        "x_step_row": -back_x - (columns - 1) * stride_x,
    }
    y_steps = {
        "y_step_window_row": step_y,
        "y_step_column": -back_y,
        "y_step_row": stride_y - back_y,
    }
    return {
        "x_start": -left,
        "y_start": -top,
        "offset_start": source - top * width - left,
        **x_steps,
        **y_steps,
        "offset_step_window_column": x_steps["x_step_window_column"],
        "offset_step_window_row": x_steps["x_step_window_row"] + step_y * width,
        "offset_step_column": x_steps["x_step_column"] - back_y * width,
        "offset_step_row": x_steps["x_step_row"] + (stride_y - back_y) * width,
    }
