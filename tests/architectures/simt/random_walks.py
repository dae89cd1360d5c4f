"""Random stream and store instructions that trap nowhere, with what sets their scalars."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Callable, Collection, Sequence

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import (
    MULTIPLY_SCALARS,
    POST_SCALARS,
    SCALARS,
    Instruction,
    operation_named,
)
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import store_fault, store_steps, stream_fault, stream_taps
from hawx_hw.blocks.registry import by_name

__all__ = ["LAST", "Walks", "random_lanes"]

BLOCKS = ("exact", "drum(3)", "precision(6,5)", "array(ha=1,hb=0,v=4)", "udrum(4)")
#: A stream instruction has at most this many taps, so that programs stay short.
MOST_TAPS = 120
#: The last index of a stream or store.
LAST = 199


def random_lanes(rng: random.Random, unit: Unit) -> LaneBlocks:
    """Some blocks and selections of them."""
    blocks = [by_name(name) for name in rng.sample(BLOCKS, rng.randint(1, 3))]
    selections = rng.choice([1, 2, 7, 9])
    choice = np.array(
        [[rng.randrange(len(blocks)) for _ in range(unit.lanes)] for _ in range(selections)]
    )
    return LaneBlocks(tuple(blocks), choice)


class Walks:
    """Makes instructions of the engines for one program, whose memories it collects.

    Parameters
    ----------
    rng : random.Random
    unit : Unit
    lanes : LaneBlocks or None
        Any where it is left out.

    Attributes
    ----------
    streams, stores : dict of int to Stream or Store
        What the instructions so far name, by its index.
    arguments : list
        Likewise; of each a value for every warp.
    phase : int
        How many barriers came before.
    sparse : bool
        Whether an instruction may name the last descriptor that there can be.
    """

    def __init__(self, rng: random.Random, unit: Unit, lanes: LaneBlocks | None = None):
        self.rng, self.unit = rng, unit
        self.lanes = lanes or random_lanes(rng, unit)
        self.streams: dict[int, Stream] = {}
        self.stores: dict[int, Store] = {}
        self.arguments: list[list[int]] = []
        generator = np.random.default_rng(rng.randrange(1 << 32))
        self.weights = generator.integers(-128, 128, (rng.randint(24, 60), unit.lanes), np.int8)
        half = 1 << (unit.addend_bits - 1)
        shape = (rng.randint(6, 12), unit.word)
        self.constants = np.stack(
            [generator.integers(0, 1 << 16, shape), generator.integers(-half, half, shape)], axis=2
        )
        self.activations = generator.integers(
            -128, 128, (unit.activation_words, unit.word), np.int8
        )
        self.phase = 0
        self.sparse = False

    def condition(self) -> int:
        """A predicate that selects lanes, most often all."""
        return self.rng.choice([0, 0, 0, 1, 2, 3, 5, 6, 7])

    def scalars(self, first: int, values: Sequence[Sequence[int]]) -> list[Instruction]:
        """Set scalars from ``first`` on; of each there is a value for every warp."""
        code = []
        for number, of_warps in enumerate(values):
            same = len(set(of_warps)) == 1
            if same and of_warps[0] < 1 << 14 and self.rng.random() < 0.5:
                code.append(Instruction("LI", rd=first + number, imm=of_warps[0]))
                continue
            self.arguments.append(list(of_warps))
            code.append(Instruction("ARG", rd=first + number, imm=len(self.arguments) - 1))
        return code

    # Streams ----------------------------------------------------------------------------------

    @property
    def read_half(self) -> range:
        """Words that may be read in this phase."""
        half = self.unit.activation_words // 2
        return range(half) if self.phase % 2 == 0 else range(half, 2 * half)

    def write_region(self, warp: int) -> range:
        """Words that a warp may write in this phase."""
        half = self.unit.activation_words // 2
        first = half if self.phase % 2 == 0 else 0
        own = half // self.unit.warps
        return range(first + warp * own, first + (warp + 1) * own)

    def free_index(self, taken: Collection[int]) -> int:
        """The index of one more descriptor."""
        if self.sparse and LAST not in taken and self.rng.random() < 0.3:
            return LAST
        return next(index for index in itertools.count() if index not in taken)

    def attempt_any(self, attempt: Callable[[], list[Instruction]]) -> list[Instruction]:
        """What comes of some attempts; nothing if none comes off."""
        return next(filter(None, (attempt() for _ in range(30))), [])

    def attempt(self) -> list[Instruction]:
        """A stream instruction whose scalars are set before it; nothing if it would trap."""
        rng, unit = self.rng, self.unit
        name = rng.choice(["MAC", "MAC", "MAC", "MACW", "LDV", "RADD", "RMAX"])
        operation = operation_named(name)
        stream = rng.choice([self.map_stream, self.free_stream])()
        registers = unit.registers // stream.window
        if not registers or stream.taps * stream.positions * stream.window > MOST_TAPS:
            return []
        beats = rng.choice([1, rng.randint(1, registers)])
        beats = min(beats, MOST_TAPS // (stream.taps * stream.positions * stream.window))
        v = rng.choice([0, unit.registers - beats * stream.window])
        rs = rng.randint(4, SCALARS - MULTIPLY_SCALARS)
        selects = operation.selects and rng.random() < 0.5
        instruction = Instruction(
            name,
            pred=self.condition(),
            v=v,
            rs=rs,
            sel=rng.randint(1, min(7, self.lanes.selections)) if selects else 0,
            fn=rng.choice(list(operation.suffixes.values())) if operation.suffixes else 0,
            d=self.free_index(self.streams),
        )
        starts = [self.starts(stream, instruction, beats) for _ in range(unit.warps)]
        values = [start for start in starts if start is not None]
        if len(values) < unit.warps:
            return []
        self.streams[instruction.d] = stream
        return [*self.scalars(rs, list(zip(*values, strict=True))), instruction]

    def map_stream(self) -> Stream:
        """A convolution or a pooling over a map, with padding."""
        rng, unit = self.rng, self.unit
        packed = rng.random() < 0.4
        pixel = 1 if packed else unit.word
        width, height = rng.randint(1, 6), rng.randint(1, 4)
        line = -(-width * pixel // unit.word) * unit.word
        kernel_x, kernel_y = rng.randint(1, 3), rng.randint(1, 3)
        stride = rng.randint(1, 2)
        across, down = rng.choice([(1, 1), (2, 2), (2, 1), (1, 3)])
        taps = min(kernel_x, unit.taps) if packed else rng.randint(1, min(unit.word, unit.taps))
        blocks = rng.choice([1, 2])
        groups = rng.choice(unit.groups)
        window = stride * across
        # Either windows of the groups are neighbors, or the beats' are.
        stream = Stream(
            taps=taps,
            tap_step=1,
            tap_x=1 if packed else 0,
            across=across,
            across_step=stride * pixel,
            across_x=stride,
            beat_step=window * pixel * groups,
            beat_x=window * groups,
            down=down,
            down_step=stride * line,
            down_y=stride,
            kernel_x=1 if packed else kernel_x,
            kernel_x_step=pixel,
            kernel_x_x=1,
            kernel_y=kernel_y,
            kernel_y_step=line,
            kernel_y_y=1,
            blocks=blocks,
            block_step=line * height,
            groups=groups,
            group_step=window * pixel,
            group_x=window,
            width=width,
            height=height,
            pad=rng.choice([-128, 127, 0, rng.randint(-128, 127)]),
            selection=rng.randrange(self.lanes.selections),
        )
        bytes_of_run = stream.group_step * (groups - 1) + taps
        if not packed and window == 1 and groups > 1:
            return dataclasses.replace(stream, words=groups, word_step=unit.word)
        words = (bytes_of_run + unit.word - 2) // unit.word + 1
        return dataclasses.replace(stream, words=max(1, words), word_step=unit.word)

    def free_stream(self) -> Stream:
        """Loops with any steps, also negative ones and those of loops that are run once."""
        rng, unit = self.rng, self.unit
        reach = 2 * unit.word
        limit = 1 << (unit.scalar_bits - 2)

        def step(count: int, small: int = reach) -> int:
            if count == 1 and rng.random() < 0.3:
                return rng.choice([-limit, limit - 1])
            return rng.randint(-small, small)

        counts = [rng.choice([1, 1, 1, 2, 3]) for _ in range(6)]
        across, down, kernel_x, kernel_y, blocks, _ = counts
        taps = rng.choice([1, unit.taps, rng.randint(1, unit.taps)])
        groups = rng.choice(unit.groups)
        words = rng.choice([1, 2, 3, 5])
        tested = rng.random() < 0.3
        return Stream(
            taps=taps,
            tap_step=rng.choice([0, 1, -1]),
            tap_x=step(taps),
            across=across,
            across_step=step(across),
            across_x=step(across),
            beat_step=rng.randint(-reach, reach),
            beat_x=rng.randint(-3, 3),
            beat_y=rng.randint(-3, 3),
            down=down,
            down_step=step(down),
            down_y=step(down),
            kernel_x=kernel_x,
            kernel_x_step=step(kernel_x),
            kernel_x_x=step(kernel_x),
            kernel_y=kernel_y,
            kernel_y_step=step(kernel_y),
            kernel_y_y=step(kernel_y),
            blocks=blocks,
            block_step=step(blocks),
            groups=groups,
            group_step=rng.choice([0, unit.word, 1]),
            group_x=step(groups),
            words=words,
            word_step=rng.choice([unit.word, -unit.word]) if words > 1 else rng.choice([0, limit]),
            width=(1 << unit.scalar_bits) - 1 if tested else 0,
            height=rng.randint(1, 3) if tested else 0,
            pad=rng.randint(-128, 127),
            selection=rng.randrange(self.lanes.selections),
        )

    def starts(
        self, stream: Stream, instruction: Instruction, beats: int
    ) -> tuple[int, ...] | None:
        """Scalars for which nothing is read that must not be read."""
        rng, unit = self.rng, self.unit
        modulus = 1 << unit.scalar_bits
        weighs = instruction.operation.selects
        needed = -(-stream.positions * stream.taps // stream.groups) if weighs else 0
        if needed > len(self.weights):
            return None
        for _ in range(6):
            x, y = rng.randint(-2, 3), rng.randint(-2, 3)
            packed = stream.tap_x == 1 and stream.tap_step == 1
            pixel = 1 if packed else unit.word
            base = self.read_half.start * unit.word
            byte = base + rng.choice([0, unit.word * rng.randrange(8)])
            if stream.width and stream.height and stream.kernel_y_y == 1:
                byte += y * stream.kernel_y_step + x * pixel
            else:
                byte = rng.randrange(base, base + len(self.read_half) * unit.word)
            scalars = (
                unit.address(byte) % modulus,
                x % modulus,
                y % modulus,
                rng.choice([0, len(self.weights) - needed]),
                beats,
            )
            if self.legal(stream, instruction, scalars):
                return scalars
        return None

    def legal(self, stream: Stream, instruction: Instruction, scalars: tuple[int, ...]) -> bool:
        program = self.so_far()
        if stream_fault(program, stream, instruction, scalars) is not None:
            return False
        depth = self.unit.activation_words
        return all(
            tap.fault is None
            and all(
                word in self.read_half
                for word, inside in zip(tap.words, tap.inside, strict=True)
                if inside
            )
            for tap in stream_taps(program, stream, instruction, scalars, depth)
        )

    def so_far(self) -> Program:
        """A program with these memories, for the walks."""
        return Program(self.unit, self.lanes, (0,), weights=self.weights, constants=self.constants)

    # Stores -----------------------------------------------------------------------------------

    def attempt_store(self) -> list[Instruction]:
        """A store instruction whose scalars are set before it; nothing if it would trap."""
        rng, unit = self.rng, self.unit
        name = rng.choice(["QST", "QST", "STV"])
        fn = rng.randrange(3) if name == "QST" else 0
        groups = rng.choice(unit.groups)
        window = rng.randint(1, min(4, unit.registers))
        low, high = sorted((rng.randint(-128, 127), rng.randint(-128, 127)))
        store = Store(
            window=window,
            shift=rng.choice([1, 39, rng.randint(1, 39)]),
            low=rng.choice([-128, low]),
            high=rng.choice([127, high]),
            step=1 << rng.choice([0, 0, 0, 1, 7]),
            lanes=rng.choice([unit.group_lanes(groups), rng.randint(1, unit.group_lanes(groups))]),
            groups=groups,
            window_step=rng.choice([1, 2, -1, 0]),
            block_step=rng.choice([1, 3, -1]),
            constant_step=rng.choice([0, 1]),
            element_step=rng.choice([0, 1]),
            result=self.phase > 0 and rng.random() < 0.4,
        )
        elements = window if fn else 1
        beats = rng.randint(1, max(1, min(4, unit.registers // elements)))
        rs = rng.randint(4, SCALARS - POST_SCALARS)
        index = self.free_index(self.stores)
        v = rng.choice([0, unit.registers - beats * elements])
        if v < 0:
            return []
        instruction = Instruction(name, v=v, rs=rs, fn=fn, d=index)
        values = []
        for warp in range(unit.warps):
            scalars = self.store_scalars(store, instruction, beats, warp)
            if scalars is None:
                return []
            values.append(scalars)
        self.stores[index] = store
        return [*self.scalars(rs, list(zip(*values, strict=True))), instruction]

    def store_scalars(
        self, store: Store, instruction: Instruction, beats: int, warp: int
    ) -> tuple[int, ...] | None:
        rng, unit = self.rng, self.unit
        own = unit.result_words // unit.warps
        region = range(warp * own, (warp + 1) * own) if store.result else self.write_region(warp)
        depth = unit.result_words if store.result else unit.activation_words
        for _ in range(4):
            if not region:
                return None
            scalars = (
                rng.choice(region),
                rng.randrange(3),
                beats,
                rng.choice([beats * store.groups, rng.randint(0, beats * store.groups), 9]),
            )
            program = self.so_far()
            if store_fault(program, store, instruction, scalars, True) is None and all(
                step.fault is None and step.address in region
                for step in store_steps(program, store, instruction, scalars, depth)
            ):
                return scalars
        return None
