"""From a layer to its step of the program: tiles, walks and addresses."""

from __future__ import annotations

from hawx_hw.mapping.architecture import Architecture
from hawx_hw.mapping.arena import Arena
from hawx_hw.mapping.operations import Operation
from hawx_hw.mapping.steps import Step
from hawx_hw.quantize.graph import CODE_MAX, CODE_MIN, Add, Graph, MaxPool2d

__all__ = ["Offsets", "lower", "tap_tiles"]


class Offsets:
    """Where a layer's parameters begin: word addresses in the weight banks and of
    requantisation."""

    def __init__(self, weights: int = 0, requantization: int = 0):
        self.weights = weights
        self.requantization = requantization


def tap_tiles(layer: Operation, architecture: Architecture) -> int:
    """Tiles into which the rows cut a kernel; blocks of channels where the array is not used."""
    if layer.weight is None:
        return -(-layer.input_shape[0] // architecture.lanes)
    return -(-layer.weight[0].size // architecture.rows)


def lower(
    graph: Graph,
    layer: Operation,
    architecture: Architecture,
    arena: Arena,
    offsets: Offsets,
    *,
    chunk_windows: int,
    releases_input: bool,
    last: bool,
) -> Step:
    """The program step of ``layer``.

    Parameters
    ----------
    graph : Graph
    layer : Operation
    architecture : Architecture
    arena : Arena
    offsets : Offsets
        Where this layer's parameters begin.
    chunk_windows : int
        Output codes (windows) of one channel that are computed before the next filter tile; a layer
        that does not use the array is one chunk.
    releases_input, last : bool
        See :class:`~hawx_hw.mapping.steps.Step`.
    """
    _, height, width = layer.input_shape
    channels, rows, columns = layer.output_shape
    plane = height * width
    lanes = architecture.lanes
    addition = isinstance(layer.node, Add)
    source = arena.addresses[layer.sources[0]]

    windows = rows * columns
    elements = 2 if addition else layer.pool.kernel[0] * layer.pool.kernel[1]
    if not layer.uses_array:
        chunk_windows = windows
    chunks = -(-windows // chunk_windows)
    last_windows = windows - (chunks - 1) * chunk_windows
    filter_tiles = -(-channels // architecture.columns) if layer.uses_array else 1
    last_channels = channels - (filter_tiles - 1) * architecture.columns
    last_groups = -(-last_channels // lanes) if layer.uses_array else 1
    low, high, shift, step = _clamp(layer)
    maximum = isinstance(layer.node, MaxPool2d)

    return Step(
        stream=int(not layer.uses_array),
        reduce=int(not layer.uses_array and not maximum),
        per_element=int(addition),
        to_result=int(last),
        releases_input=int(releases_input),
        last=int(last),
        height=height,
        width=width,
        plane=plane,
        pad_code=CODE_MIN if maximum else graph.tensors[layer.node.inputs[0]].zero_point,
        **_walk(layer, arena),
        window_columns=(2 if addition else layer.pool.kernel[1]) - 1,
        window_rows=layer.pool.kernel[0] - 1,
        output_columns=columns - 1,
        **_taps(layer, architecture),
        source=source,
        chunk=chunk_windows * elements - 1,
        last_chunk=last_windows * elements - 1,
        chunks=chunks - 1,
        tap_tiles=tap_tiles(layer, architecture) - 1,
        filter_tiles=filter_tiles - 1,
        weights=offsets.weights,
        window=elements - 1,
        last_groups=last_groups - 1,
        requantization=offsets.requantization,
        shift=shift,
        low=low,
        high=high,
        step=step - 1,
        destination=0 if last else arena.addresses[layer.name],
        destination_plane=windows,
        destination_chunk=chunk_windows,
        destination_tile=architecture.groups * windows,
    )


def _clamp(layer: Operation) -> tuple[int, int, int, int]:
    """Low, high, shift and step; a maximum passes codes unchanged, as (2 * code + 1) >> 1."""
    if isinstance(layer.node, MaxPool2d):
        return CODE_MIN, CODE_MAX, 1, 1
    rule = layer.node.requantization  # type: ignore[attr-defined]
    return rule.low, rule.high, rule.shift, rule.step


def _walk(layer: Operation, arena: Arena) -> dict[str, int]:
    """The constants of the four loops over the input."""
    width = layer.input_shape[2]
    columns = layer.output_shape[2]
    if isinstance(layer.node, Add):
        # The window's two elements are the operands at one pixel; pixels follow in raster order.
        between = arena.addresses[layer.sources[1]] - arena.addresses[layer.sources[0]]
        return {
            "x_start": 0,
            "y_start": 0,
            "offset_start": 0,
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
    if layer.uses_array:
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
        "offset_start": -top * width - left,
        **x_steps,
        **y_steps,
        "offset_step_window_column": x_steps["x_step_window_column"],
        "offset_step_window_row": x_steps["x_step_window_row"] + step_y * width,
        "offset_step_column": x_steps["x_step_column"] - back_y * width,
        "offset_step_row": x_steps["x_step_row"] + (stride_y - back_y) * width,
    }


def _taps(layer: Operation, architecture: Architecture) -> dict[str, int]:
    """The constants of the walk over the kernel's taps."""
    _, height, width = layer.input_shape
    plane = height * width
    if layer.weight is None:
        # One tap; the tiles are the blocks of channels.
        return {
            "kernel_columns": 0,
            "kernel_rows": 0,
            "taps": 0,
            "tap_step_column": 0,
            "tap_step_row": 0,
            "tap_step_row_offset": 0,
            "tap_wrap_row_offset": 0,
            "tap_step_lane": 0,
            "tap_step_block_offset": plane,
        }
    rows, columns = layer.kernel.kernel
    rest, step_column = divmod(architecture.rows, columns)
    channel, step_row = divmod(rest, rows)
    block, lane = divmod(channel, architecture.lanes)
    return {
        "kernel_columns": columns - 1,
        "kernel_rows": rows - 1,
        "taps": layer.weight[0].size - 1,
        "tap_step_column": step_column,
        "tap_step_row": step_row,
        "tap_step_row_offset": step_row * width,
        "tap_wrap_row_offset": rows * width,
        "tap_step_lane": lane,
        "tap_step_block_offset": block * plane,
    }
