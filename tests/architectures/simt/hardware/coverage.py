"""What programs must have done before a comparison with the hardware counts as complete.

Bins are tuples. Which of them there are follows from the table of instructions and from the units
that programs run on; :meth:`Coverage.missing` names those that no program has reached.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hawx_hw.architectures.simt.isa import (
    MULTIPLY_SCALARS,
    OPERATIONS,
    POST_SCALARS,
    SCALARS,
    SPECIAL_REGISTERS,
    Field,
    Operand,
    Operation,
    Place,
)
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from tests.architectures.simt.hardware.shape import Shape

__all__ = ["Bin", "Coverage", "operand_class", "operand_classes"]

Bin = tuple[object, ...]
#: Which engines walk.
STATES = ("idle", "multiply", "post", "both")
#: What an instruction finds at its own engine.
ENGINE = ("free", "busy", "two waiting")
#: Loops of a stream.
LOOPS = ("taps", "across", "beats", "down", "kernel_x", "kernel_y", "blocks", "words")
#: Orders of arrival at a barrier are counted in full up to this many warps, else pairs of warps.
MOST_ORDERED = 3
_CONDITIONS = {0: "all", 1: "p1", 2: "p2", 3: "p3", 5: "!p1", 6: "!p2", 7: "!p3"}


# Operands -------------------------------------------------------------------------------------


def _operand(operation: Operation, name: str) -> Operand | None:
    return next((o for o in operation.operands if o.field == name), None)


def _scalars(operation: Operation) -> int:
    return {Place.MULTIPLY: MULTIPLY_SCALARS, Place.POST: POST_SCALARS}.get(operation.place, 1)


def operand_classes(operation: Operation, name: str, shape: Shape) -> list[str]:
    """The classes of the values of a field."""
    unit = shape.unit
    operand = _operand(operation, name)
    if operand is None:
        match name:
            case "pred":
                return [*_CONDITIONS.values(), "beyond"]
            case "fn":
                return [*map(str, operation.suffixes.values()), "beyond"]
            case _:
                most = shape.lanes.selections
                return ["stream's", "first", *(["last"] if most > 1 else []),
                        *(["beyond"] if most < 7 else [])]  # fmt: skip
    match operand.kind:
        case "scalar":
            engine = operation.place in (Place.MULTIPLY, Place.POST)
            return ["other", "last", *(["beyond"] if engine else ["s0"])]
        case "vector":
            return ["first", "last", *(["other"] if unit.registers > 2 else []),
                    *(["beyond"] if unit.registers < 32 else [])]  # fmt: skip
        case "predicate":
            return ["1", "2", "3", "beyond"]
        case "condition":
            return [*_CONDITIONS.values(), "beyond"]
        case "number":
            return ["0", "1", "-1", "least", "largest", "other"]
        case "layer":
            return ["0", "other", "largest", "beyond"]
        case "argument":
            return ["first", "other", "last", "negative", "beyond"]
        case "special":
            return [*map(str, range(len(SPECIAL_REGISTERS))), "beyond"]
        case "target":
            return ["next", "forward", "back", "beyond"]
        case "length":
            return ["1", "other", "none", "beyond"]
        case "groups":
            return ["first", *(["last"] if len(unit.groups) > 1 else []), "beyond"]
        case _:  # streams and stores
            return ["first", "other", "last", "beyond"]


def operand_class(
    operation: Operation, name: str, value: int, shape: Shape, pc: int, length: int
) -> str:
    """The class of a value, one of :func:`operand_classes`.

    Parameters
    ----------
    pc, length : int
        Of the instruction, and words of the program.
    """
    unit = shape.unit
    operand = _operand(operation, name)
    if operand is None:
        match name:
            case "pred":
                return _CONDITIONS.get(value, "beyond")
            case "fn":
                return str(value) if value in operation.suffixes.values() else "beyond"
            case _:
                most = shape.lanes.selections
                if value > most:
                    return "beyond"
                if value == min(most, 7) and most > 1:
                    return "last"
                return {0: "stream's", 1: "first"}.get(value, "other")
    place = operation.fields[name]
    match operand.kind:
        case "scalar":
            return _scalar_class(operation, value)
        case "vector":
            return _place(value, unit.registers)
        case "predicate":
            return str(value) if 1 <= value <= 3 else "beyond"
        case "condition":
            return _CONDITIONS.get(value, "beyond")
        case "number":
            return _number_class(place, value)
        case "layer":
            named = {0: "0", place.range[-1]: "largest"}.get(value, "other")
            return "beyond" if value < 0 else named
        case "argument":
            return "negative" if value < 0 else _place(value, shape.arguments)
        case "special":
            return str(value) if 0 <= value < len(SPECIAL_REGISTERS) else "beyond"
        case "target":
            target = (pc + 1 + value) % (1 << 15)
            if target >= length:
                return "beyond"
            return "next" if value == 0 else "forward" if value > 0 else "back"
        case "length":
            if value < 1:
                return "none"
            return "beyond" if pc + 1 + value > length else "1" if value == 1 else "other"
        case "groups":
            return _place(value, len(unit.groups))
        case kind:
            return _place(value, len(shape.streams if kind == "stream" else shape.stores))


def _scalar_class(operation: Operation, value: int) -> str:
    last = SCALARS - _scalars(operation)
    if value > last:
        return "beyond"
    if value == last:
        return "last"
    return "s0" if value == 0 and last == SCALARS - 1 else "other"


def _number_class(place: Field, value: int) -> str:
    named = {0: "0", 1: "1", -1: "-1", place.range[0]: "least", place.range[-1]: "largest"}
    return named.get(value, "other")


def _place(value: int, count: int) -> str:
    if value >= count:
        return "beyond"
    if value == 0:
        return "first"
    return "last" if value == count - 1 else "other"


# Bins -----------------------------------------------------------------------------------------


def many(count: int) -> str:
    """1, 2, or many; also 0."""
    return str(count) if count < 3 else "many"


@dataclass
class Coverage:
    """Bins that were reached, and how often.

    Parameters
    ----------
    whole : bool
        Whether each operation, and each class of its operands, counts once for each state of both
        engines; a sample of few programs cannot reach that.
    """

    whole: bool = True
    bins: Counter[Bin] = field(default_factory=Counter)

    def add(self, bins: Counter[Bin]) -> None:
        """Count what a program has reached."""
        self.bins.update(bins)

    def missing(self, shapes: Sequence[Shape]) -> list[Bin]:
        """Bins that were not reached, of those that these shapes have."""
        required = {each for shape in shapes for each in self.required(shape)}
        return sorted((each for each in required if not self.bins[each]), key=str)

    def required(self, shape: Shape) -> Iterator[Bin]:
        """The bins of a shape."""
        unit = shape.unit
        yield from self._operands(shape)
        yield from self._states(unit)
        yield from _front(unit)
        yield from _streams(shape)
        yield from _stores(unit)
        yield from _traps(unit)

    def _operands(self, shape: Shape) -> Iterator[Bin]:
        states = _states(shape.unit)
        for operation in OPERATIONS.values():
            for name in operation.fields:
                for each in operand_classes(operation, name, shape):
                    yield ("operand", operation.mnemonic, name, each)
                    for state in states if self.whole else ():
                        yield ("operand in state", operation.mnemonic, name, each, state)

    def _states(self, unit: Unit) -> Iterator[Bin]:
        for operation in OPERATIONS.values():
            for state in _states(unit) if self.whole else STATES[: min(unit.warps, 2)]:
                yield ("state", operation.mnemonic, state)
            if operation.place in (Place.MULTIPLY, Place.POST):
                for state in ENGINE[: unit.warps]:
                    yield ("engine", operation.mnemonic, state)
        yield from (("any operation", state) for state in _states(unit))


def _states(unit: Unit) -> Sequence[str]:
    """What the engines do while a warp executes an instruction."""
    return STATES[: {1: 1, 2: 3}.get(unit.warps, 4)]


def _front(unit: Unit) -> Iterator[Bin]:
    if unit.warps <= MOST_ORDERED:
        for order in itertools.permutations(range(unit.warps)):
            yield ("barrier", *order)
    else:
        for first, second in itertools.permutations(range(unit.warps), 2):
            yield ("barrier of more", unit.warps, first, "before", second)
    if unit.warps > 1:
        yield ("barrier without some",)
    yield from (("loop", level, turns) for level in (1, 2) for turns in ("0", "1", "2", "many"))
    yield ("loops that end together",)
    yield from (("waits for the result", waits) for waits in (False, True))
    yield from (("released", how) for how in ("by REL", "at the end"))


def _streams(shape: Shape) -> Iterator[Bin]:
    unit = shape.unit
    counts = {"taps": unit.taps, "across": unit.registers, "beats": unit.registers,
              "down": unit.registers}  # fmt: skip
    for loop in LOOPS:
        for count in ("1", "2", "many")[: counts.get(loop, 3)]:
            yield ("stream", loop, count)
    yield from (("edge", side) for side in ("left", "right", "top", "bottom", "corner", "all"))
    yield from (("window", what) for what in ("hit", "miss"))
    if unit.word > 1:
        yield ("window", "straddle")
    yield from (("beats", beats) for beats in {1, 2, min(3, unit.registers), unit.registers})
    yield from (("hazard", stretches) for stretches in (False, True))
    for groups in unit.groups:
        yield from (("groups", kind, groups) for kind in ("stream", "store"))
    for selection in range(shape.lanes.selections):
        blocks = shape.lanes.choice[selection].tolist()
        for lane, block in enumerate(blocks):
            name = shape.lanes.blocks[block].name
            kind = tuple(shape.lanes.blocks[n].name for n in shape.lanes.of_lane(lane))
            yield ("selection", selection, name, kind)


def _stores(unit: Unit) -> Iterator[Bin]:
    for kind in ("QST", "QST.max", "QST.sum", "STV"):
        yield from (("store to", kind, memory) for memory in ("activations", "result"))
    for suffix in ("max", "sum"):
        yield from (("window of", suffix, count) for count in ("1", "2", "many"))
    yield from (("windows left", what) for what in ("none", "fewer", "as many", "more"))
    yield from (("shift", value) for value in (1, 39))
    yield from (("step", value) for value in (1, 128))
    if unit.word > 1:
        yield from (("last word", what) for what in ("full", "in part"))


def _traps(unit: Unit) -> Iterator[Bin]:
    for cause in Cause:
        yield from (("trap", cause.name, warp) for warp in range(unit.warps))
    if unit.warps > 1:
        yield ("trap while both engines run",)
