"""The operands of the lanes while they compute a layer, in the order in which they flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hawx_hw.architectures.base import OperandStream, sampled_steps
from hawx_hw.architectures.simt.compile import Compiled, CompiledLayer
from hawx_hw.architectures.simt.runner import taps_of
from hawx_hw.architectures.simt.schedule import Scheduled

__all__ = ["layers_of", "operand_stream"]


def layers_of(compiled: Compiled) -> dict[str, CompiledLayer]:
    """The layers that multiply, by each name that they have: node and stored tensor."""
    named: dict[str, CompiledLayer] = {}
    for layer in compiled.layers:
        if layer.operation.multiplies:
            named.setdefault(layer.operation.node.name, layer)
            named.setdefault(layer.operation.name, layer)
    return named


def operand_stream(
    compiled: Compiled,
    scheduled: Sequence[Scheduled],
    layer: str,
    values: Mapping[str, np.ndarray],
    limit: int,
) -> OperandStream:
    """What the lanes multiply while the unit computes a layer, a step for each tap.

    Lanes that the predicate has off keep what they had; here they multiply zeros.

    Parameters
    ----------
    compiled : Compiled
    scheduled : sequence of Scheduled
        All instructions of an inference.
    layer : str
        A name of :func:`layers_of`.
    values : mapping of str to ndarray of int8
        Codes of every tensor for some images.
    limit : int
        The most steps; see :func:`~hawx_hw.architectures.base.sampled_steps`.

    Raises
    ------
    ValueError
        There is no such layer, or ``limit`` is less than one step an image.
    """
    named = layers_of(compiled)
    if layer not in named:
        raise ValueError(f"layer must be one of {', '.join(named)}, not {layer!r}")
    own = named[layer]
    number = compiled.layers.index(own)
    source = own.sources[0]
    issues = [
        each
        for each in scheduled
        if each.layer == number and each.issue.instruction.mnemonic == "MAC"
    ]
    codes = values[own.operation.sources[0]].reshape(-1, *source.shape)
    lengths = [_length(compiled, each) for each in issues]
    total = sum(lengths)
    parts = []
    for image, taken in zip(codes, sampled_steps(total, len(codes), limit), strict=True):
        memory, at = source.memory(image), 0
        for each, length in zip(issues, lengths, strict=True):
            first, end = (min(max(step - at, 0), length) for step in (taken.start, taken.stop))
            if first < end:
                flow = _flow(compiled, own, each, memory)
                parts.append([part[first:end] for part in flow])
            at += length
    weights, activations, blocks = (np.concatenate(part) for part in zip(*parts, strict=True))
    return OperandStream(weights, activations, blocks, total)


def _length(compiled: Compiled, scheduled: Scheduled) -> int:
    stream = compiled.program.streams[scheduled.issue.instruction.d]
    return stream.positions * stream.taps * stream.window * scheduled.issue.scalars[4]


def _flow(
    compiled: Compiled, layer: CompiledLayer, scheduled: Scheduled, memory: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, activations and blocks of one instruction: each ``(steps, lanes)``.

    A run of taps into each register, then the next position.
    """
    program, issue = compiled.program, scheduled.issue
    unit, stream = program.unit, program.streams[issue.instruction.d]
    taps = taps_of(program, stream, issue.scalars)
    own = unit.group_lanes(stream.groups)
    words = np.where(taps.inside, taps.words - layer.sources[0].first, 0)
    # Groups beyond the last pixel may read what lies behind the map.
    seen = memory[np.minimum(words, len(memory) - 1), taps.bytes]
    codes = np.where(taps.inside, seen, stream.pad)
    activations = np.repeat(codes.reshape(-1, stream.groups), own, axis=1)
    lanes = taps.parts[..., None] * own + np.arange(own)
    read = program.weights[taps.weights[..., None], lanes]  # positions, taps, lanes of a group
    every = np.broadcast_to(read[:, None], (len(read), taps.words.shape[1], *read.shape[1:]))
    weights = np.tile(every.reshape(-1, own), stream.groups)
    blocks = np.broadcast_to(program.lanes.choice[stream.selection], weights.shape)
    on = issue.lanes
    return (
        np.where(on, weights, 0).astype(np.int8),
        np.where(on, activations, 0).astype(np.int8),
        blocks,
    )
