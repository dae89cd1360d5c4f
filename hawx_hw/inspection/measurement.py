"""Measures every layer of all versions of a network on images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from hawx_hw.graph import fast
from hawx_hw.graph.graph import Node
from hawx_hw.inspection.code_use import CodeUse
from hawx_hw.inspection.noise import Noise
from hawx_hw.inspection.recorded import RecordedMatch
from hawx_hw.inspection.versions import Batch, Versions, real_values

__all__ = ["LayerMeasurement", "Measurement", "measure"]


@dataclass(eq=False)
class VersionNoise:
    """The noise of one version at one layer: all of it, and what the layer adds itself."""

    total: Noise
    alone: Noise

    @classmethod
    def of(cls, channels: int) -> VersionNoise:
        """No images yet."""
        return cls(Noise(channels), Noise(channels))


@dataclass(eq=False)
class LayerMeasurement:
    """What one layer does; see :class:`~hawx_hw.inspection.result.LayerReport`."""

    node: Node
    codes: CodeUse
    int8: VersionNoise
    uncompensated: VersionNoise | None
    built: VersionNoise | None
    recorded: RecordedMatch | None


@dataclass(eq=False)
class Measurement:
    """All layers, and the outputs of every version.

    Attributes
    ----------
    layers : list of LayerMeasurement
        In the order of computation.
    real : ndarray of float32
        ``(images, outputs)``
    int8, uncompensated, built : ndarray of int8, or None
        ``(images, outputs)``
    """

    layers: list[LayerMeasurement]
    real: np.ndarray = field(init=False)
    int8: np.ndarray = field(init=False)
    uncompensated: np.ndarray | None = None
    built: np.ndarray | None = None


def measure(
    versions: Versions,
    images: np.ndarray,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Measurement:
    """Measure every layer.

    Parameters
    ----------
    versions : Versions
    images : ndarray of uint8
        ``(n, *input shape)``, n >= 1.
    progress : callable or None
        Called with the number of images done and their total.
    """
    result = Measurement([_start(versions, node) for node in versions.graph.nodes])
    outputs: dict[str, list[np.ndarray]] = {}
    done = 0
    for batch in versions.batches(images):
        for layer in result.layers:
            _add(layer, versions, batch)
        for name, values in _outputs(batch, versions.graph.output).items():
            outputs.setdefault(name, []).append(values.reshape(len(values), -1))
        done += len(batch.int8[versions.graph.input])
        if progress:
            progress(done, len(images))
    for name, parts in outputs.items():
        setattr(result, name, np.concatenate(parts))
    return result


def _outputs(batch: Batch, name: str) -> dict[str, np.ndarray]:
    outputs = {"real": batch.real[name].numpy(), "int8": batch.int8[name]}
    if batch.uncompensated is not None and batch.built is not None:
        outputs |= {"uncompensated": batch.uncompensated[name], "built": batch.built[name]}
    return outputs


def _start(versions: Versions, node: Node) -> LayerMeasurement:
    tensor, layer = versions.graph.tensors[node.name], versions.layer(node)
    channels = tensor.shape[0]
    statistics = None if layer is None else layer.statistics
    blocks = versions.approximate
    return LayerMeasurement(
        node=node,
        codes=CodeUse(tensor),
        int8=VersionNoise.of(channels),
        uncompensated=VersionNoise.of(channels) if blocks else None,
        built=VersionNoise.of(channels) if blocks else None,
        recorded=None if statistics is None else RecordedMatch(statistics),
    )


def _add(layer: LayerMeasurement, versions: Versions, batch: Batch) -> None:
    node, tensors = layer.node, versions.graph.tensors
    real, codes = batch.real[node.name], batch.int8[node.name]
    inputs = [real_values(batch.int8[name], tensors[name]) for name in node.inputs]
    with torch.inference_mode():
        exact = versions.real_output(node, inputs)
        rounded = real_values(codes, tensors[node.name])
        layer.int8.total.add(real, rounded)
        layer.int8.alone.add(exact, rounded)
        layer.codes.add(codes, exact, real)
        if layer.recorded is not None:
            layer.recorded.add(batch.before[node.name])
        for noise, values in (
            (layer.uncompensated, batch.uncompensated),
            (layer.built, batch.built),
        ):
            if noise is not None and values is not None:
                _add_blocks(noise, versions, node, values, rounded)


def _add_blocks(
    noise: VersionNoise,
    versions: Versions,
    node: Node,
    values: dict[str, np.ndarray],
    rounded: torch.Tensor,
) -> None:
    """Add a version with blocks, which is compared with the integer network of exact ones."""
    tensor = versions.graph.tensors[node.name]
    zero_point = versions.graph.tensors[node.inputs[0]].zero_point
    actual = real_values(values[node.name], tensor)
    noise.total.add(rounded, actual)
    exact = fast.evaluate(node, [values[name] for name in node.inputs], zero_point)
    noise.alone.add(real_values(exact, tensor), actual)
