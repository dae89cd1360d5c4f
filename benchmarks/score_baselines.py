"""Scores of the literature: sums of block statistics, and drops layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hawx_hw.blocks import Block
from hawx_hw.blocks.statistics import statistics
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.joint_rounding import patches
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.quantize import codes
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.scores import losses
from hawx_hw.scores.variants import Variant

__all__ = ["baselines"]

#: Training images on which single layers are evaluated; fewer for networks with more
#: multiplications than these.
_IMAGES, _FEWER = 512, 64
_LARGE = 10_000_000


def baselines(
    graph: Graph,
    profile: Profile,
    choices: np.ndarray,
    blocks: Sequence[Block],
    seen: Split,
    threads: int,
) -> dict[str, np.ndarray]:
    """Scores of assignments ``(assignments,)`` by name.

    Statistics of a block are weighted by its multiplications. The drop of a single layer is
    weighted by the block's share of the layer's multiplications.
    """
    errors = [statistics(block) for block in blocks]
    sums = {
        "sum of MAE": np.array([f.mae for f in errors]) * profile.macs[:, None],
        "sum of MRE": np.array([f.mre for f in errors]) * profile.macs[:, None],
    }
    whole = np.bincount(profile.unit_layer, weights=profile.macs)
    share = (profile.macs / whole[profile.unit_layer])[:, None]
    drop, loss = _alone(graph, profile, blocks, seen, threads)
    sums["one at a time, accuracy drop"] = drop[profile.unit_layer] * share
    sums["one at a time, loss"] = loss[profile.unit_layer] * share
    units = np.arange(profile.units)
    return {name: values[units, choices].sum(axis=1) for name, values in sums.items()}


def _alone(
    graph: Graph, profile: Profile, blocks: Sequence[Block], seen: Split, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy drop and added loss of each layer with each block: ``(layers, blocks)`` each."""
    count = _FEWER if graph.macs > _LARGE else _IMAGES
    images, labels = codes(seen.images[:count]), seen.labels[:count]
    values = fast.run_all(graph, images)
    tensor = graph.tensors[graph.output]

    def accuracy_and_loss(output: np.ndarray) -> tuple[float, float]:
        real = (
            output.reshape(len(output), -1).astype(np.float64) - tensor.zero_point
        ) * tensor.scale
        return 100 * float((real.argmax(axis=1) == labels).mean()), float(losses(real, labels))

    exact = accuracy_and_loss(values[graph.output])
    drop, loss = np.zeros((2, len(profile.layers), len(blocks)))
    nodes = {node.name: node for node in graph.nodes}
    for index, name in enumerate(profile.layers):
        node = nodes[name]
        assert isinstance(node, (Conv2d, Linear))
        zero_point = graph.tensors[node.inputs[0]].zero_point
        histograms = tap_histograms(node, values[node.inputs[0]], zero_point)
        read = None
        if profile.weight_choice == "together":
            read = patches(node, values[node.inputs[0]], zero_point)
        for number, block in enumerate(blocks):
            variant = Variant(
                node,
                block,
                np.ones(node.weight.shape[1:], dtype=bool),
                histograms,
                graph.tensors,
                bias_correction=profile.bias_correction,
                remapped=profile.weight_choice != "none",
                activations=read,
                threads=threads,
            )
            if not variant.changes:
                continue
            changed = replace(
                graph, nodes=tuple(variant.node if n.name == name else n for n in graph.nodes)
            )
            emulator = Emulator(changed, threads=threads, memory=0)
            points, added = accuracy_and_loss(emulator.run(images, {name: variant.blocks}))
            drop[index, number], loss[index, number] = exact[0] - points, added - exact[1]
    return drop, loss
