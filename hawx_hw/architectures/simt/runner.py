"""Whole networks on a unit, fast: what the simulator computes, without its cycles.

Of a program without traps, races and vector instructions, for several images at once. Each warp
runs from barrier to barrier, one after the other, and each instruction is a few operations on
arrays. The simulator is the definition; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.issues import Issue, issues
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import wrap
from hawx_hw.graph.graph import CODE_MAX, CODE_MIN

__all__ = ["Taps", "run_program", "taps_of"]


@dataclass(frozen=True, eq=False)
class Taps:
    """What a stream instruction reads, by position, register of its beats, tap and group.

    Parameters
    ----------
    words, bytes : ndarray of int64, shape (positions, registers, taps, groups)
        Of the activation memory.
    inside : ndarray of bool, the same shape
        Whether it lies on the map.
    weights, parts : ndarray of int64, shape (positions, taps)
        Word of the weight memory, and part of it.
    """

    words: np.ndarray
    bytes: np.ndarray
    inside: np.ndarray
    weights: np.ndarray
    parts: np.ndarray


def taps_of(program: Program, stream: Stream, scalars: Sequence[int]) -> Taps:
    """What a stream instruction reads; see :func:`~hawx_hw.architectures.simt.walks.stream_taps`.

    Parameters
    ----------
    program : Program
    stream : Stream
    scalars : sequence of int
        Address, x, y, weight word, beats.
    """
    s, unit = stream, program.unit
    address, x, y, weight, beats = scalars
    modulus = 1 << unit.scalar_bits

    def sums(*loops: tuple[int, int]) -> np.ndarray:
        """Sums of the steps of some loops, the last one fastest: (count, step) each."""
        total = np.zeros(1, dtype=np.int64)
        for count, step in loops:
            total = np.add.outer(total, np.arange(count) * step).ravel()
        return total

    def along(positions: np.ndarray, registers: np.ndarray, tap: int, group: int) -> np.ndarray:
        return (
            positions[:, None, None, None]
            + registers[:, None, None]
            + (np.arange(s.taps) * tap)[:, None]
            + np.arange(s.groups) * group
        )

    bytes_ = along(
        sums(
            (s.blocks, s.block_step), (s.kernel_y, s.kernel_y_step), (s.kernel_x, s.kernel_x_step)
        ),
        sums((beats, s.beat_step), (s.down, s.down_step), (s.across, s.across_step)),
        s.tap_step,
        s.group_step,
    )
    column = x + along(
        sums((s.blocks, 0), (s.kernel_y, 0), (s.kernel_x, s.kernel_x_x)),
        sums((beats, s.beat_x), (s.down, 0), (s.across, s.across_x)),
        s.tap_x,
        s.group_x,
    )
    line = y + along(
        sums((s.blocks, 0), (s.kernel_y, s.kernel_y_y), (s.kernel_x, 0)),
        sums((beats, s.beat_y), (s.down, s.down_y), (s.across, 0)),
        0,
        0,
    )
    inside = np.ones(bytes_.shape, dtype=bool)
    if s.width:
        inside &= column % modulus < s.width
    if s.height:
        inside &= line % modulus < s.height
    on, places = np.divmod((address & ((1 << unit.byte_bits) - 1)) + bytes_, unit.word)
    words = ((address >> unit.byte_bits) + on) % (1 << unit.word_bits)
    index = np.arange(s.positions * s.taps).reshape(s.positions, s.taps)
    return Taps(words, places, inside, weight + index // s.groups, index % s.groups)


def run_program(program: Program, images: np.ndarray) -> np.ndarray:
    """The result memory after an inference of each image.

    Parameters
    ----------
    program : Program
        Without traps, races and vector instructions.
    images : ndarray of int8, shape (images, words, L)
        The first words of the activation memory.

    Returns
    -------
    ndarray of int8, shape (images, words, L)

    Raises
    ------
    ValueError
        An instruction reads or writes beyond a memory, or depends on data.
    """
    run = _Run(program, images)
    warps = [issues(program, number) for number in range(program.unit.warps)]
    while warps:
        going = []
        for warp in warps:
            for issue in warp:
                if issue.is_barrier:
                    going.append(warp)
                    break
                run.do(issue)
        warps = going
    return run.result


class _Run:
    def __init__(self, program: Program, images: np.ndarray):
        unit, count = program.unit, len(images)
        self.program, self.unit = program, unit
        self.activations = np.zeros((count, unit.activation_words, unit.word), dtype=np.int8)
        self.activations[:, : images.shape[1]] = images
        self.result = np.zeros((count, unit.result_words, unit.word), dtype=np.int8)
        shape = (unit.warps, count, unit.registers, unit.lanes)
        self.registers = np.zeros(shape, dtype=np.int64)
        if unit.product_bits > 63:
            raise ValueError("Sums of products must fit 63 bits")

    def do(self, issue: Issue) -> None:
        """Run one instruction of an engine."""
        if issue.instruction.mnemonic in ("QST", "STV"):
            self._store(issue)
        else:
            self._stream(issue)

    def _stream(self, issue: Issue) -> None:
        i = issue.instruction
        stream = self.program.streams[i.d]
        taps = taps_of(self.program, stream, issue.scalars)
        words = np.where(taps.inside, taps.words, 0)
        if words.max() >= self.unit.activation_words:
            raise ValueError(f"{i.mnemonic} at {issue.pc} reads beyond the activation memory")
        own = self.unit.group_lanes(stream.groups)
        if i.mnemonic == "MAC":
            codes = np.where(taps.inside, self.activations[:, words, taps.bytes], stream.pad)
            codes = np.broadcast_to(codes[..., None], (*codes.shape, own))
        else:
            words_read = np.where(taps.inside[..., None], self.activations[:, words], stream.pad)
            codes = np.tile(words_read, own // self.unit.word)
        # images, positions, registers, taps, groups, lanes of a group
        codes = codes.astype(np.int64)
        registers = slice(i.v, i.v + taps.words.shape[1])
        before = self.registers[issue.warp][:, registers]
        start = before if i.suffix != "z" else np.full_like(before, -128 * (i.mnemonic == "RMAX"))
        flat = (*before.shape[:2], self.unit.lanes)
        match i.mnemonic:
            case "MAC" | "MACW":
                after = start + self._products(issue, stream, taps, codes).reshape(flat)
            case "RADD":
                after = start + codes.sum(axis=(1, 3)).reshape(flat)
            case "RMAX":
                after = np.maximum(start, codes.max(axis=(1, 3)).reshape(flat))
            case _:
                after = codes[:, -1, :, -1].reshape(flat)
        wrapped = wrap(after, self.unit.register_bits)
        self.registers[issue.warp][:, registers] = np.where(issue.lanes, wrapped, before)

    def _products(self, issue: Issue, stream: Stream, taps: Taps, codes: np.ndarray) -> np.ndarray:
        """Sums over positions and taps: ``(images, registers, groups, lanes of a group)``."""
        program, own = self.program, self.unit.group_lanes(stream.groups)
        if taps.weights.max() >= len(program.weights):
            raise ValueError(f"MAC at {issue.pc} reads beyond the weights")
        i = issue.instruction
        selection = i.sel - 1 if i.sel else stream.selection
        choice = program.lanes.choice[selection].reshape(stream.groups, own)
        lanes = taps.parts[..., None] * own + np.arange(own)
        weights = program.weights[taps.weights[..., None], lanes].astype(np.int64) + 128
        products = program.lanes.tables[choice, weights[None, :, None, :, None], codes + 128]
        total: np.ndarray = products.sum(axis=(1, 3))
        return total

    def _store(self, issue: Issue) -> None:
        i, unit = issue.instruction, self.unit
        store = self.program.stores[i.d]
        target, constants, beats, remaining = issue.scalars[:4]
        memory = self.result if store.result else self.activations
        elements = store.window if i.suffix else 1
        own, modulus = unit.group_lanes(store.groups), 1 << unit.scalar_bits
        for window in range(store.windows(beats, remaining)):
            beat, group = divmod(window, store.groups)
            first = i.v + beat * elements
            for word in range(store.words(unit)):
                codes = store.codes(unit, word)
                lane = group * own + word * unit.word
                values = self.registers[issue.warp][
                    :, first : first + elements, lane : lane + codes
                ]
                at = (constants + word * store.constant_step) % modulus
                address = (target + window * store.window_step + word * store.block_step) % modulus
                if address >= memory.shape[1]:
                    raise ValueError(f"{i.mnemonic} at {issue.pc} stores beyond its memory")
                memory[:, address] = 0
                memory[:, address, :codes] = self._codes(issue, values, at)

    def _codes(self, issue: Issue, values: np.ndarray, constants: int) -> np.ndarray:
        """Codes of registers ``(images, elements, lanes)``."""
        i, store = issue.instruction, self.program.stores[issue.instruction.d]
        if i.mnemonic == "STV":
            return np.clip(values[:, 0], CODE_MIN, CODE_MAX)
        count, lanes = values.shape[1:]
        at = constants + np.arange(count) * store.element_step
        if at.max() >= len(self.program.constants):
            raise ValueError(f"QST at {issue.pc} reads beyond the requantization memory")
        pairs = self.program.constants[at, :lanes]
        if i.suffix == "sum":
            total = (values * pairs[..., 0]).sum(axis=1) + pairs[0, :, 1]
        else:
            total = values.max(axis=1) * pairs[-1, :, 0] + pairs[-1, :, 1]
        shifted = wrap(total, self.unit.product_bits) >> store.shift
        codes: np.ndarray = np.clip(shifted, store.low, store.high) & -store.step
        return codes
