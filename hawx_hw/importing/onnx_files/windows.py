"""Windows of convolutions and poolings: kernel, stride, dilation and padding of a node."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import Feature

__all__ = ["Window", "joined", "window"]

Pair = tuple[int, int]

#: Values of a padded map of one image.
_LARGEST_MAP = 2**24


@dataclass(frozen=True)
class Window:
    """The windows that slide over a map.

    Parameters
    ----------
    kernel, stride, dilation : tuple of int
        (vertical, horizontal), >= 1.
    padding : tuple of int
        (top, left, bottom, right) of the node itself, >= 0; without a Pad before it.
    size : tuple of int
        Height and width of the output.
    beyond : tuple of int
        How far the last window reaches beyond the padded map (rounding up), below and to the right.
    """

    kernel: Pair
    stride: Pair
    dilation: Pair
    padding: tuple[int, int, int, int]
    size: Pair
    beyond: Pair

    @property
    def extent(self) -> Pair:
        """Height and width of the map under one window."""
        (height, width), (below, beside) = self.kernel, self.dilation
        return (height - 1) * below + 1, (width - 1) * beside + 1


def window(node: Node, source: Feature, kernel: tuple[int, ...]) -> Window:
    """The windows of a convolution or pooling of a map.

    Parameters
    ----------
    node : Node
    source : Feature
        A map; its pending padding counts as a part of it.
    kernel : tuple of int
        Height and width.

    Raises
    ------
    UserError
        Sizes that are not positive; a kernel that is larger than the padded map; an unknown rule
        of padding.
    """
    stride, dilation = node.integers("strides", (1, 1)), node.integers("dilations", (1, 1))
    if len(kernel) != 2 or min(*kernel, *stride, *dilation) < 1:
        raise node.refuse(
            f"has windows of {kernel} with strides {stride} and dilations {dilation}; two numbers "
            "of at least 1 each are expected"
        )
    top, left, bottom, right = source.padding
    lengths = (source.shape[1] + top + bottom, source.shape[2] + left + right)
    extents = tuple((size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True))
    sides = [
        _padding(node, axis, length, extent, stride[axis])
        for axis, (length, extent) in enumerate(zip(lengths, extents, strict=True))
    ]
    if min(min(side) for side in sides) < 0:
        raise node.refuse("has a negative padding, which is not supported")
    padded = [length + sum(side) for length, side in zip(lengths, sides, strict=True)]
    if source.shape[0] * math.prod(padded) > _LARGEST_MAP:
        raise node.refuse(
            f"pads its map to {padded[0]:,} x {padded[1]:,} for {source.shape[0]:,} channels, more "
            f"than {_LARGEST_MAP:,} values"
        )
    ceil = node.integer("ceil_mode", 0) != 0
    sizes, beyond = [], []
    for length, extent, step, side in zip(lengths, extents, stride, sides, strict=True):
        room = length + sum(side) - extent
        if room < 0:
            raise node.refuse(f"has windows larger than its padded map of {lengths}")
        count = (-(-room // step) if ceil else room // step) + 1
        if ceil and (count - 1) * step >= length + side[0]:
            count -= 1  # a window that would begin in the padding behind the map
        sizes.append(count)
        beyond.append(max((count - 1) * step - room, 0))
    (above, below), (before, behind) = sides
    return Window(
        (kernel[0], kernel[1]),
        (stride[0], stride[1]),
        (dilation[0], dilation[1]),
        (above, before, below, behind),
        (sizes[0], sizes[1]),
        (beyond[0], beyond[1]),
    )


def _padding(node: Node, axis: int, length: int, extent: int, stride: int) -> Pair:
    """Padding before and behind the map along one axis."""
    rule = node.text("auto_pad", "NOTSET")
    if rule in ("NOTSET", ""):
        pads = node.integers("pads", (0, 0, 0, 0))
        return pads[axis], pads[axis + 2]
    if rule == "VALID":
        return 0, 0
    if rule not in ("SAME_UPPER", "SAME_LOWER"):
        raise node.refuse(f"has the unknown auto_pad {rule!r}")
    whole = max((-(-length // stride) - 1) * stride + extent - length, 0)
    less, more = whole // 2, whole - whole // 2
    return (less, more) if rule == "SAME_UPPER" else (more, less)


def joined(
    node: Node, source: Feature, padding: tuple[int, int, int, int], extent: Pair
) -> tuple[int, int, int, int]:
    """A Pad's zeros and the node's own, as the padding of one layer.

    Raises
    ------
    UserError
        It is not smaller than the window.
    """
    top, left, bottom, right = (
        own + before for own, before in zip(padding, source.padding, strict=True)
    )
    if max(top, bottom) >= extent[0] or max(left, right) >= extent[1]:
        where = f" with the zeros of {source.padding_label!r}" if any(source.padding) else ""
        raise node.refuse(
            f"pads by {(top, left, bottom, right)}{where}, which must be smaller than its windows "
            f"of {extent}"
        )
    return top, left, bottom, right
