"""What each layer of a network computes for an image, compared with what its source computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from hawx_hw.graph import fast
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.quantize.calibration import quantize_layers

__all__ = ["Difference", "differences"]


@dataclass(frozen=True)
class Difference:
    """How far a layer is from the same layer in its source.

    Parameters
    ----------
    layer : str
    largest : float
        The largest difference: of a quantized network in codes, else relative to the largest value.
    share : float
        Of the numbers that differ, in [0, 1]: by half a code or more, or by more than 1e-4 of the
        largest value.
    """

    layer: str
    largest: float
    share: float

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def differences(
    network: ImportedNetwork, image: np.ndarray, source: Mapping[str, np.ndarray]
) -> Iterator[Difference]:
    """Yield the difference of each layer whose values in the source are known.

    Parameters
    ----------
    network : ImportedNetwork
        Of a quantized one, the integer graph is computed; else the layers in 32 bits.
    image : ndarray of uint8
        ``(C, H, W)``.
    source : mapping of str to ndarray of float64
        Values of the source by the layer's name, in the layer's shape.
    """
    for name, values, unit in _values(network, image):
        if name not in source:
            continue
        expected = source[name]
        step, tolerance = (unit, 0.5) if unit else (float(np.abs(expected).max()) or 1.0, 1e-4)
        distance = np.abs(values - expected) / step
        yield Difference(name, float(distance.max()), float(np.mean(distance > tolerance)))


def _values(
    network: ImportedNetwork, image: np.ndarray
) -> Iterator[tuple[str, np.ndarray, float | None]]:
    """Each layer's name, values, and the real value of one code where there are codes."""
    images = image[None]
    layers = network.layers
    if not network.quantized:
        for name, value in layers.evaluate(layers.inputs(images, np.float32)):
            yield name, value[0].numpy().astype(np.float64), None
        return
    graph = quantize_layers(layers, images, name="file")
    for name, codes in fast.run_all(graph, graph.codes(images)).items():
        tensor = graph.tensors[name]
        yield name, (codes[0].astype(np.float64) - tensor.zero_point) * tensor.scale, tensor.scale
