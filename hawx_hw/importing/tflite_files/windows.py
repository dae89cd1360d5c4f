"""Operators over windows: pooling, means, and the padding that windows do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.graph.graph import CODE_MIN
from hawx_hw.importing.float_graph import FloatAveragePool, FloatMaxPool
from hawx_hw.importing.tflite_files.numbers import constant, real
from hawx_hw.importing.tflite_files.site import Site
from hawx_hw.importing.tflite_files.values import Value

__all__ = ["average_pool", "max_pool", "mean", "pad", "padding_of", "pair", "spatial"]

_SAME, _VALID = 0, 1
_SIZE_MAX = 2**20


def pair(site: Site, what: str) -> tuple[int, int]:
    """An option of the operator, (vertical, horizontal): ``stride`` or ``filter``."""
    sizes = (site.options[f"{what}_h"], site.options[f"{what}_w"])
    if not all(1 <= size <= _SIZE_MAX for size in sizes):
        raise site.refuse(f"has the {what} {sizes}, which must be 1 or more")
    return sizes


def padding_of(
    site: Site, source: Value, extent: tuple[int, int], stride: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The padding of a window: that of a PAD before it, and its own.

    ``SAME`` pads so that the output has a size of the input's over the stride, rounded up; where
    the padding is odd, the greater half is at the bottom and right.

    Parameters
    ----------
    site : Site
    source : Value
    extent : tuple of int
        Height and width of the window.
    stride : tuple of int
    """
    top, left, bottom, right = source.padding
    kind = site.options.get("padding", _VALID)
    if kind not in (_SAME, _VALID):
        raise site.refuse(f"has the padding {kind}; SAME and VALID are supported")
    if kind == _SAME:
        sizes = (source.shape[1] + top + bottom, source.shape[2] + left + right)
        own = [
            max((-(-size // step) - 1) * step + length - size, 0)
            for size, length, step in zip(sizes, extent, stride, strict=True)
        ]
        top, left = top + own[0] // 2, left + own[1] // 2
        bottom, right = bottom + own[0] - own[0] // 2, right + own[1] - own[1] // 2
    padding = (top, left, bottom, right)
    if max(top, bottom) >= extent[0] or max(left, right) >= extent[1]:
        raise site.refuse(f"has padding {padding}, which must be smaller than its window {extent}")
    return padding


def spatial(
    site: Site,
    source: Value,
    extent: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
) -> tuple[int, int]:
    """Height and width of what a window computes."""
    top, left, bottom, right = padding
    sizes = (source.shape[1] + top + bottom, source.shape[2] + left + right)
    if sizes[0] < extent[0] or sizes[1] < extent[1]:
        raise site.refuse(f"has a window {extent} larger than its input {sizes}")
    return (sizes[0] - extent[0]) // stride[0] + 1, (sizes[1] - extent[1]) // stride[1] + 1


def pad(site: Site) -> Value:
    """PAD and PADV2, which the next window does."""
    source = site.same_encoding(site.map(0, padded=True))
    amounts = constant(site.constant(1)).astype(np.int64)
    if amounts.shape != (4, 2) or amounts.min() < 0 or amounts.max() > _SIZE_MAX:
        raise site.refuse("has amounts that are not four pairs of numbers of 0 or more")
    if amounts[0].any() or amounts[3].any():
        raise site.refuse("adds to the batch or to the channels, which is not supported")
    fill = 0.0
    if site.kind == "PADV2":
        fill = _fill(site, source)
    if any(source.padding) and fill != source.fill:
        raise site.refuse(f"adds {fill:g} to what another PAD filled with {source.fill:g}")
    top, left, bottom, right = source.padding
    (above, below), (before, after) = amounts[1].tolist(), amounts[2].tolist()
    padding = (top + above, left + before, bottom + below, right + after)
    site.network.note(f"The PAD {site.label!r} is done by the layer after it.")
    return replace(source, padding=padding, fill=fill)


def _fill(site: Site, source: Value) -> float:
    """The real value that a PADV2 adds."""
    tensor = site.constant(2)
    values = constant(tensor) if source.encoding is None else real(tensor)
    if values.size != 1:
        raise site.refuse(f"adds {values.size} values, where one is supported")
    fill = float(values.reshape(-1)[0])
    # Converters write the lowest number of 32 bits for what a maximum ignores.
    return -np.inf if fill <= np.finfo(np.float32).min else fill


def max_pool(site: Site) -> Value:
    """MAX_POOL_2D; padding never is the largest."""
    source = site.same_encoding(site.map(0, padded=True))
    kernel, stride = pair(site, "filter"), pair(site, "stride")
    if any(source.padding) and not _below(site, source):
        raise site.refuse(
            f"follows a PAD with {source.fill:g}, which may be larger than what is beside it"
        )
    padding = padding_of(site, source, kernel, stride)
    shape = (source.shape[0], *spatial(site, source, kernel, stride, padding))
    layer = FloatMaxPool(
        **site.common([source], shape), kernel=kernel, stride=stride, padding=padding
    )
    site.network.graph.layers.append(layer)
    return site.clamped(Value(layer.name, shape, source.encoding))


def _below(site: Site, source: Value) -> bool:
    """Whether no number of a tensor is below what a PAD adds to it."""
    layer = site.network.graph.layer(source.layer)
    lowest = -np.inf if layer is None or not layer.requantizes else layer.low
    if (code := source.encoding) is not None:
        lowest = max(lowest, (CODE_MIN - code.zero_point) * code.scale)
    return source.fill <= lowest


def average_pool(site: Site) -> Value:
    """AVERAGE_POOL_2D, which divides by the number of pixels inside the map."""
    source = site.map(0, padded=True)
    kernel, stride = pair(site, "filter"), pair(site, "stride")
    padding = padding_of(site, source, kernel, stride)
    sizes = spatial(site, source, kernel, stride, padding)
    if padding != source.padding:
        kernel, padding = _inside(site, source, kernel, padding, sizes)
    if any(padding) and source.fill != 0:
        raise site.refuse(f"follows a PAD with {source.fill:g}; zero is supported")
    return _averaged(site, source, (source.shape[0], *sizes), kernel, stride, padding)


def _inside(
    site: Site,
    source: Value,
    kernel: tuple[int, int],
    padding: tuple[int, int, int, int],
    sizes: tuple[int, int],
) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """The window and padding that remain where the one window along an axis covers the map."""
    lengths, sides = list(kernel), list(padding)
    for axis in (0, 1):
        before = source.padding[axis], source.padding[axis + 2]
        if (sides[axis], sides[axis + 2]) == before:
            continue
        if sizes[axis] > 1 or any(before):
            raise site.refuse(
                "averages over the pixels inside the map only, with padding SAME: their number "
                "differs from place to place, which is not supported",
                "Use padding VALID, or pad with zeros before it.",
            )
        lengths[axis] = source.shape[1 + axis]
        sides[axis] = sides[axis + 2] = 0
    return (lengths[0], lengths[1]), (sides[0], sides[1], sides[2], sides[3])


def _averaged(
    site: Site,
    source: Value,
    shape: tuple[int, int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> Value:
    low, high = site.clamp
    layer = FloatAveragePool(
        **site.common([source], shape),
        kernel=kernel,
        stride=stride,
        padding=padding,
        divisor=float(kernel[0] * kernel[1]),
        low=low,
        high=high,
    )
    return site.add(layer, site.encoding)


def mean(site: Site) -> Value:
    """MEAN over height, width or both."""
    source = site.map(0)
    axes = constant(site.constant(1)).reshape(-1).astype(np.int64)
    if len(axes) == 0 or not ((axes >= -4) & (axes < 4)).all():
        raise site.refuse(f"averages over the axes {axes.tolist()}")
    over = {int(axis) % 4 for axis in axes}
    if not over <= {1, 2}:
        raise site.refuse("averages over other axes than height and width")
    channels, height, width = source.shape
    kernel = (height if 1 in over else 1, width if 2 in over else 1)
    shape = (channels, height // kernel[0], width // kernel[1])
    result = _averaged(site, source, shape, kernel, kernel)
    if site.options["keep_dims"]:
        return result
    dims = tuple(size for axis, size in enumerate(result.dims, 1) if axis not in over)
    return result.reshaped(dims)
