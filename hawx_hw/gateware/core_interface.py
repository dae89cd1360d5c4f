"""The contract between a compute core and the shell around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.debug import DebugFormat
from hawx_hw.gateware.layout import TensorLayout, index_width
from hawx_hw.gateware.trap import TrapFormat

__all__ = ["CoreSignature"]


class CoreSignature(wiring.Signature):
    """The port of a core that runs whole inferences by itself, seen from the core.

    Parameters
    ----------
    word_codes : int
        Codes (bytes) in a memory word, >= 1.
    image_shape, result_shape : tuple of int
        Shapes of the input and of the output tensor, ``(channels, height, width)`` or
        ``(features,)``.
    result_positions : sequence of int or None
        Where the channels of the output lie, see :class:`~.layout.TensorLayout`.
    layers : int
        Number of layers, >= 1.
    memories : sequence of (int, int)
        ``(width in bits, depth in words)`` of each memory that the host loads, in the order of the
        parameter packet. Empty where the parameters are built in.
    image_pixels_per_word : int
        Neighboring pixels of the image in one word, see :class:`~.layout.TensorLayout`.
    trap : TrapFormat or None
        What the core reports when it gives an inference up; None where it never does.
    debug : DebugFormat or None
        How it is halted, stepped and read; None where it is not.

    Members
    -------
    start : In(1)
        One-cycle pulse, only while not busy: run one inference on the image in the input buffer.
    busy : Out(1)
        High from the cycle after ``start`` up to and including the cycle of ``done``.
    done : Out(1)
        One-cycle pulse: the last result word has been written (in this cycle at the latest).
    input_release : Out(1)
        One-cycle pulse between ``start`` and ``done``: this inference reads the image no more.
    image : In(stream of {address, data})
        One word of the image a transfer; the address counts from the start of the tensor. ``ready``
        is low while the core needs the memory's port, and depends on registers of the core only.
    result : Out({valid, address, data})
        One word of the result a cycle; never stalls.
    result_free : In(1)
        The result buffer may be overwritten. Low from the cycle after ``done`` until the result has
        been sent; the core samples it before its last layer starts, and waits while it is low.
    parameter : In({valid, memory, address, data})
        One word of one parameter memory a cycle, never during an inference. A memory narrower than
        the widest takes the low bits. Absent where ``memories`` is empty.
    layer : Out
        Index of the layer that runs.
    layer_done : Out(1)
        One-cycle pulse at the end of each layer, the last one's in the cycle of ``done`` at the
        latest.
    trap : Out(TrapFormat.signature)
        One-cycle pulse between ``start`` and where ``done`` would have been, at most one an
        inference: the inference ends without ``done`` and without a result. The image is released
        and ``busy`` falls as usual. Absent where ``trap`` is None.
    watchdog : In(1)
        The inference takes too long: the core gives it up with a trap, as if it failed in the first
        cycle in which this is high and ``busy`` too. Absent where ``trap`` is None.
    debug : Out(DebugFormat.signature)
        Absent where ``debug`` is None.

    Notes
    -----
    The module of the core also has the signals of a :class:`~.write_trace.WriteTrace`, which are no
    members: the verification reads them in the simulation, and fails where one is missing.
    """

    def __init__(
        self,
        *,
        word_codes: int,
        image_shape: tuple[int, ...],
        result_shape: tuple[int, ...],
        layers: int,
        result_positions: Sequence[int] | None = None,
        memories: Sequence[tuple[int, int]] = (),
        image_pixels_per_word: int = 1,
        trap: TrapFormat | None = None,
        debug: DebugFormat | None = None,
    ):
        if layers < 1:
            raise ValueError(f"Layers must be a positive number, not {layers!r}")
        for width, depth in memories:
            if width < 1 or depth < 1:
                raise ValueError(f"Memory must have width and depth >= 1, not {(width, depth)!r}")
        self._image = TensorLayout(
            tuple(image_shape), word_codes, pixels_per_word=image_pixels_per_word
        )
        positions = None if result_positions is None else tuple(result_positions)
        self._result = TensorLayout(tuple(result_shape), word_codes, positions)
        self._layers = layers
        self._trap, self._debug = trap, debug
        self._memories = tuple((int(width), int(depth)) for width, depth in memories)

        word = unsigned(8 * word_codes)
        members: dict[str, wiring.Member] = {
            "start": In(1),
            "busy": Out(1),
            "done": Out(1),
            "input_release": Out(1),
            "image": In(
                stream.Signature(
                    data.StructLayout(
                        {"address": unsigned(index_width(self._image.words)), "data": word}
                    )
                )
            ),
            "result": Out(
                wiring.Signature(
                    {
                        "valid": Out(1),
                        "address": Out(index_width(self._result.words)),
                        "data": Out(word),
                    }
                )
            ),
            "result_free": In(1),
            "layer": Out(index_width(layers)),
            "layer_done": Out(1),
        }
        if self._memories:
            members["parameter"] = In(
                wiring.Signature(
                    {
                        "valid": Out(1),
                        "memory": Out(index_width(len(self._memories))),
                        "address": Out(index_width(max(depth for _, depth in self._memories))),
                        "data": Out(max(width for width, _ in self._memories)),
                    }
                )
            )
        if trap is not None:
            members["trap"] = Out(trap.signature)
            members["watchdog"] = In(1)
        if debug is not None:
            members["debug"] = Out(debug.signature)
        super().__init__(members)

    @property
    def word_codes(self) -> int:
        """Bytes in a memory word."""
        return self._image.word_codes

    @property
    def image_layout(self) -> TensorLayout:
        """Layout of the input tensor."""
        return self._image

    @property
    def result_layout(self) -> TensorLayout:
        """Layout of the output tensor."""
        return self._result

    @property
    def layers(self) -> int:
        """Number of layers."""
        return self._layers

    @property
    def memories(self) -> tuple[tuple[int, int], ...]:
        """Width and depth of each memory that is loaded."""
        return self._memories

    @property
    def trap(self) -> TrapFormat | None:
        """What the core reports when it gives an inference up."""
        return self._trap

    @property
    def debug(self) -> DebugFormat | None:
        """How it is halted, stepped and read."""
        return self._debug

    @property
    def loadable(self) -> bool:
        """Whether the host loads the parameters."""
        return bool(self._memories)

    @property
    def parameter_bytes(self) -> int:
        """Bytes of the parameter packet; 0 where the parameters are built in."""
        return sum(-(-width // 8) * depth for width, depth in self._memories)

    def _key(self) -> tuple[Any, ...]:
        return (
            self._image,
            self._result,
            self._layers,
            self._memories,
            self._trap,
            self._debug,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CoreSignature) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return (
            f"CoreSignature(word_codes={self.word_codes}, image_shape={self._image.shape}, "
            f"result_shape={self._result.shape}, "
            f"result_positions={self._result.positions}, layers={self._layers}, "
            f"memories={self._memories}, "
            f"image_pixels_per_word={self._image.pixels_per_word}, trap={self._trap}, "
            f"debug={self._debug})"
        )
