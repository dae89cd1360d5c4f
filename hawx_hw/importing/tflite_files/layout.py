"""Operators that only arrange: RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE and CONCATENATION."""

from __future__ import annotations

import math

import numpy as np

from hawx_hw.importing.float_graph import FloatConcat
from hawx_hw.importing.tflite_files.numbers import constant
from hawx_hw.importing.tflite_files.site import Site
from hawx_hw.importing.tflite_files.values import Value

__all__ = ["concatenation", "reshape", "transpose"]


def reshape(site: Site) -> Value:
    """RESHAPE, SQUEEZE and EXPAND_DIMS, by the shape that the file declares for the output."""
    source = site.same_encoding(site.value(0))
    site.count(source)
    return source.reshaped(_dims(site, source))


def _dims(site: Site, source: Value) -> tuple[int, ...]:
    dims = list(site.output.shape)
    if site.kind == "RESHAPE" and site.given(1) and site.is_constant(1):
        dims = [int(size) for size in constant(site.constant(1)).reshape(-1)]
    batch = site.network.batch
    size = batch * source.size
    if dims.count(-1) == 1:
        others = math.prod(each for each in dims if each != -1)
        if others < 1 or size % others:
            raise site.refuse(f"reshapes {(batch, *source.dims)} to {tuple(dims)}")
        dims[dims.index(-1)] = size // others
    if len(dims) > 8 or any(each < 1 for each in dims) or math.prod(dims) != size:
        raise site.refuse(f"reshapes {(batch, *source.dims)} to {tuple(dims)}")
    if len(dims) < 2 or dims[0] != batch:
        raise site.refuse(f"reshapes {(batch, *source.dims)} to {tuple(dims)}, without the batch")
    return tuple(dims[1:])


def transpose(site: Site) -> Value:
    """TRANSPOSE, which only changes the layout."""
    source = site.same_encoding(site.value(0))
    site.count(source)
    axes = [int(axis) for axis in constant(site.constant(1)).reshape(-1)]
    if sorted(axes) != list(range(len(source.dims) + 1)) or axes[0] != 0:
        raise site.refuse(f"transposes {len(source.dims) + 1} axes by {axes}, batch included")
    return source.transposed(tuple(axis - 1 for axis in axes[1:]))


def concatenation(site: Site) -> Value:
    """CONCATENATION along the channels or features."""
    count = len(site.operator.inputs)
    sources = [site.value(position) for position in range(count)]
    axis = site.options["axis"]
    axes = len(sources[0].dims) + 1 if sources else 0
    if count < 1 or not -axes <= axis < axes or any(len(s.dims) + 1 != axes for s in sources):
        raise site.refuse(f"joins {count} tensors along axis {axis}, whose axes do not fit")
    if axis % axes != axes - 1:
        raise site.refuse("joins tensors along another axis than their channels")
    if site.options["activation"]:
        raise site.refuse("has a fused function, which the interpreter lacks there")
    if count == 1:
        return site.same_encoding(sources[0])
    if len({source.dims[:-1] for source in sources}) > 1:
        raise site.refuse("joins tensors of different sizes")
    if all(source.is_map for source in sources):
        channels = sum(source.shape[0] for source in sources)
        return _joined(site, sources, (channels, *sources[0].shape[1:]))
    if axes != 2:
        raise site.refuse("joins tensors that are neither feature maps nor vectors")
    vectors = [site.vector(position) for position in range(count)]
    starts = np.cumsum([0, *(vector.size for vector, _ in vectors)])
    joined = _joined(site, [vector for vector, _ in vectors], (int(starts[-1]),))
    orders = [order + start for (_, order), start in zip(vectors, starts, strict=False)]
    return joined.viewed(np.concatenate(orders).astype(np.int32))


def _joined(site: Site, sources: list[Value], shape: tuple[int, ...]) -> Value:
    layer = FloatConcat(**site.common(sources, shape))
    return site.add(layer, site.encoding)
