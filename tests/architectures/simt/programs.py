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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import (
    OPERATIONS,
    SCALARS,
    Instruction,
    encode,
)
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.util.divisors import divisors
from tests.architectures.simt.random_walks import Walks

__all__ = ["LANES", "WARPS", "Case", "Maker", "Word", "flipped", "random_case", "random_unit"]

LANES = (1, 3, 4, 8, 13, 16, 32)
WARPS = (1, 2, 3, 4, 8)
#: Arguments of a program that names the last one.
ARGUMENTS = 192
#: An instruction, or a word that may be none.
Word = Instruction | int


@dataclass(frozen=True, eq=False)
class Case:
    """A program with its image.

    Parameters
    ----------
    program : Program
    activations : ndarray of int8, shape (words, L)
    result_free : int
        Cycle from which on the result memory may be written.
    watchdog : int
        Cycle of the watchdog's trap; 0: none.
    """

    program: Program
    activations: np.ndarray
    result_free: int
    watchdog: int = 0


def random_unit(rng: random.Random, lanes: int = 0, warps: int = 0) -> Unit:
    """A unit of any shape; of as many lanes or warps where they are given."""
    lanes = lanes or rng.choice(LANES)
    cluster = rng.choice([0, *divisors(lanes)])
    shape = Unit(lanes=lanes, cluster=cluster)
    word = rng.choice([0, *divisors(shape.cluster)])
    shape = Unit(lanes=lanes, cluster=cluster, word=word, requantizers=1)
    possible = divisors(shape.clusters)
    groups = rng.choice([possible, (1, possible[-1])])
    return Unit(
        lanes=lanes,
        cluster=cluster,
        warps=warps or rng.choice(WARPS),
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


def random_case(
    seed: int,
    unit: Unit | None = None,
    lanes: LaneBlocks | None = None,
    *,
    plain: bool = False,
) -> Case:
    """The legal program of a number.

    Parameters
    ----------
    seed : int
    unit : Unit or None
    lanes : LaneBlocks or None
        Any where they are left out.
    plain : bool
        Whether it has many instructions that need no engine, and no others.
    """
    rng = random.Random(seed)
    maker = Maker(rng, unit or random_unit(rng), lanes)
    maker.plain = plain
    return maker.case()


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


class Maker(Walks):
    """Makes a legal program.

    Attributes
    ----------
    extra : callable or None
        Makes what is to be executed once, at any place outside of loops.
    plain : bool
        Whether engines are needed for nothing.
    """

    extra: Callable[[], Sequence[Word]] | None = None
    plain = False
    _names_last_argument = False

    # The program ------------------------------------------------------------------------------

    def case(self) -> Case:
        rng = self.rng
        self.sparse = rng.random() < 0.3
        code: list[Word] = [*self.start()]
        phases = rng.randint(1, 3)
        at = rng.randrange(phases) if self.extra else None
        for self.phase in range(phases):
            if self.phase:
                code += self.delay() if rng.random() < 0.5 else []
                code.append(Instruction("BAR", imm=rng.choice([self.phase, 0, 16383])))
            count = rng.randint(3, 7) * (4 if self.plain else 1)
            before = rng.randint(0, count) if self.phase == at else count
            code += self.statements(before, 0)
            if self.extra and self.phase == at:
                code += self.extra()
                code += self.statements(count - before, 0)
            if self.phase == 0:
                code += self.released()
                code.append(Instruction("WAITR"))
            # Whoever is to do something extra has not ended before.
            if rng.random() < 0.2 and (at is None or self.phase >= at):
                code += self.early_end()
        code.append(Instruction("HALT"))
        if self._names_last_argument:
            self.arguments += [self.any_argument() for _ in range(len(self.arguments), ARGUMENTS)]
        program = Program(
            self.unit,
            self.lanes,
            tuple(word if isinstance(word, int) else encode(word) for word in code),
            tuple(value for values in self.arguments for value in values),
            _filled(self.streams, Stream()),
            _filled(self.stores, Store()),
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

    def statements(self, count: int, loops: int) -> list[Word]:
        code: list[Word] = []
        kinds: list[Callable[[int], Sequence[Word]]] = [
            self.scratch,
            self.vector,
            self.predicate,
            self.stream,
            self.stream,
            self.store,
            self.store,
            self.loop,
            self.branch,
            self.countdown,
            self.parted,
        ]
        if self.plain:
            kinds = [self.scratch, self.scratch, self.vector, self.vector, self.predicate,
                     self.loop, self.branch, self.countdown]  # fmt: skip
        for _ in range(count):
            code += self.rng.choice(kinds)(loops)
        return code

    def loop(self, loops: int) -> Sequence[Word]:
        if loops == 2:
            return self.scratch(loops)
        body = self.statements(self.rng.randint(1, 2), loops + 1)
        if self.rng.random() < 0.1:
            body = [Instruction("NOP")]
        # What the body does to the scalar does not matter: the count is read once.
        turns = self.rng.choice([0, 1, 2, 3])
        scalar = self.rng.choice([3, 15, 0]) if turns == 0 else self.rng.choice([3, 15])
        return [
            Instruction("LI", rd=scalar, imm=turns),
            Instruction("LOOP", ra=scalar, offset=len(body)),
            *body,
        ]

    def branch(self, loops: int) -> Sequence[Word]:
        """Skip something, in all warps or in some."""
        body = self.statements(1, loops)
        first, second = self.rng.choice((1, 2, 3, 15)), self.any_scalar()
        name = self.rng.choice(["BEQ", "BNE", "BLT", "BGE", "JMP"])
        if self.rng.random() < 0.2:
            body = []
        if name == "JMP":
            return [Instruction("JMP", offset=len(body)), *body]
        special = Instruction("SR", rd=first, imm=self.rng.randrange(6))
        if self.rng.random() < 0.3:
            first, second = second, first
        return [special, Instruction(name, ra=first, rb=second, offset=len(body)), *body]

    def countdown(self, loops: int) -> list[Instruction]:
        """A loop by a branch that goes back; vector instructions leave its scalars alone."""
        turns, name = self.rng.randint(1, 3), self.rng.choice(["BEQ", "BNE", "BLT", "BGE", "JMP"])
        body = [*self.vector(loops), Instruction("ADDI", rd=3, ra=3, imm=-1)]
        back = -len(body) - 1
        start = [Instruction("LI", rd=3, imm=turns), Instruction("LI", rd=15, imm=1)]
        match name:
            case "JMP":
                leaves = Instruction("BEQ", ra=3, rb=0, offset=1)
                return [*start, *body, leaves, Instruction("JMP", offset=back - 1)]
            case "BEQ":
                # Twice, where it begins with 2.
                return [*start, *body, Instruction("BEQ", ra=3, rb=15, offset=back)]
            case "BGE":
                return [*start, *body, Instruction("BGE", ra=3, rb=15, offset=back)]
            case "BNE":
                return [*start, *body, Instruction("BNE", ra=3, rb=0, offset=back)]
            case _:
                return [*start, *body, Instruction("BLT", ra=0, rb=3, offset=back)]

    def parted(
        self, loops: int, others: Sequence[Word] = (), warp: int | None = None
    ) -> list[Word]:
        """Some warps keep the engines busy while the others do something else.

        Parameters
        ----------
        loops : int
        others : sequence of Instruction or int
            What the others do; anything that needs no engine where it is left out.
        warp : int or None
            One of the others.
        """
        if loops:
            return [*self.scratch(loops)]
        warps = [number for number in range(self.unit.warps) if number != warp]
        if not warps:
            return list(others)
        busy = self.rng.sample(warps, min(len(warps), self.rng.choice([1, 2, 2])))
        attempts = self.rng.sample([self.attempt, self.attempt_store], len(busy))
        rest: list[Word] = list(others)
        for _ in range(0 if others else self.rng.randint(4, 8)):
            rest += self.rng.choice([self.scratch, self.vector, self.predicate])(loops)
        parts = [rest, *(self.repeated(attempt) for attempt in attempts)]
        for number in reversed(range(len(parts) - 1)):
            after = sum(map(len, parts[number + 1 :]))
            parts[number].append(Instruction("JMP", offset=after))
        code: list[Word] = []
        for number, each in reversed(list(enumerate(busy, 1))):
            # From behind this branch to its part: the branches that follow, and the parts before.
            way = 2 * (number - 1) + sum(map(len, parts[:number]))
            code += [
                Instruction("LI", rd=2, imm=each),
                Instruction("BEQ", ra=1, rb=2, offset=way),
            ]
        return [Instruction("SR", rd=1, imm=0), *code, *(word for part in parts for word in part)]

    def repeated(self, attempt: Callable[[], list[Instruction]]) -> list[Word]:
        """An instruction of an engine, again and again."""
        *scalars, instruction = self.attempt_any(attempt) or self.vector(0)
        turns = Instruction("LI", rd=3, imm=self.rng.randint(1, 4))
        return [*scalars, turns, Instruction("LOOP", ra=3, offset=1), instruction]

    def delay(self) -> list[Instruction]:
        """Each warp waits for a time of its own."""
        self.arguments.append([self.rng.randrange(8) for _ in range(self.unit.warps)])
        return [
            Instruction("ARG", rd=1, imm=len(self.arguments) - 1),
            Instruction("LOOP", ra=1, offset=1),
            Instruction("NOP"),
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

    def scratch(self, loops: int) -> list[Instruction]:
        rng = self.rng
        rd, ra, rb = (self.any_scalar() for _ in range(3))
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
                if rng.random() < 0.4:
                    self._names_last_argument = True
                    return [Instruction("ARG", rd=rd, imm=ARGUMENTS - 1)]
                self.arguments.append(self.any_argument())
                return [Instruction("ARG", rd=rd, imm=len(self.arguments) - 1)]
            case 5:
                return [Instruction("SR", rd=rd, imm=rng.randrange(6))]
            case _:
                return [Instruction(rng.choice(["ADD", "SUB"]), rd=rd, ra=ra, rb=rb)]

    def any_scalar(self) -> int:
        """Any: all are set where engines use them."""
        return self.rng.choice([0, 1, 2, 3, 15, self.rng.randrange(SCALARS)])

    def any_argument(self) -> list[int]:
        value = self.rng.randrange(1 << self.unit.scalar_bits)
        return [self.rng.choice([0, 1, value]) for _ in range(self.unit.warps)]

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
                scalar = rng.choice([1, 15])
                return [
                    Instruction("LI", rd=scalar, imm=rng.randint(0, self.unit.lanes + 1)),
                    Instruction("PLT", v=number, rs=scalar, d=self.group_index()),
                ]
            case 1:
                va, vb = self.condition(), self.condition()
                return [Instruction("PAND", vd=number, va=va, vb=vb)]
            case _:
                va, vb = (rng.randrange(self.unit.registers) for _ in range(2))
                name = rng.choice(["VLT", "VEQ"])
                return [Instruction(name, vd=number, va=va, vb=vb, pred=self.condition())]

    def stream(self, loops: int) -> list[Instruction]:
        return self.attempt_any(self.attempt) or self.vector(loops)

    def store(self, loops: int) -> list[Instruction]:
        return self.attempt_any(self.attempt_store) or self.vector(loops)


_D = TypeVar("_D")


def _filled(placed: Mapping[int, _D], gap: _D) -> tuple[_D, ...]:
    """What lies at each index; ``gap`` where nothing does."""
    return tuple(placed.get(index, gap) for index in range(max(placed, default=-1) + 1))
