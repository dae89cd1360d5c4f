"""The layers of a network as understood, for people and programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from hawx_hw.importing.float_graph import (
    FloatActivation,
    FloatConv,
    FloatGraph,
    FloatLayer,
    FloatLinear,
)

__all__ = ["LayerSummary", "summarize"]


@dataclass(frozen=True)
class LayerSummary:
    """A layer.

    Parameters
    ----------
    name, kind : str
    label : str
        Its name in the file.
    inputs : tuple of str
    shape : tuple of int
        Of its output.
    macs, parameters : int
        Multiplications of an image, and weights with biases.
    low, high : float or None
        The clamp; None: no such end.
    """

    name: str
    kind: str
    label: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    macs: int
    parameters: int
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def summarize(graph: FloatGraph) -> Iterator[LayerSummary]:
    """Yield a summary of each layer, in the order of computation."""
    for layer in graph.layers:
        macs = parameters = 0
        if isinstance(layer, FloatConv | FloatLinear):
            macs = layer.weight[0].size * math.prod(layer.shape)
            parameters = layer.weight.size + layer.bias.size
        ends = (float(end) if math.isfinite(end) else None for end in (layer.low, layer.high))
        yield LayerSummary(
            layer.name,
            _kind(layer),
            layer.label,
            tuple(layer.inputs),
            tuple(layer.shape),
            macs,
            parameters,
            *ends,
        )


def _kind(layer: FloatLayer) -> str:
    if isinstance(layer, FloatActivation):
        return layer.function
    kind = type(layer).__name__.removeprefix("Float").lower()
    if isinstance(layer, FloatConv) and layer.groups > 1:
        return "depthwise conv" if layer.weight.shape[1] == 1 else f"conv, {layer.groups} groups"
    return kind
