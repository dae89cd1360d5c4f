"""Random programs for the unit: legal ones by a grammar, and others with flipped bits.

A legal program ends (its loops are bounded, its branches go forward), traps nowhere, is free of
races, and reads nothing that it has not written before: scalars, predicates and vector registers
are set first. Between two barriers all warps read one half of the activation memory, and each
writes a region of its own in the other half.

The same programs are meant for the simulator, the cycle model and the gateware.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import (
    MULTIPLY_SCALARS,
    OPERATIONS,
    POST_SCALARS,
    SCALARS,
    Instruction,
    encode,
    operation_named,
)
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.unit import Unit, divisors
from hawx_hw.architectures.simt.walks import store_fault, store_steps, stream_fault, stream_taps
from hawx_hw.blocks.registry import by_name

__all__ = ["LANES", "WARPS", "Case", "flipped", "random_case", "random_unit"]

LANES = (1, 3, 4, 8, 13, 16, 32)
WARPS = (1, 2, 3, 4, 8)
BLOCKS = ("exact", "drum(3)", "precision(6,5)", "array(ha=1,hb=0,v=4)", "udrum(4)")
#: Scalars that only scratch instructions write; the others are set where they are used.
SCRATCH = (1, 2, 3)
#: A stream instruction has at most this many taps, so that programs stay short.
MOST_TAPS = 120


@dataclass(frozen=True, eq=False)
class Case:
    """A program with its image.

    Parameters
    ----------
    program : Program
    activations : ndarray of int8, shape (words, L)
    result_free : int
        Cycle from which on the result memory may be written.
    """

    program: Program
    activations: np.ndarray
    result_free: int


def random_unit(rng: random.Random) -> Unit:
    """A unit of any shape."""
    lanes = rng.choice(LANES)
    cluster = rng.choice([0, *divisors(lanes)])
    shape = Unit(lanes=lanes, cluster=cluster)
    word = rng.choice([0, *divisors(shape.cluster)])
    shape = Unit(lanes=lanes, cluster=cluster, word=word, requantizers=1)
    possible = divisors(shape.clusters)
    groups = rng.choice([possible, (1, possible[-1])])
    return Unit(
        lanes=lanes,
        cluster=cluster,
        warps=rng.choice(WARPS),
        registers=rng.choice([2, 3, 8, 16, 32]),
        word=word,
        taps=rng.choice([1, 3, 8, 32]),
        requantizers=rng.randint(1, min(8, shape.word)),
        block_register=rng.random() < 0.5,
        groups=tuple(sorted(set(groups))),
        register_bits=rng.choice([16, 20, 24, 32]),
        scalar_bits=rng.choice([12, 16, 17, 24]),
        addend_bits=rng.choice([16, 32, 40]),
        product_bits=rng.choice([40, 48, 64]),
        activation_words=rng.choice([64, 96, 130]),
        result_words=rng.choice([16, 24, 33]),
    )


def random_case(seed: int, unit: Unit | None = None) -> Case:
    """The legal program of a number."""
    rng = random.Random(seed)
    return _Maker(rng, unit or random_unit(rng)).case()


def flipped(case: Case, seed: int, bits: int = 1) -> Case:
    """The program with some bits of its code or its arguments inverted.

    Most of the bits lie in fields that the instruction has, so that the word stays an instruction.
    """
    rng = random.Random(seed)
    program = case.program
    code, arguments = list(program.code), list(program.arguments)
    for _ in range(bits):
        if arguments and rng.random() < 0.3:
            index = rng.randrange(len(arguments))
            arguments[index] ^= 1 << rng.randrange(program.unit.scalar_bits)
            continue
        index = rng.randrange(len(code))
        operation = OPERATIONS.get(code[index] >> 26)
        fields = [] if operation is None else list(operation.fields.values())
        if fields and rng.random() < 0.8:
            field = rng.choice(fields)
            bit = field.low + rng.randrange(field.bits)
        else:
            bit = rng.randrange(32)
        code[index] ^= 1 << bit
    changed = dataclasses.replace(program, code=tuple(code), arguments=tuple(arguments))
    return dataclasses.replace(case, program=changed)


class _Maker:
    def __init__(self, rng: random.Random, unit: Unit):
        self.rng, self.unit = rng, unit
        blocks = [by_name(name) for name in rng.sample(BLOCKS, rng.randint(1, 3))]
        selections = rng.choice([1, 2, 7, 9])
        choice = np.array(
            [[rng.randrange(len(blocks)) for _ in range(unit.lanes)] for _ in range(selections)]
        )
        self.lanes = LaneBlocks(tuple(blocks), choice)
        self.streams: list[Stream] = []
        self.stores: list[Store] = []
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
        self.first_index = rng.choice([0] * 15 + [200])

    # The program ------------------------------------------------------------------------------

    def case(self) -> Case:
        rng = self.rng
        code = self.start()
        phases = rng.randint(1, 3)
        for self.phase in range(phases):
            if self.phase:
                code.append(Instruction("BAR", imm=rng.choice([self.phase, 0, 16383])))
            code += self.statements(rng.randint(3, 7), 0)
            if self.phase == 0:
                code += self.released()
                code.append(Instruction("WAITR"))
            if rng.random() < 0.2:
                code += self.early_end()
        code.append(Instruction("HALT"))
        program = Program(
            self.unit,
            self.lanes,
            tuple(encode(instruction) for instruction in code),
            tuple(value for values in self.arguments for value in values),
            tuple(self.streams),
            tuple(self.stores),
            self.weights,
            self.constants,
        )
        return Case(program, self.activations, rng.choice([0, 0, 300, 2000]))

    def start(self) -> list[Instruction]:
        """Set everything that there is."""
        rng = self.rng
        code = [Instruction("LI", rd=number, imm=self.immediate()) for number in range(SCALARS)]
        code += [
            Instruction("VSET", v=register, rs=rng.randrange(SCALARS))
            for register in range(self.unit.registers)
        ]
        for number in (1, 2, 3):
            code += [Instruction("LI", rd=1, imm=rng.randint(0, self.unit.lanes))]
            code += [Instruction("PLT", v=number, rs=1, d=self.group_index())]
        code.append(Instruction("LI", rd=1, imm=self.immediate()))
        return code

    def statements(self, count: int, loops: int) -> list[Instruction]:
        code: list[Instruction] = []
        kinds: list[Callable[[int], list[Instruction]]] = [
            self.scratch,
            self.vector,
            self.predicate,
            self.stream,
            self.stream,
            self.store,
            self.store,
            self.loop,
            self.branch,
        ]
        for _ in range(count):
            code += self.rng.choice(kinds)(loops)
        return code

    def loop(self, loops: int) -> list[Instruction]:
        if loops == 2:
            return self.scratch(loops)
        body = self.statements(self.rng.randint(1, 2), loops + 1)
        # A scalar of its own: what the body does to it does not matter, the count is read once.
        return [
            Instruction("LI", rd=3, imm=self.rng.choice([0, 1, 2, 3])),
            Instruction("LOOP", ra=3, offset=len(body)),
            *body,
        ]

    def branch(self, loops: int) -> list[Instruction]:
        """Skip something, in all warps or in some."""
        body = self.statements(1, loops)
        first, second = self.rng.choice(SCRATCH), self.rng.choice(SCRATCH)
        name = self.rng.choice(["BEQ", "BNE", "BLT", "BGE", "JMP"])
        if name == "JMP":
            return [Instruction("JMP", offset=len(body)), *body]
        return [
            Instruction("SR", rd=first, imm=self.rng.randrange(6)),
            Instruction(name, ra=first, rb=second, offset=len(body)),
            *body,
        ]

    def released(self) -> list[Instruction]:
        """Let one warp release the image, or none."""
        warp = self.rng.randrange(self.unit.warps + 1)
        return [
            Instruction("SR", rd=1, imm=0),
            Instruction("LI", rd=2, imm=warp),
            Instruction("BNE", ra=1, rb=2, offset=1),
            Instruction("REL"),
        ]

    def early_end(self) -> list[Instruction]:
        """Let one warp end."""
        code = self.released()
        code[-1] = Instruction("HALT")
        return code

    # Instructions -----------------------------------------------------------------------------

    def immediate(self) -> int:
        return self.rng.choice([0, 1, -1, 16383, -16384, self.rng.randint(-16384, 16383)])

    def group_index(self) -> int:
        return self.rng.randrange(len(self.unit.groups))

    def condition(self) -> int:
        return self.rng.choice([0, 0, 0, 1, 2, 3, 5, 6, 7])

    def scratch(self, loops: int) -> list[Instruction]:
        rng = self.rng
        rd, ra, rb = (rng.choice((0, *SCRATCH)) for _ in range(3))
        match rng.randrange(7):
            case 0:
                return [Instruction("NOP")]
            case 1:
                return [Instruction("LI", rd=rd, imm=self.immediate())]
            case 2:
                return [Instruction("LIH", rd=rd, imm=self.immediate())]
            case 3:
                return [Instruction("ADDI", rd=rd, ra=ra, imm=self.immediate())]
            case 4:
                value = rng.randrange(1 << self.unit.scalar_bits)
                self.arguments.append([rng.choice([0, 1, value]) for _ in range(self.unit.warps)])
                return [Instruction("ARG", rd=rd, imm=len(self.arguments) - 1)]
            case 5:
                return [Instruction("SR", rd=rd, imm=rng.randrange(6))]
            case _:
                return [Instruction(rng.choice(["ADD", "SUB"]), rd=rd, ra=ra, rb=rb)]

    def vector(self, loops: int) -> list[Instruction]:
        rng = self.rng
        vd, va, vb = (rng.randrange(self.unit.registers) for _ in range(3))
        name = rng.choice(["VSET", "VLANE", "VADD", "VSUB", "VMIN", "VMAX"])
        if name == "VSET":
            return [Instruction("VSET", v=vd, rs=rng.randrange(SCALARS), pred=self.condition())]
        if name == "VLANE":
            return [Instruction("VLANE", vd=vd, pred=self.condition())]
        return [Instruction(name, vd=vd, va=va, vb=vb, pred=self.condition())]

    def predicate(self, loops: int) -> list[Instruction]:
        rng = self.rng
        number = rng.randint(1, 3)
        match rng.randrange(3):
            case 0:
                return [
                    Instruction("LI", rd=1, imm=rng.randint(0, self.unit.lanes + 1)),
                    Instruction("PLT", v=number, rs=1, d=self.group_index()),
                ]
            case 1:
                va, vb = self.condition(), self.condition()
                return [Instruction("PAND", vd=number, va=va, vb=vb)]
            case _:
                va, vb = (rng.randrange(self.unit.registers) for _ in range(2))
                name = rng.choice(["VLT", "VEQ"])
                return [Instruction(name, vd=number, va=va, vb=vb, pred=self.condition())]

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

    def stream(self, loops: int) -> list[Instruction]:
        """A stream instruction whose scalars are set before it."""
        for _ in range(30):
            code = self.attempt()
            if code:
                return code
        return self.vector(loops)

    def attempt(self) -> list[Instruction]:
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
            d=max(len(self.streams), self.first_index),
        )
        if instruction.d >= 256:
            return []
        starts = [self.starts(stream, instruction, beats) for _ in range(unit.warps)]
        values = [start for start in starts if start is not None]
        if len(values) < unit.warps:
            return []
        self.streams += [Stream()] * (instruction.d - len(self.streams))
        self.streams.append(stream)
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

    def store(self, loops: int) -> list[Instruction]:
        """A store instruction whose scalars are set before it."""
        for _ in range(30):
            code = self.attempt_store()
            if code:
                return code
        return self.vector(loops)

    def attempt_store(self) -> list[Instruction]:
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
        index = max(len(self.stores), self.first_index)
        v = rng.choice([0, unit.registers - beats * elements])
        if index >= 256 or v < 0:
            return []
        instruction = Instruction(name, v=v, rs=rs, fn=fn, d=index)
        values = []
        for warp in range(unit.warps):
            scalars = self.store_scalars(store, instruction, beats, warp)
            if scalars is None:
                return []
            values.append(scalars)
        self.stores += [Store()] * (index - len(self.stores))
        self.stores.append(store)
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
