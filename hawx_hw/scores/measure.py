"""Measurement of a profile: a calibration pass, backward passes, and one emulation a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from hawx_hw.assignment.accepted import check_codes
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import Block
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.joint_rounding import POSITIONS, check_choice, patches
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear, node_macs
from hawx_hw.scores.jacobian import logit_jacobians
from hawx_hw.scores.layer import LayerProfile
from hawx_hw.scores.moments import Moments, filter_moments, operation_moments
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.reach import carriers
from hawx_hw.scores.rounding import input_steps, rounded_input
from hawx_hw.scores.variants import Variant

if TYPE_CHECKING:
    from hawx_hw.config.compensation import WeightChoice
    from hawx_hw.util.progress import Progress

__all__ = ["measure"]

#: Bytes of Jacobians at a time: images are processed in batches that fit.
_BATCH_BYTES = 384 * 2**20


def measure(
    graph: Graph,
    blocks: Sequence[Block],
    images: np.ndarray,
    labels: np.ndarray,
    *,
    bias_correction: bool = True,
    weights: WeightChoice = "together",
    activation_rounding: bool = False,
    slices: Mapping[str, np.ndarray] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Profile:
    """Profile a network with a list of blocks.

    Every layer is emulated on the exact network's activations, once for each block (and slice),
    with the bias and the weights that compensate for that block; the errors of its codes are
    propagated to the next weights exactly (:mod:`~hawx_hw.scores.reach`), and from there to the
    logits by the Jacobian. Filters do not interact on that way, so that a single emulation gives
    the errors of all of them. The effects of slices of one filter are assumed to add up.

    Parameters
    ----------
    graph : Graph
        A graph whose output has one code for each class.
    blocks : sequence of Block
        No two with the same table; the exact one too where units may be exact: its scores are zero.
    images : ndarray of int8
        Calibration codes ``(n, *input shape)``, n >= 1.
    labels : ndarray of int64
        ``(n,)``, each a class.
    bias_correction : bool
        As in :mod:`hawx_hw.compensation.layerwise`.
    weights : str
        How weights are chosen, as there; those of slices one by one at most.
    activation_rounding : bool
        Let layers read activations that were rounded for their block, wherever possible. True
        suits assignments in which all readers of a tensor drop the same bits, as by layer.
    slices : mapping of str to ndarray of int, or None
        The slice of every tap of some layers, of shape ``weight.shape[1:]``, counted from 0; left
        out: filters are whole.
    threads : int or None
        Threads of the emulator; torch has its own.
    progress : callable or None
        Called with the number of images done and their total.

    Raises
    ------
    ValueError
        No images or blocks, wrong labels, slices of a wrong shape, weights chosen together without
        bias correction.
    UserError
        A block does not accept the codes that may occur.
    """
    _check(graph, blocks, images, labels)
    check_choice(weights, bias_correction)
    weighted = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    for block in blocks:
        uniform = {n.name: LayerBlocks.uniform(block, n.weight.shape) for n in weighted}
        check_codes(graph, uniform, weights=weights == "none")
    parts = _slices(weighted, slices or {})
    size = sum(tensor.size for tensor in graph.tensors.values())
    step = max(1, _BATCH_BYTES // (8 * graph.tensors[graph.output].size * size))
    batches = [images[start : start + step] for start in range(0, len(images), step)]
    steps_by_block = [
        input_steps(graph, block) if activation_rounding else dict.fromkeys(parts, 1)
        for block in blocks
    ]
    histograms, read = _codes(graph, weighted, steps_by_block, batches, weights == "together")
    variants = {
        node.name: [
            [
                Variant(
                    node,
                    block,
                    parts[node.name] == part,
                    histograms[node.name, steps[node.name]],
                    graph.tensors,
                    bias_correction=bias_correction,
                    remapped=weights != "none",
                    activations=read.get((node.name, steps[node.name])),
                    threads=threads,
                    step=steps[node.name],
                )
                for block, steps in zip(blocks, steps_by_block, strict=True)
            ]
            for part in range(int(parts[node.name].max()) + 1)
        ]
        for node in weighted
    }
    units = [len(node.weight) * len(variants[node.name]) for node in weighted]
    axes = (sum(units), len(blocks), len(images), graph.tensors[graph.output].size)
    shifts = np.empty(axes, dtype=np.float32)
    own = np.split(shifts, np.cumsum(units)[:-1])
    layers, logits = _run(graph, weighted, variants, own, batches, progress)
    return Profile(
        network=graph.name,
        layers=tuple(node.name for node in weighted),
        blocks=tuple(block.name for block in blocks),
        digests=tuple(block.digest for block in blocks),
        bias_correction=bias_correction,
        weight_choice=weights,
        activation_rounding=activation_rounding,
        slices=tuple(parts[node.name] for node in weighted),
        labels=labels.astype(np.int64),
        logits=logits,
        shifts=shifts,
        code_square=np.concatenate([layer.squares() for layer in layers]),
        gain=np.concatenate([layer.gain() for layer in layers]),
        fisher=np.concatenate([layer.fisher() for layer in layers]),
        **_units(graph, weighted, parts),
        **_moments(weighted, parts, variants, histograms, bias_correction),
    )


def _run(
    graph: Graph,
    weighted: Sequence[Conv2d | Linear],
    variants: Mapping[str, Sequence[Sequence[Variant]]],
    shifts: Sequence[np.ndarray],
    batches: Sequence[np.ndarray],
    progress: Progress | None,
) -> tuple[list[LayerProfile], np.ndarray]:
    """Emulations and backward passes, batch after batch; the layers, and the exact logits."""
    chains = carriers(graph)
    layers = [
        LayerProfile(graph, node, chains[node.name], variants[node.name], own)
        for node, own in zip(weighted, shifts, strict=True)
    ]
    output = graph.tensors[graph.output]
    logits = []
    done, total = 0, sum(map(len, batches))
    for batch in batches:
        codes = fast.run_all(graph, batch)
        outputs = codes[graph.output].reshape(-1, output.size).astype(np.float64)
        logits.append((outputs - output.zero_point) * output.scale)
        jacobians = logit_jacobians(
            graph,
            codes,
            tensors=sorted({layer.end for layer in layers}),
            sums=[node.name for node in weighted],
        )
        for layer in layers:
            layer.add(codes, jacobians, softmax(logits[-1], axis=1))
        done += len(batch)
        if progress:
            progress(done, total)
    return layers, np.concatenate(logits)


def _check(graph: Graph, blocks: Sequence[Block], images: np.ndarray, labels: np.ndarray) -> None:
    if not len(images) or len(images) != len(labels):
        raise ValueError(
            f"A profile needs as many labels as images and at least one, "
            f"not {len(labels)} and {len(images)}"
        )
    classes = graph.tensors[graph.output].size
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"Labels must be in [0, {classes}), not in [{labels.min()}, {labels.max()}]"
        )
    if not blocks or len({block.digest for block in blocks}) != len(blocks):
        raise ValueError("Blocks must be at least one, and no two of the same table")


def _slices(
    weighted: Sequence[Conv2d | Linear], slices: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    unknown = sorted(set(slices) - {node.name for node in weighted})
    if unknown:
        raise ValueError(f"Slices must be of convolutions or linear layers, not of {unknown!r}")
    parts = {}
    for node in weighted:
        shape = node.weight.shape[1:]
        part = np.asarray(slices.get(node.name, np.zeros(shape, dtype=np.int32)))
        if part.shape != shape or set(np.unique(part)) != set(range(int(part.max()) + 1)):
            raise ValueError(
                f"Slices of {node.name!r} must be of shape {shape} and counted from 0 without gaps"
            )
        parts[node.name] = part.astype(np.int32)
    return parts


def _codes(
    graph: Graph,
    weighted: Sequence[Conv2d | Linear],
    steps_by_block: Sequence[Mapping[str, int]],
    batches: Sequence[np.ndarray],
    together: bool,
) -> tuple[dict[tuple[str, int], np.ndarray], dict[tuple[str, int], np.ndarray]]:
    """The calibration pass, by layer and step.

    Histograms of codes at each tap, and codes at some positions (of :func:`patches`) where weights
    are chosen together.
    """
    histograms: dict[tuple[str, int], np.ndarray] = {}
    positions: dict[tuple[str, int], list[np.ndarray]] = {}
    total = sum(map(len, batches))
    for images in batches:
        codes = fast.run_all(graph, images)
        count = -(-POSITIONS * len(images) // total)
        for node in weighted:
            zero_point = graph.tensors[node.inputs[0]].zero_point
            for step in sorted({1, *(steps[node.name] for steps in steps_by_block)}):
                source = rounded_input(graph, node, step, codes)
                counts = tap_histograms(node, source, zero_point)
                key = node.name, step
                histograms[key] = histograms[key] + counts if key in histograms else counts
                if together:
                    positions.setdefault(key, []).append(patches(node, source, zero_point, count))
    return histograms, {key: np.concatenate(read, axis=1) for key, read in positions.items()}


def _units(
    graph: Graph, weighted: Sequence[Conv2d | Linear], parts: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    entries = []
    for index, node in enumerate(weighted):
        counts = np.bincount(parts[node.name].ravel())
        pixels = node_macs(node, graph.tensors[node.name].shape) // node.weight.size
        for unit in range(len(node.weight)):
            entries += [(index, unit, part, int(n) * pixels) for part, n in enumerate(counts)]
    arrays = np.array(entries, dtype=np.int64).T
    names = ("unit_layer", "unit_filter", "unit_slice", "macs")
    return dict(zip(names, arrays, strict=True))


def _moments(
    weighted: Sequence[Conv2d | Linear],
    parts: Mapping[str, np.ndarray],
    variants: Mapping[str, Sequence[Sequence[Variant]]],
    histograms: Mapping[tuple[str, int], np.ndarray],
    bias_correction: bool,
) -> dict[str, np.ndarray]:
    """Everything that follows from histograms; the bias removes mean errors of sums."""
    filters: list[list[Moments]] = []
    operations: list[list[Moments]] = []
    for node in weighted:
        whole: list[Moments] = []
        by_tap: list[Moments] = []
        for variant in variants[node.name][0]:
            counts = histograms[node.name, variant.step]
            errors = variant.errors()
            whole.append(operation_moments(errors, counts.reshape(-1, 256).sum(axis=0)))
            by_tap.append(operation_moments(errors, counts))
        operations.append(whole)
        slices = [
            [filter_moments(m, node.weight, parts[node.name] == part) for m in by_tap]
            for part in range(len(variants[node.name]))
        ]
        for unit in range(len(node.weight)):
            filters += [
                [Moments(m.mean[unit], m.variance[unit], m.absolute[unit]) for m in moments]
                for moments in slices
            ]
    arrays = {
        name: np.array([[getattr(m, name) for m in moments] for moments in filters])
        for name in ("mean", "variance", "absolute")
    }
    if bias_correction:
        arrays["mean"] = np.zeros_like(arrays["mean"])
    for name in ("mean", "variance", "absolute"):
        arrays[f"operation_{name}"] = np.array(
            [[getattr(m, name) for m in moments] for moments in operations]
        )
    arrays["activations"] = np.stack(
        [histograms[node.name, 1].reshape(-1, 256).sum(axis=0) for node in weighted]
    )
    arrays["weights"] = np.stack(
        [
            np.bincount(node.weight.ravel().astype(np.int64) + 128, minlength=256)
            for node in weighted
        ]
    )
    return arrays
