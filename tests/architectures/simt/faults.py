"""Random programs that trap: each of a cause that is asked for, in a warp that is asked for."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator, Mapping

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import (
    MULTIPLY_SCALARS,
    OPERATIONS,
    POST_SCALARS,
    SPECIAL_REGISTERS,
    Instruction,
    Operand,
    Operation,
    Place,
    decode,
    encode,
)
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import store_fault, store_steps, stream_fault, stream_taps
from tests.architectures.simt.programs import Case, Maker, Word

__all__ = ["FAULTS", "beyond", "faulty_case"]

#: A guard's scalars.
_OWN, _OTHER = 1, 2
_ATTEMPTS = 60


def faulty_case(
    seed: int, kind: str, warp: int, unit: Unit, lanes: LaneBlocks | None = None
) -> Case | None:
    """A program that is legal but for one thing that one warp does; None where it cannot be.

    Parameters
    ----------
    seed : int
    kind : str
        Key of :data:`FAULTS`, or one of :func:`beyond`.
    warp : int
    unit : Unit
    lanes : LaneBlocks or None
    """
    if kind == "watchdog":
        return _watched(seed, warp, unit, lanes)
    maker = FaultMaker(random.Random(seed), unit, lanes)
    made: list[bool] = []

    def extra() -> list[Word]:
        body = maker.fault(kind, warp)
        made.append(bool(body))
        code = maker.guarded(warp, body)
        return maker.parted(0, code, warp) if maker.rng.random() < 0.5 else code

    maker.extra = extra
    case = maker.case()
    return case if made == [True] else None


def beyond(unit: Unit) -> Iterator[str]:
    """A kind for each field of each operation that can be beyond its range: "name field"."""
    for operation in OPERATIONS.values():
        for operand in operation.operands:
            if operand.kind not in ("scalar", "number") or (
                operand.kind == "scalar" and operation.place in (Place.MULTIPLY, Place.POST)
            ):
                yield f"{operation.mnemonic} {operand.field}"
        for name in ("pred", "fn", "sel"):
            if name in operation.fields and (name != "fn" or operation.suffixes):
                yield f"{operation.mnemonic} {name}"


class FaultMaker(Maker):
    """Makes a program with a fault."""

    def guarded(self, warp: int, body: list[Word]) -> list[Word]:
        """What one warp does and the others skip."""
        return [
            Instruction("SR", rd=_OWN, imm=0),
            Instruction("LI", rd=_OTHER, imm=warp),
            Instruction("BNE", ra=_OWN, rb=_OTHER, offset=len(body)),
            *body,
        ]

    def fault(self, kind: str, warp: int) -> list[Word]:
        if kind in FAULTS:
            return FAULTS[kind](self, warp)
        mnemonic, field = kind.split()
        (operation,) = (each for each in OPERATIONS.values() if each.mnemonic == mnemonic)
        return self.beyond(operation, field, warp)

    # What the front end refuses -----------------------------------------------------------------

    def beyond(self, operation: Operation, field: str, warp: int) -> list[Word]:
        """An instruction with one field beyond its range."""
        rng = self.rng
        if operation.place in (Place.MULTIPLY, Place.POST):
            return self._beyond_of_engine(operation, field, warp)
        operand = next((o for o in operation.operands if o.field == field), None)
        value = self._beyond(operation, operand, field)
        if value is None:
            return []
        if field == "offset" and operation.mnemonic != "LOOP":
            # Taken for certain.
            ra, rb = {"BNE": (1, 0), "BLT": (0, 1)}.get(operation.mnemonic, (0, 0))
            word = Instruction(operation.mnemonic, offset=value)
            if operation.mnemonic != "JMP":
                word = dataclasses.replace(word, ra=ra, rb=rb)
            return [Instruction("LI", rd=1, imm=1), word]
        values = {}
        for name in operation.fields:
            values[name] = 0
        for each in operation.operands:
            if each.kind == "predicate":
                values[each.field] = rng.randint(1, 3)
        values[field] = value
        word = operation.opcode << 26
        for name, place in operation.fields.items():
            word |= place.insert(values[name])
        return [word]

    def _beyond(self, operation: Operation, operand: Operand | None, field: str) -> int | None:
        rng, unit = self.rng, self.unit
        if field == "pred":
            return 4
        assert operand is not None
        place = operation.fields[field]
        match operand.kind:
            case "vector":
                return rng.randint(unit.registers, 31) if unit.registers < 32 else None
            case "predicate":
                return rng.choice([0, 4, 31])
            case "condition":
                return rng.choice([4, 8, 31])
            case "layer":
                return rng.choice([-1, place.range[0]])
            case "argument":
                return rng.choice([place.range[-1], 4000])
            case "special":
                return rng.choice([len(SPECIAL_REGISTERS), -1, place.range[-1]])
            case "target":
                return rng.choice([place.range[-1], place.range[0], 16000])
            case "length":
                return rng.choice([place.range[-1], 5000])
            case "groups":
                return rng.choice([len(unit.groups), 255])
            case _:
                return None

    def _beyond_of_engine(self, operation: Operation, field: str, warp: int) -> list[Word]:
        rng, unit = self.rng, self.unit
        for _ in range(_ATTEMPTS):
            attempt = (self.attempt if operation.place is Place.MULTIPLY else self.attempt_store)()
            if not attempt or attempt[-1].mnemonic != operation.mnemonic:
                continue
            *code, instruction = attempt
            word = encode(instruction)
            scalars = MULTIPLY_SCALARS if operation.place is Place.MULTIPLY else POST_SCALARS
            match field:
                case "pred":
                    value = 4
                case "fn":
                    value = rng.randint(max(operation.suffixes.values()) + 1, 7)
                case "rs":
                    value = rng.randint(17 - scalars, 15)
                case "d":
                    value = 255
                case "v" if unit.registers < 32:
                    value = rng.randint(unit.registers, 31)
                case "sel" if self.lanes.selections < 7:
                    value = rng.randint(self.lanes.selections + 1, 7)
                case _:
                    return []
            place = operation.fields[field]
            return [*code, word & ~place.mask | place.insert(value)]
        return []

    def encoding(self, warp: int) -> list[Word]:
        rng = self.rng
        free = [opcode for opcode in range(64) if opcode not in OPERATIONS]
        operation = rng.choice([*OPERATIONS.values()])
        stray = [bit for bit in range(26) if not operation.mask >> bit & 1]
        word = operation.opcode << 26 | (1 << rng.choice(stray) if stray else 0)
        return [rng.choice([0, rng.choice(free) << 26 | rng.randrange(1 << 26), word or 0])]

    def loop_of_nothing(self, warp: int) -> list[Word]:
        length = self.rng.choice([0, -1, -(1 << 14)])
        return [Instruction("LOOP", ra=self.rng.choice([0, 1]), offset=length)]

    def third_loop(self, warp: int) -> list[Word]:
        return [
            Instruction("LI", rd=1, imm=self.rng.randint(1, 3)),
            Instruction("LOOP", ra=1, offset=3),
            Instruction("LOOP", ra=1, offset=2),
            Instruction("LOOP", ra=self.rng.choice([0, 1]), offset=1),
            Instruction("NOP"),
        ]

    def crossing_loops(self, warp: int) -> list[Word]:
        return [
            Instruction("LI", rd=1, imm=self.rng.randint(1, 3)),
            Instruction("LOOP", ra=1, offset=1),
            Instruction("LOOP", ra=1, offset=2),
            Instruction("NOP"),
            Instruction("NOP"),
        ]

    def branch_out_of_a_loop(self, warp: int) -> list[Word]:
        return [
            Instruction("LI", rd=1, imm=self.rng.randint(1, 3)),
            Instruction("LOOP", ra=1, offset=2),
            Instruction("NOP"),
            Instruction("JMP", offset=self.rng.choice([1, -3])),
            Instruction("NOP"),
        ]

    def register_fault(self, warp: int) -> list[Word]:
        kinds = ["PLT v", "PAND vd", "VLT vd", "VEQ vd", "MAC rs", "QST rs"]
        if self.unit.registers < 32:
            kinds += ["VSET v", "VLANE vd", "VADD va", "VMIN vb", "VEQ va"]
        return self.fault(self.rng.choice(kinds), warp)

    def pc_fault(self, warp: int) -> list[Word]:
        return self.fault(self.rng.choice(["JMP", "BEQ", "BNE", "BLT", "BGE"]) + " offset", warp)

    def argument(self, warp: int) -> list[Word]:
        return [Instruction("ARG", rd=1, imm=self.rng.choice([-1, -(1 << 14)]))]

    def released_twice(self, warp: int) -> list[Word]:
        return [Instruction("REL"), Instruction("REL")]

    # What the engines refuse --------------------------------------------------------------------

    def _override(self, code: list[Instruction], changes: Mapping[int, int]) -> list[Word]:
        """Set scalars anew before the last instruction; ``changes`` are by their number."""
        *setup, instruction = code
        words: list[Word] = [*setup]
        for number, value in changes.items():
            self.arguments.append([value % (1 << self.unit.scalar_bits)] * self.unit.warps)
            index = len(self.arguments) - 1
            words.append(Instruction("ARG", rd=instruction.rs + number, imm=index))
        return [*words, instruction]

    def _scalars(self, code: list[Instruction], count: int, warp: int) -> list[int]:
        *setup, instruction = code
        values = {
            each.rd: each.imm if each.mnemonic == "LI" else self.arguments[each.imm][warp]
            for each in setup
        }
        return [values.get(instruction.rs + number, 0) for number in range(count)]

    def _stream_fault(
        self,
        cause: Cause,
        warp: int,
        change: Callable[[Stream, list[int]], Stream | None],
        names: tuple[str, ...] = ("MAC", "MACW", "LDV", "RADD", "RMAX"),
    ) -> list[Word]:
        """A stream instruction with other numbers, of which the first that is wrong is ``cause``.

        ``change`` returns the descriptor and changes the scalars.
        """
        program = self.so_far()
        for _ in range(_ATTEMPTS):
            code = self.attempt()
            if not code or code[-1].mnemonic not in names:
                continue
            instruction = code[-1]
            before = self._scalars(code, MULTIPLY_SCALARS, warp)
            scalars = list(before)
            stream = change(self.streams[instruction.d], scalars)
            if stream is None:
                continue
            scalars = [value % (1 << self.unit.scalar_bits) for value in scalars]
            fault = stream_fault(program, stream, instruction, scalars)
            if fault is None:
                depth = self.unit.activation_words
                for tap in stream_taps(program, stream, instruction, scalars, depth):
                    if any(
                        inside and word < depth and word not in self.read_half
                        for word, inside in zip(tap.words, tap.inside, strict=True)
                    ):
                        break  # others write there
                    fault = tap.fault
                    if fault is not None:
                        break
            if fault is None or fault.cause is not cause:
                continue
            self.streams[instruction.d] = stream
            changed = {n: value for n, value in enumerate(scalars) if value != before[n]}
            return self._override(code, changed)
        return []

    def _store_fault(
        self,
        cause: Cause,
        warp: int,
        change: Callable[[Store, list[int]], Store | None],
        names: tuple[str, ...] = ("QST", "STV"),
    ) -> list[Word]:
        program, unit = self.so_far(), self.unit
        for _ in range(_ATTEMPTS):
            code = self.attempt_store()
            if not code or code[-1].mnemonic not in names:
                continue
            instruction = code[-1]
            before = self._scalars(code, POST_SCALARS, warp)
            scalars = list(before)
            store = change(self.stores[instruction.d], scalars)
            if store is None:
                continue
            scalars = [value % (1 << unit.scalar_bits) for value in scalars]
            fault = store_fault(program, store, instruction, scalars, self.phase > 0)
            if fault is None:
                own = unit.result_words // unit.warps
                region = (
                    range(warp * own, (warp + 1) * own) if store.result else self.write_region(warp)
                )
                depth = unit.result_words if store.result else unit.activation_words
                for step in store_steps(program, store, instruction, scalars, depth):
                    if step.address not in region and step.address < depth:
                        break
                    fault = step.fault
                    if fault is not None:
                        break
            if fault is None or fault.cause is not cause:
                continue
            self.stores[instruction.d] = store
            changed = {n: value for n, value in enumerate(scalars) if value != before[n]}
            return self._override(code, changed)
        return []

    def stream_groups(self, warp: int) -> list[Word]:
        groups = self.unit.groups[-1] + 1
        return self._stream_fault(
            Cause.STREAM, warp, lambda s, _: dataclasses.replace(s, groups=groups)
        )

    def store_groups(self, warp: int) -> list[Word]:
        groups = self.unit.groups[-1] + 1
        return self._store_fault(
            Cause.STREAM, warp, lambda s, _: dataclasses.replace(s, groups=groups)
        )

    def store_lanes(self, warp: int) -> list[Word]:
        lanes = self.unit.lanes + 1
        return self._store_fault(
            Cause.STREAM, warp, lambda s, _: dataclasses.replace(s, lanes=lanes)
        )

    def taps(self, warp: int) -> list[Word]:
        taps = self.unit.taps + self.rng.choice([1, 3])
        return self._stream_fault(Cause.TAPS, warp, lambda s, _: dataclasses.replace(s, taps=taps))

    def no_beats(self, warp: int) -> list[Word]:
        def change(stream: Stream, scalars: list[int]) -> Stream:
            scalars[4] = 0
            return stream

        return self._stream_fault(Cause.BEATS, warp, change)

    def many_beats(self, warp: int) -> list[Word]:
        def change(stream: Stream, scalars: list[int]) -> Stream:
            scalars[4] = self.rng.choice([scalars[4] + 1, self.unit.registers + 1, 65535])
            return stream

        return self._stream_fault(Cause.BEATS, warp, change)

    def no_windows(self, warp: int) -> list[Word]:
        def change(store: Store, scalars: list[int]) -> Store:
            scalars[2] = 0
            return store

        return self._store_fault(Cause.BEATS, warp, change)

    def many_windows(self, warp: int) -> list[Word]:
        def change(store: Store, scalars: list[int]) -> Store:
            scalars[2] = self.unit.registers + 1
            scalars[3] = 65535
            return store

        return self._store_fault(Cause.BEATS, warp, change)

    def selection(self, warp: int) -> list[Word]:
        most = self.lanes.selections
        return self._stream_fault(
            Cause.SELECTION,
            warp,
            lambda s, _: dataclasses.replace(s, selection=self.rng.choice([most, most + 5])),
            ("MAC", "MACW"),
        )

    def window(self, warp: int) -> list[Word]:
        def change(stream: Stream, scalars: list[int]) -> Stream:
            word = self.unit.word
            return self.rng.choice(
                [
                    dataclasses.replace(stream, words=1),
                    dataclasses.replace(stream, tap_step=word + 1, words=4, word_step=word),
                    dataclasses.replace(stream, group_step=3 * word),
                    dataclasses.replace(stream, word_step=-stream.word_step),
                ]
            )

        return self._stream_fault(Cause.WINDOW, warp, change)

    def activation_word(self, warp: int) -> list[Word]:
        def change(stream: Stream, scalars: list[int]) -> Stream:
            unit = self.unit
            first = unit.activation_words << unit.byte_bits
            scalars[0] = self.rng.choice(
                [first, first - 1, (1 << unit.scalar_bits) - (1 << unit.byte_bits)]
            )
            return stream

        return self._stream_fault(Cause.ACTIVATION, warp, change)

    def activation_byte(self, warp: int) -> list[Word]:
        unit = self.unit
        if unit.word == 1 << unit.byte_bits:
            return []

        def change(stream: Stream, scalars: list[int]) -> Stream:
            scalars[0] |= (1 << unit.byte_bits) - 1
            return stream

        return self._stream_fault(Cause.ACTIVATION, warp, change)

    def weight(self, warp: int) -> list[Word]:
        def change(stream: Stream, scalars: list[int]) -> Stream:
            scalars[3] = self.rng.choice([4095, 200])
            return stream

        return self._stream_fault(Cause.WEIGHT, warp, change, ("MAC", "MACW"))

    def requantization(self, warp: int) -> list[Word]:
        def change(store: Store, scalars: list[int]) -> Store:
            scalars[1] = self.rng.choice([4095, 20])
            return store

        return self._store_fault(Cause.REQUANTIZATION, warp, change, ("QST",))

    def store_beyond(self, warp: int) -> list[Word]:
        def change(store: Store, scalars: list[int]) -> Store:
            unit = self.unit
            depth = unit.result_words if store.result else unit.activation_words
            scalars[0] = self.rng.choice([depth, -1, 4095])
            scalars[3] = 9
            return store

        return self._store_fault(Cause.STORE, warp, change)

    def shift(self, warp: int) -> list[Word]:
        return self._store_fault(
            Cause.SHIFT,
            warp,
            lambda s, _: dataclasses.replace(s, shift=self.rng.choice([0, 40, 63])),
            ("QST",),
        )

    def unclaimed(self, warp: int) -> list[Word]:
        if self.phase:
            return []
        return self._store_fault(
            Cause.SEQUENCE, warp, lambda s, _: dataclasses.replace(s, result=True)
        )


#: What makes each fault; the watchdog is not the program's.
FAULTS: Mapping[str, Callable[[FaultMaker, int], list[Word]]] = {
    "encoding": FaultMaker.encoding,
    "register": FaultMaker.register_fault,
    "loop of nothing": FaultMaker.loop_of_nothing,
    "third loop": FaultMaker.third_loop,
    "crossing loops": FaultMaker.crossing_loops,
    "branch out of a loop": FaultMaker.branch_out_of_a_loop,
    "pc": FaultMaker.pc_fault,
    "argument": FaultMaker.argument,
    "stream groups": FaultMaker.stream_groups,
    "store groups": FaultMaker.store_groups,
    "store lanes": FaultMaker.store_lanes,
    "taps": FaultMaker.taps,
    "no beats": FaultMaker.no_beats,
    "many beats": FaultMaker.many_beats,
    "no windows": FaultMaker.no_windows,
    "many windows": FaultMaker.many_windows,
    "selection": FaultMaker.selection,
    "window": FaultMaker.window,
    "activation word": FaultMaker.activation_word,
    "activation byte": FaultMaker.activation_byte,
    "weight": FaultMaker.weight,
    "requantization": FaultMaker.requantization,
    "store": FaultMaker.store_beyond,
    "shift": FaultMaker.shift,
    "released twice": FaultMaker.released_twice,
    "unclaimed": FaultMaker.unclaimed,
    "watchdog": lambda maker, warp: [],
}


def _watched(seed: int, warp: int, unit: Unit, lanes: LaneBlocks | None) -> Case | None:
    """The watchdog's trap in a warp: all below it have halted."""
    maker = Maker(random.Random(seed), unit, lanes)
    maker.extra = lambda: [
        Instruction("SR", rd=_OWN, imm=0),
        Instruction("LI", rd=_OTHER, imm=warp),
        Instruction("BGE", ra=_OWN, rb=_OTHER, offset=1),
        Instruction("HALT"),
    ]
    case = maker.case()
    outcome = simulate(case.program, case.activations, result_free=case.result_free)
    halts = {
        each.warp: each.cycle
        for each in outcome.retirements
        if decode(each.word).mnemonic == "HALT"
    }
    first = max((halts[number] for number in range(warp)), default=0)
    last = halts[warp]
    if last <= first + 1:
        return None
    return dataclasses.replace(case, watchdog=maker.rng.randint(first + 1, last - 1))
