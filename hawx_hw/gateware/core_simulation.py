"""Runs a core in Amaranth's simulator: image in, result, writes and cycles out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hawx_hw.gateware.simulation import simulate, stream_put, until

__all__ = ["Inference", "run_core"]


@dataclass
class Inference:
    """What one inference did.

    Parameters
    ----------
    result : ndarray of int8
        Of the network's output shape.
    layer_cycles : list of int
        Cycles from ``start`` (or the end of the layer before) to the end of each layer.
    writes : list of list of (int, bytes)
        Address and codes of each word that each layer stored, in order.
    """

    result: np.ndarray
    layer_cycles: list[int] = field(default_factory=list)
    writes: list[list[tuple[int, bytes]]] = field(default_factory=list)


def run_core(
    core: Any,
    images: np.ndarray,
    *,
    parameters: Sequence[Sequence[int]] = (),
    probe: Callable[[Any, Any], None] | None = None,
    limit: int = 1_000_000,
) -> list[Inference]:
    """Simulate inferences, one after another; each image is written while the one before computes.

    Parameters
    ----------
    core : component
        With a :class:`~.core_interface.CoreSignature` and a :class:`~.write_trace.WriteTrace`.
    images : ndarray of int8
        ``(images, *input shape)``.
    parameters : sequence of sequence of int
        Words of each memory of a core whose parameters are loaded, written before the images.
    probe : callable or None
        Called after each cycle with the simulation's context and the core.
    limit : int
        Cycles after which the simulation fails with TimeoutError.
    """
    inferences: list[Inference] = []
    word_codes = core.signature.word_codes

    async def load(ctx: Any) -> None:
        port = core.parameter
        ctx.set(port.valid, 1)
        for memory, words in enumerate(parameters):
            for address, word in enumerate(words):
                ctx.set(port.memory, memory)
                ctx.set(port.address, address)
                ctx.set(port.data, word)
                await ctx.tick()
        ctx.set(port.valid, 0)

    async def send(ctx: Any) -> None:
        if parameters:
            await load(ctx)
        for number, image in enumerate(images):
            if number:
                await until(ctx, core.input_release)
            words = core.signature.image_layout.words_of(_packet(image))
            payloads = [{"address": at, "data": word} for at, word in enumerate(words)]
            await stream_put(ctx, core.image, payloads)
            while ctx.get(core.busy):
                await ctx.tick()
            ctx.set(core.start, 1)
            await ctx.tick()
            ctx.set(core.start, 0)

    async def watch(ctx: Any) -> None:
        ctx.set(core.result_free, 1)
        for _ in images:
            await until(ctx, core.start & ~core.busy)
            words = [0] * core.signature.result_layout.words
            inference = Inference(np.zeros(0), writes=[[]])
            done, cycles = False, 0
            while not done:
                cycles += 1
                *_, done, ends, stored, address, codes, written, at, word = await ctx.tick().sample(
                    core.done,
                    core.layer_done,
                    core.trace.valid,
                    core.trace.address,
                    core.trace.data,
                    core.result.valid,
                    core.result.address,
                    core.result.data,
                )
                if stored:
                    inference.writes[-1].append((address, codes.to_bytes(word_codes, "little")))
                if written:
                    words[at] = word
                if ends:
                    inference.layer_cycles.append(cycles - sum(inference.layer_cycles))
                    inference.writes.append([])
            inference.writes.pop()
            packet = core.signature.result_layout.packet_of(words)
            inference.result = _tensor(packet, core.signature.result_layout.shape)
            inferences.append(inference)

    async def look(ctx: Any) -> None:
        while probe is not None:
            await ctx.tick()
            probe(ctx, core)

    simulate(core, send, watch, background=(look,) if probe else (), limit=limit)
    return inferences


def _packet(image: np.ndarray) -> bytes:
    """Pixels in raster order, the channels of one pixel together."""
    return (image.transpose(1, 2, 0) if image.ndim == 3 else image).tobytes()


def _tensor(packet: bytes, shape: tuple[int, ...]) -> np.ndarray:
    codes = np.frombuffer(packet, dtype=np.int8)
    if len(shape) == 1:
        return codes
    channels, height, width = shape
    return codes.reshape(height, width, channels).transpose(2, 0, 1)
