"""Which layer makes one version of a network choose another class than the version before.

For an image whose class changes, the tensors of the new version replace those of the old one, layer
by layer from the input on, and the old version computes the rest. The first layer up to which that
must be done for another class is the one named. It need not be the only one at fault: the noise of
the layers before it is in the image's way there too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from hawx_hw.graph import fast
from hawx_hw.graph.graph import Node
from hawx_hw.inspection.measurement import Measurement
from hawx_hw.inspection.result import Flips
from hawx_hw.inspection.versions import Batch, Versions, real_values

__all__ = ["first_changes", "flips"]

#: Flipped images of which the first layer is looked for; more would take longer and show the same.
_EXAMINED = 64

_Values = Mapping[str, np.ndarray]
_Evaluate = Callable[[Node, list[np.ndarray]], np.ndarray]


def first_changes(
    nodes: Sequence[Node], source: str, old: np.ndarray, new: _Values, evaluate: _Evaluate
) -> np.ndarray:
    """The first layer up to which tensors must be replaced for another class.

    Parameters
    ----------
    nodes : sequence of Node
        In the order of computation; the last one's output decides the class.
    source : str
        The name of the input.
    old : ndarray of int64
        ``(images,)``: the classes of the old version.
    new : mapping of str to ndarray
        All tensors of the new version.
    evaluate : callable
        Computes a node of the old version.

    Returns
    -------
    ndarray of int64
        ``(images,)``: the index of the node, -1 for the input; -2 where the class is the same with
        all of them.
    """
    first = np.full(len(old), -2)
    left = np.arange(len(old))
    for index in range(-1, len(nodes)):
        replaced = [source, *(node.name for node in nodes[: index + 1])]
        values = {name: new[name][left] for name in _read(nodes[index + 1 :], replaced)}
        for node in nodes[index + 1 :]:
            values[node.name] = evaluate(node, [values[name] for name in node.inputs])
        result = values.get(nodes[-1].name, new[nodes[-1].name][left])
        changed = result.reshape(len(left), -1).argmax(axis=1) != old[left]
        first[left[changed]] = index
        left = left[~changed]
        if not len(left):
            break
    return first


def _read(nodes: Sequence[Node], names: Sequence[str]) -> set[str]:
    return {name for node in nodes for name in node.inputs} & set(names)


def flips(
    versions: Versions, measurement: Measurement, images: np.ndarray, labels: np.ndarray
) -> tuple[Flips, ...]:
    """The flips from float to int8, and from int8 to the network that is built.

    Parameters
    ----------
    versions : Versions
    measurement : Measurement
        Of these images.
    images : ndarray of uint8
        ``(n, *input shape)``
    labels : ndarray of int64
        ``(n,)``
    """
    steps = [(("float", "int8"), measurement.real, measurement.int8)]
    if measurement.built is not None:
        steps.append((("int8", "built"), measurement.int8, measurement.built))
    return tuple(
        _step(versions, names, old.argmax(axis=1), new.argmax(axis=1), images, labels)
        for names, old, new in steps
    )


def _step(
    versions: Versions,
    names: tuple[str, str],
    old: np.ndarray,
    new: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
) -> Flips:
    flipped = np.flatnonzero(old != new)
    examined = flipped[:_EXAMINED]
    first: Counter[str] = Counter()
    nodes, source = versions.graph.nodes, versions.graph.input
    start = 0
    for batch in versions.batches(images[examined]) if len(examined) else ():
        stop = start + len(batch.int8[source])
        tensors, evaluate = _replacement(versions, batch, names[1])
        indices = first_changes(nodes, source, old[examined[start:stop]], tensors, evaluate)
        first.update(source if index == -1 else nodes[index].name for index in indices)
        start = stop
    order = [source, *(node.name for node in nodes)]
    return Flips(
        versions=names,
        flipped=len(flipped),
        worse=int((old[flipped] == labels[flipped]).sum()),
        better=int((new[flipped] == labels[flipped]).sum()),
        examined=len(examined),
        first={name: first[name] for name in order if first[name]},
    )


def _replacement(versions: Versions, batch: Batch, new: str) -> tuple[_Values, _Evaluate]:
    """The tensors of a new version, and how the version before it computes a node."""
    graph = versions.graph
    if new == "int8":
        real = {name: real_values(codes, graph.tensors[name]).numpy()
                for name, codes in batch.int8.items()}  # fmt: skip
        return real, lambda node, inputs: _real_output(versions, node, inputs)
    assert batch.built is not None
    return batch.built, lambda node, inputs: fast.evaluate(
        node, inputs, graph.tensors[node.inputs[0]].zero_point
    )


def _real_output(versions: Versions, node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    with torch.inference_mode():
        return versions.real_output(node, [torch.from_numpy(each) for each in inputs]).numpy()
