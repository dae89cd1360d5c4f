"""Layer-by-layer compensation of approximate blocks, at no cost in hardware."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.compensation.activation_rounding import round_activations
from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.joint_rounding import (
    check_choice,
    chosen_together,
    patches,
    round_together,
)
from hawx_hw.compensation.result import Compensation
from hawx_hw.compensation.weight_remapping import remap_weights
from hawx_hw.emulation import Emulator
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Node

if TYPE_CHECKING:
    from hawx_hw.config.compensation import WeightChoice
    from hawx_hw.util.progress import Progress

__all__ = ["compensate", "node_codes"]


def compensate(
    graph: Graph,
    assignment: Assignment,
    images: np.ndarray,
    *,
    bias_correction: bool = True,
    weights: WeightChoice = "together",
    activation_rounding: bool = True,
    progress: Progress | None = None,
) -> tuple[Graph, list[Compensation]]:
    """The graph with steps, weights and biases adapted to the blocks; its structure is the same.

    Activations are rounded first, then the weights of each layer in turn are remapped and its bias
    is corrected, on the calibration images' activations behind the approximate and corrected layers
    before it. A filter's error is measured against the exact products of the original weights with
    the same activations. Measured against the exact graph, errors of earlier layers would be
    counted again, and single filters changed too far (an accuracy drop of five percentage points
    for umitchell(w=3) on LeNet-5).

    The weights of a filter are chosen together (:mod:`hawx_hw.compensation.joint_rounding`), or one
    by one. That is done in two ways, and the one whose outputs are nearer to those of the exact
    graph on the calibration images is taken: all of them, by the least square of each weight's own
    error; or filter by filter, by the least error of its codes, unchanged weights included. Neither
    is always better: small errors of gain, which hardly show in single weights, add up over layers,
    while codes that are best after one layer are not always best after twenty. Where a block has no
    exact factors, so that its weights cannot be chosen together, all three ways are compared.

    Parameters
    ----------
    graph : Graph
    assignment : Assignment
        An assignment of exact blocks changes nothing.
    images : ndarray of int8
        Calibration codes ``(batch, *input shape)``.
    bias_correction, activation_rounding : bool
        Steps of the compensation.
    weights : str
        How weights are chosen: ``together``, which leaves their mean error to the bias correction,
        ``one_by_one``, or ``none``: as they are.
    progress : callable or None
        Called with the number of nodes done and their total.

    Returns
    -------
    Graph
        To be run under the same assignment.
    list of Compensation
        One for each layer with weights.

    Raises
    ------
    ValueError
        There are no images, the assignment names no node of the graph, or weights are to be chosen
        together without bias correction.
    """
    check_choice(weights, bias_correction)
    unknown = set(assignment) - {node.name for node in graph.nodes}
    if unknown:
        raise ValueError(f"Assignment must name nodes of the graph, not {sorted(unknown)!r}")
    if not len(images):
        raise ValueError("Compensation needs at least one image")
    rounded = round_activations(graph, assignment) if activation_rounding else graph
    exact = fast.run(graph, images).astype(np.int64)
    plans = _plans(assignment, weights)
    best: tuple[int, Graph, list[Compensation]] | None = None
    for turn, remapping in enumerate(plans):

        def report_progress(done: int, turn: int = turn) -> None:
            if progress:
                progress(turn * len(graph.nodes) + done, len(plans) * len(graph.nodes))

        changed, report, output = _layer_by_layer(
            graph, rounded, assignment, images, remapping, bias_correction, report_progress
        )
        error = int(((output - exact) ** 2).sum())
        if best is None or error < best[0]:
            best = error, changed, report
        if error == 0:
            report_progress(len(plans) * len(graph.nodes) - turn * len(graph.nodes))
            break
    assert best is not None
    return best[1:]


def _plans(assignment: Assignment, weights: WeightChoice) -> tuple[str, ...]:
    """The ways to choose weights that are tried."""
    if weights == "none":
        return ("none",)
    if weights == "one_by_one":
        return ("all", "best")
    blocks = (block for layer in assignment.values() for block in layer.blocks)
    return ("together",) if all(map(chosen_together, blocks)) else ("together", "all", "best")


def _layer_by_layer(
    graph: Graph,
    rounded: Graph,
    assignment: Assignment,
    images: np.ndarray,
    remapping: str,
    bias_correction: bool,
    progress: Callable[[int], None],
) -> tuple[Graph, list[Compensation], np.ndarray]:
    """The compensated graph, the report of each layer, and the output for ``images``.

    ``remapping`` is ``none``, ``all``, ``together``, or ``best``: the best way for each filter.
    """
    values = {graph.input: images}
    nodes: list[Node] = []
    report = []
    for number, (original, node) in enumerate(zip(graph.nodes, rounded.nodes, strict=True)):
        layer = assignment.get(node.name)
        if isinstance(node, (Conv2d, Linear)) and isinstance(original, (Conv2d, Linear)):
            source = node.inputs[0]
            zero_point = graph.tensors[source].zero_point
            histograms = tap_histograms(node, values[source], zero_point)
            if layer is not None and remapping != "none":
                taps = histograms.reshape(-1, 256).sum(axis=0)
                candidates = [remap_weights(node, layer, taps, zero_point)]
                if remapping == "best":
                    if _accepted(node, layer):
                        candidates.insert(0, node)
                    if bias_correction:
                        candidates.append(
                            remap_weights(node, layer, taps, zero_point, centered=True)
                        )
                    node = _best_filters(
                        rounded,
                        node,
                        candidates,
                        values,
                        layer,
                        histograms,
                        original,
                        bias_correction,
                    )
                elif remapping == "together":
                    read = patches(node, values[source], zero_point)
                    node = round_together(node, layer, read, taps, zero_point)
                else:
                    (node,) = candidates
            exact_mean = mean_sums(original, None, histograms)
            before = mean_sums(node, layer, histograms) - exact_mean
            after = before
            if bias_correction:
                node = correct_bias(node, before)
                after = mean_sums(node, layer, histograms) - exact_mean
            report.append(
                Compensation(
                    layer=node.name,
                    weights_changed=int(np.count_nonzero(node.weight != original.weight)),
                    weights=node.weight.size,
                    step=node.requantization.step,
                    error_before=float(np.abs(before).max()),
                    error_after=float(np.abs(after).max()),
                )
            )
        nodes.append(node)
        values[node.name] = node_codes(rounded, node, values, layer)
        progress(number + 1)
    output = values[graph.output].astype(np.int64)
    return replace(rounded, nodes=tuple(nodes)), report, output


def _accepted(node: Conv2d | Linear, layer: LayerBlocks) -> bool:
    """Whether the blocks accept the unchanged weights."""
    return all(
        np.isin(node.weight[layer.choice == index], block.weights).all()
        for index, block in enumerate(layer.blocks)
    )


def _best_filters(
    graph: Graph,
    node: Conv2d | Linear,
    candidates: list[Conv2d | Linear],
    values: dict[str, np.ndarray],
    layer: LayerBlocks,
    histograms: np.ndarray,
    original: Conv2d | Linear,
    bias_correction: bool,
) -> Conv2d | Linear:
    """Take each filter from the candidate whose codes have the least squared error.

    The squared errors of single weights do not determine the error of their sum: equal errors of
    gain add up, noise does not. So codes are compared with the exact ones for the same activations;
    no filter gets worse on the calibration images.
    """
    exact = node_codes(graph, original, values, None).astype(np.int64)
    axes = (0, *range(2, exact.ndim))
    errors = []
    for candidate in candidates:
        corrected = candidate
        if bias_correction:
            error = mean_sums(candidate, layer, histograms) - mean_sums(original, None, histograms)
            corrected = correct_bias(candidate, error)
        errors.append(((node_codes(graph, corrected, values, layer) - exact) ** 2).sum(axis=axes))
    best = np.argmin(errors, axis=0)
    filters = np.arange(len(best))
    return replace(
        node,
        weight=np.stack([candidate.weight for candidate in candidates])[best, filters],
        bias=np.stack([candidate.bias for candidate in candidates])[best, filters],
    )


def node_codes(
    graph: Graph,
    node: Node,
    values: Mapping[str, np.ndarray],
    layer: LayerBlocks | None,
    *,
    threads: int | None = None,
) -> np.ndarray:
    """Codes of one node, from those of its inputs.

    Parameters
    ----------
    graph : Graph
        It has the node's tensors.
    node : Node
    values : mapping of str to ndarray of int8
        ``(batch, *shape)`` of each input.
    layer : LayerBlocks or None
        None: exact.
    threads : int or None
        Of the emulator.
    """
    inputs = [values[name] for name in node.inputs]
    if layer is None:
        return fast.evaluate(node, inputs, graph.tensors[node.inputs[0]].zero_point)
    alone = Graph(
        name=node.name,
        input=node.inputs[0],
        nodes=(node,),
        tensors={name: graph.tensors[name] for name in (node.inputs[0], node.name)},
    )
    return Emulator(alone, threads=threads, memory=0).run(inputs[0], {node.name: layer})
