"""Convolutions as straight-line programs: what a compiler would write, for comparison with numpy.

Each tile (filters, line, some windows) is a MAC for every warp in turn and a QST; there are no
loops and no arguments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.graph.graph import Conv2d

__all__ = ["Layer", "convolution"]


@dataclass(frozen=True, eq=False)
class Layer:
    """A program of one layer.

    Parameters
    ----------
    program : Program
    image : ndarray of int8, shape (words, L)
        The activation memory before it.
    first : int
        Word where the output begins: planes of L channels, words in raster order.
    shape : tuple of int
        Of the output.
    """

    program: Program
    image: np.ndarray
    first: int
    shape: tuple[int, int, int]

    def output(self, memory: np.ndarray) -> np.ndarray:
        """The output in the activation memory, int8 ``(channels, height, width)``."""
        channels, height, width = self.shape
        word = memory.shape[1]
        planes = -(-channels // word)
        words = memory[self.first : self.first + planes * height * width]
        maps = words.reshape(planes, height, width, word).transpose(0, 3, 1, 2)
        return maps.reshape(planes * word, height, width)[:channels]


def convolution(
    unit: Unit,
    lanes: LaneBlocks,
    node: Conv2d,
    codes: np.ndarray,
    pad: int,
    pool: int = 1,
    groups: int = 1,
) -> Layer:
    """A convolution, with a fused pooling of ``pool * pool`` windows.

    Parameters
    ----------
    codes : ndarray of int8, shape (channels, height, width)
        The input; its channels are a multiple of L, or at most L.
    """
    channels, height, width = codes.shape
    word = unit.word
    planes = -(-channels // word)
    taps = min(channels, word)
    filters, _, kernel_h, kernel_w = node.weight.shape
    top, left, bottom, right = node.padding
    stride_y, stride_x = node.stride
    out_h = ((height + top + bottom - kernel_h) // stride_y + 1) // pool
    out_w = ((width + left + right - kernel_w) // stride_x + 1) // pool
    line = width * word
    stream = Stream(
        taps=taps,
        tap_step=1,
        across=pool,
        across_step=stride_x * word,
        across_x=stride_x,
        beat_step=groups * pool * stride_x * word,
        beat_x=groups * pool * stride_x,
        down=pool,
        down_step=stride_y * line,
        down_y=stride_y,
        kernel_x=kernel_w,
        kernel_x_step=word,
        kernel_x_x=1,
        kernel_y=kernel_h,
        kernel_y_step=line,
        kernel_y_y=1,
        blocks=planes,
        block_step=line * height,
        groups=groups,
        group_step=pool * stride_x * word,
        group_x=pool * stride_x,
        words=groups,
        word_step=pool * stride_x * word,
        width=width,
        height=height,
        pad=pad,
    )
    own = unit.group_lanes(groups)
    tiles = -(-filters // own)
    rule = node.requantization
    image = np.zeros((planes * height * width, word), dtype=np.int8)
    for channel in range(channels):
        plane, byte = divmod(channel, word)
        image[plane * height * width : (plane + 1) * height * width, byte] = codes[channel].ravel()
    first = len(image)
    weights, constants, stores, code = [], [], [], []
    beats = min(unit.registers // pool**2, -(-out_w // groups))
    modulus = 1 << unit.scalar_bits
    for tile in range(tiles):
        of_tile = range(tile * own, min(filters, (tile + 1) * own))
        start, constant = len(weights), len(constants)
        weights += _weights(node.weight[of_tile], planes, taps, word, groups, unit)
        constants += _constants(node, of_tile, word)
        stores.append(
            Store(
                window=pool * pool,
                shift=rule.shift,
                low=rule.low,
                high=rule.high,
                step=rule.step,
                lanes=len(of_tile),
                groups=groups,
                block_step=out_h * out_w,
            )
        )
        for y in range(out_h):
            for x in range(0, out_w, beats * groups):
                now = min(beats, -(-(out_w - x) // groups))
                at_x, at_y = x * pool * stride_x - left, y * pool * stride_y - top
                byte = unit.address(at_y * line + at_x * word)
                to = first + (tile * own // word * out_h + y) * out_w + x
                scalars = (byte, at_x, at_y, start, now, to, constant, now, out_w - x)
                code += [
                    part
                    for number, value in enumerate(scalars)
                    for part in _load(4 + number, value % modulus)
                ]
                code.append(Instruction("MAC", v=0, rs=4, d=0, fn=1))
                code.append(Instruction("QST", v=0, rs=9, d=tile, fn=1 if pool > 1 else 0))
    code.append(Instruction("HALT"))
    program = Program(
        unit,
        lanes,
        tuple(encode(instruction) for instruction in code),
        (),
        (stream,),
        tuple(stores),
        np.array(weights, dtype=np.int8),
        np.array(constants, dtype=np.int64),
    )
    return Layer(program, image, first, (filters, out_h, out_w))


def _load(register: int, value: int) -> list[Instruction]:
    low, high = value % (1 << 15), value >> 15
    code = [Instruction("LI", rd=register, imm=low - (1 << 15) if low >> 14 else low)]
    return (
        code if not high and not low >> 14 else [*code, Instruction("LIH", rd=register, imm=high)]
    )


def _weights(
    weight: np.ndarray, planes: int, taps: int, word: int, groups: int, unit: Unit
) -> list[np.ndarray]:
    """Memory words of one tile's filters, in the order of the stream."""
    own = unit.group_lanes(groups)
    rows = []
    for plane in range(planes):
        for y, x in np.ndindex(weight.shape[2:]):
            for tap in range(taps):
                row = np.zeros(own, dtype=np.int8)
                row[: len(weight)] = weight[:, plane * word + tap, y, x]
                rows.append(row)
    while len(rows) % groups:
        rows.append(np.zeros(own, dtype=np.int8))
    return [np.concatenate(rows[i : i + groups]) for i in range(0, len(rows), groups)]


def _constants(node: Conv2d, filters: range, word: int) -> list[np.ndarray]:
    rule = node.requantization
    fixed = (rule.step << (rule.shift - 1)) + (rule.zero_point << rule.shift)
    multipliers = np.broadcast_to(rule.multiplier, node.bias.shape)
    pairs = [
        (int(multipliers[f]), int(node.bias[f]) * int(multipliers[f]) + fixed) for f in filters
    ]
    pairs += [(0, 0)] * (-len(pairs) % word)
    return [np.array(pairs[i : i + word]) for i in range(0, len(pairs), word)]
