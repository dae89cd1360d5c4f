"""Puts drawings together: units and memories by name, and the shell, which all architectures have.

The shell is at the top: the image loader on the left, the registers in the middle, the result
streamer on the right, each below its port. :data:`LEFT`, :data:`MIDDLE` and :data:`RIGHT` are the
places of three boxes side by side, and :data:`TOP` is where the core may begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hawx_hw.architectures.drawing import (
    Bus,
    Caption,
    Drawing,
    DrawnBlock,
    DrawnMemory,
    DrawnUnit,
)
from hawx_hw.gateware.names import BLOCK
from hawx_hw.gateware.shell import shell_memories
from hawx_hw.util.macros import SDP_RAM

if TYPE_CHECKING:
    from hawx_hw.blocks.block import Block
    from hawx_hw.gateware.core_interface import CoreSignature

__all__ = [
    "BOX",
    "DRAWER",
    "LEFT",
    "LEFT_EDGE",
    "LEFT_INNER",
    "MIDDLE",
    "RIGHT",
    "RIGHT_EDGE",
    "TOP",
    "WIDTH_OF_BOX",
    "Canvas",
    "cell_size",
    "drawn_blocks",
    "shares",
    "size_text",
]

#: x of three boxes side by side, each with the width of a shell's unit.
LEFT, MIDDLE, RIGHT = 20.0, 164.0, 308.0
WIDTH_OF_BOX = 124.0
#: x of lines that pass all boxes.
LEFT_EDGE, LEFT_INNER, RIGHT_EDGE = 4.0, 12.0, 444.0
#: Height of a unit, and of a memory right below its unit.
BOX, DRAWER = 28.0, 18.0
_PORT_HEIGHT, _SHELL = 18.0, 32.0
#: y below the shell.
TOP = 104.0


class Canvas:
    """A drawing in the making."""

    def __init__(self) -> None:
        self._units: list[DrawnUnit] = []
        self._memories: list[DrawnMemory] = []
        self._buses: list[Bus] = []
        self._captions: list[Caption] = []

    def unit(
        self,
        name: str,
        title: str,
        x: float,
        y: float,
        width: float = WIDTH_OF_BOX,
        height: float = BOX,
        **more: Any,
    ) -> None:
        """Place a unit; ``more`` are other keys of a :class:`DrawnUnit`."""
        self._units.append(
            DrawnUnit(
                id=name,
                title=title,
                x=_round(x),
                y=_round(y),
                width=_round(width),
                height=_round(height),
                **more,
            )
        )

    def memory(
        self,
        path: str,
        use: str,
        macro: str,
        shape: tuple[int, int],
        x: float,
        y: float,
        width: float = WIDTH_OF_BOX,
        height: float = DRAWER,
        *,
        title: str = "",
    ) -> None:
        """Place a memory; ``shape`` is the bits of a word, and words. Its path is its id."""
        bits, words = shape
        self._memories.append(
            DrawnMemory(
                id=path,
                title=title,
                detail=size_text(words, bits) if title else "",
                x=_round(x),
                y=_round(y),
                width=_round(width),
                height=_round(height),
                part="memories",
                path=path,
                use=use,
                group=use,
                macro=macro,
                bits=bits,
                words=words,
            )
        )

    def bus(
        self,
        source: str,
        target: str,
        bits: int,
        label: str,
        *points: tuple[float, float],
        **more: Any,
    ) -> None:
        """Draw a connection; ``more`` are other keys of a :class:`Bus`."""
        line = tuple((_round(x), _round(y)) for x, y in points)
        self._buses.append(
            Bus(source=source, target=target, bits=bits, label=label, points=line, **more)
        )

    def caption(self, text: str, x: float, y: float, width: float, **more: Any) -> None:
        """Write a line."""
        self._captions.append(
            Caption(text=text, x=_round(x), y=_round(y), width=_round(width), **more)
        )

    def shell(self, core: CoreSignature) -> None:
        """Place the shell and its ports; ids ``image_loader``, ``registers``, ``results``."""
        faces = (
            ("s_axis", "AXI4-Stream in", "image_loader", LEFT, 8, "bytes in"),
            ("s_axil", "AXI4-Lite", "registers", MIDDLE, 32, "registers"),
            ("m_axis", "AXI4-Stream out", "results", RIGHT, 8, "bytes out"),
        )
        streams = "image, parameters" if core.loadable else "image loader"
        titles = {"image_loader": streams, "registers": "registers", "results": "result streamer"}
        for port, title, unit, x, bits, label in faces:
            self.unit(port, title, x, 2, height=_PORT_HEIGHT, port=True)
            self.unit(unit, titles[unit], x, _SHELL, part="shell")
            middle = x + WIDTH_OF_BOX / 2
            line = ((middle, 2 + _PORT_HEIGHT), (middle, _SHELL))
            out = unit == "results"
            ends = (unit, port) if out else (port, unit)
            self.bus(*ends, bits, label, *(line[::-1] if out else line))
        (_, *result), (_, *counters) = shell_memories(core)
        below = _SHELL + BOX
        self.memory(
            "shell/counters/memory", "counters", SDP_RAM.kind, (counters[0], counters[1]),
            MIDDLE, below, title="counters",
        )  # fmt: skip
        self.memory(
            "shell/result_streamer/memory", "results", SDP_RAM.kind, (result[0], result[1]),
            RIGHT, below, title="result",
        )  # fmt: skip

    def drawing(self, **more: Any) -> Drawing:
        """The drawing; ``more`` are its other keys."""
        return Drawing(
            units=tuple(self._units),
            memories=tuple(self._memories),
            buses=tuple(self._buses),
            captions=tuple(self._captions),
            **more,
        )


def drawn_blocks(blocks: Sequence[Block]) -> tuple[DrawnBlock, ...]:
    """Blocks, by the modules that cells place."""
    return tuple(
        DrawnBlock(name=block.name, module=f"{BLOCK}{block.identifier}") for block in blocks
    )


def size_text(words: int, bits: int) -> str:
    """The size of a memory, such as ``1,572 x 10 b``."""
    return f"{words:,} x {bits} b"


def cell_size(lines: int, across: int, height: float, width: float) -> tuple[float, float]:
    """Width and height of the cells of a field: squares, twice as long if they would be tiny.

    Parameters
    ----------
    lines, across : int
        Cells of the field.
    height, width : float
        That the field may take.
    """
    largest = 30.0
    side = min(width / across, height / lines, largest)
    stretch = 2.0 if side < 10 else 1.0
    return (
        _round(min(width / across, stretch * side)),
        _round(min(height / lines, stretch * side)),
    )


def shares(length: float, count: int, gap: float) -> Sequence[tuple[float, float]]:
    """Begin and size of each of some parts side by side; gaps shrink where parts are tiny."""
    gap = min(gap, length / count / 4)
    size = (length - gap * (count - 1)) / count
    return [(number * (size + gap), size) for number in range(count)]


def _round(number: float) -> float:
    return round(number, 2)
