"""The decoder: what an instruction asks for, made from the table of the instruction set."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.isa import (
    FORMS,
    MULTIPLY_SCALARS,
    OPCODE,
    OPERATIONS,
    POST_SCALARS,
    SCALARS,
    SPECIAL_REGISTERS,
    Field,
    Operation,
    Place,
    operation_named,
)
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = [
    "BRANCHES",
    "CAUSE_BITS",
    "Decoded",
    "Decoder",
    "SourceSelect",
    "field_of",
    "is_one_of",
    "opcodes",
    "operations_of",
    "refused_value",
    "sources",
]

#: Bits of the number of a cause.
CAUSE_BITS = index_width(len(Cause) + 1)
#: What may jump.
BRANCHES = ("JMP", "BEQ", "BNE", "BLT", "BGE")
#: Fields of scalars that are read; the others of this kind are written.
_SOURCES = {"R": ("ra", "rb"), "I": ("ra",), "B": ("ra", "rb"), "S": ("rs",)}


def field_of(word: Value, form: str, name: str) -> Value:
    """A field of an instruction."""
    place = FORMS[form][name]
    value = word[place.low : place.low + place.bits]
    return value.as_signed() if place.signed else value


def operations_of(unit: Unit) -> list[Operation]:
    """The operations that a unit has, with whatever suffix."""
    return [operation for operation in OPERATIONS.values() if unit.has(operation.mnemonic)]


def opcodes(unit: Unit, select: Callable[[Operation], bool]) -> list[int]:
    """Opcodes of some of a unit's operations."""
    return [operation.opcode for operation in operations_of(unit) if select(operation)]


def sources(operation: Operation) -> tuple[Field, ...]:
    """Fields of the scalars that the front end reads for an operation, in this order."""
    if operation.mnemonic == "LIH":
        return (FORMS["I"]["rd"],)
    own = {operand.field for operand in operation.operands if operand.kind == "scalar"}
    form = FORMS[operation.form]
    return tuple(form[name] for name in _SOURCES.get(operation.form, ()) if name in own)


class SourceSelect(wiring.Component):
    """Which scalar an instruction reads first.

    **Latency**: none.

    Parameters
    ----------
    unit : Unit

    Attributes
    ----------
    word : In(32)
    reads : Out(1)
    number : Out
    """

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        super().__init__({"word": In(32), "reads": Out(1), "number": Out(index_width(SCALARS))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        with m.Switch(_opcode(self.word)):
            for field in dict.fromkeys(
                sources(each)[0] for each in operations_of(self._unit) if sources(each)
            ):
                cases = opcodes(self._unit, lambda o, f=field: sources(o)[:1] == (f,))  # type: ignore[misc]
                with m.Case(*cases):
                    m.d.comb += [
                        self.reads.eq(1),
                        self.number.eq(self.word[field.low : field.low + field.bits]),
                    ]
        return m


class Decoded(data.StructLayout):
    """What an instruction asks for.

    Members
    -------
    front, broadcast, arithmetic, multiply, post : 1
        The :class:`~hawx_hw.architectures.simt.isa.Place` that executes it.
    second, second_number
        It reads a second scalar, and which.
    writes : 1
        A scalar.
    faulty : 1
        It is no instruction, or names what there is not; ``cause`` and ``number`` say what.
    cause, number
        Of the fault; the number where it is that of a register.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                **{each.name.lower(): 1 for each in Place},
                "second": 1,
                "second_number": index_width(SCALARS),
                "writes": 1,
                "faulty": 1,
                "cause": CAUSE_BITS,
                "number": 5,
            }
        )


class Decoder(wiring.Component):
    """Decodes an instruction, and refuses what no state is needed for.

    The faults are those of :func:`~hawx_hw.architectures.simt.execution.front_faults`, ENCODING,
    and ARGUMENT.

    **Latency**: none.

    Parameters
    ----------
    unit : Unit
    streams, stores, arguments : int
        How many there are; arguments of each warp.

    Attributes
    ----------
    word : In(32)
    decoded : Out(Decoded)
    """

    def __init__(self, unit: Unit, *, streams: int, stores: int, arguments: int):
        self._unit = unit
        self._streams, self._stores, self._arguments = streams, stores, arguments
        super().__init__({"word": In(32), "decoded": Out(Decoded())})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        out, unit = self.decoded, self._unit
        opcode = _opcode(self.word)
        with m.Switch(opcode):
            for place in Place:
                with m.Case(*opcodes(unit, lambda o, p=place: o.place is p)):  # type: ignore[misc]
                    m.d.comb += out[place.name.lower()].eq(1)
        with m.Switch(opcode):
            for field in dict.fromkeys(
                sources(each)[1] for each in operations_of(unit) if len(sources(each)) > 1
            ):
                cases = opcodes(unit, lambda o, f=field: sources(o)[1:] == (f,))  # type: ignore[misc]
                with m.Case(*cases):
                    m.d.comb += [
                        out.second.eq(1),
                        out.second_number.eq(self.word[field.low : field.low + field.bits]),
                    ]
        with m.Switch(opcode):
            with m.Case(*opcodes(unit, lambda o: "rd" in o.fields)):
                m.d.comb += out.writes.eq(1)
        self._faults(m, opcode)
        return m

    def _faults(self, m: Module, opcode: Value) -> None:
        """The first of the faults counts."""
        out = self.decoded
        m.d.comb += [out.faulty.eq(1), out.cause.eq(Cause.ENCODING)]
        with m.Switch(opcode):
            for operation in operations_of(self._unit):
                with m.Case(operation.opcode):
                    legal = Signal(name=f"legal_{operation.mnemonic.lower()}")
                    m.d.comb += legal.eq(self._legal(operation))
                    with m.If(legal):
                        faults = list(self._checks(operation))
                        m.d.comb += out.faulty.eq(_any(fault for fault, _, _ in faults))
                        for fault, cause, number in reversed(faults):
                            with m.If(fault):
                                m.d.comb += [out.cause.eq(cause), out.number.eq(number)]

    def _legal(self, operation: Operation) -> Value:
        """It is an instruction: see :func:`~hawx_hw.architectures.simt.isa.decode`."""
        unit, word = self._unit, self.word
        outside = (1 << 32) - 1 & ~operation.mask
        wrong = [(word & outside) != 0]
        form = operation.form
        if operation.predicated:
            wrong.append(field_of(word, form, "pred") == 4)
        if operation.suffixes:
            fn = field_of(word, form, "fn")
            present = [value for name, value in operation.names.items() if unit.has_name(name)]
            wrong.append(~_any(fn == value for value in present))
        for operand in operation.operands:
            value = field_of(word, form, operand.field)
            if operand.kind == "condition":
                wrong += [value == 4, value > 7]
            elif operand.kind == "layer":
                wrong.append(value < 0)
            elif operand.kind == "special":
                wrong += [value < 0, value >= len(SPECIAL_REGISTERS)]
        return ~_any(wrong)

    def _checks(self, operation: Operation) -> Iterable[tuple[Value, Cause, Value | int]]:
        """Faults in the order in which they count, with the number of a register."""
        unit, word, form = self._unit, self.word, operation.form
        engine = {Place.MULTIPLY: MULTIPLY_SCALARS, Place.POST: POST_SCALARS}.get(operation.place)
        if operation.predicated:
            yield self._lacks(field_of(word, form, "pred"))
        for operand in operation.operands:
            value = field_of(word, form, operand.field)
            # Engines compare the last of several registers.
            if operand.kind == "vector" and engine is None and unit.registers < 1 << len(value):
                yield value >= unit.registers, Cause.REGISTER, value
            elif operand.kind == "predicate":
                yield (value == 0) | (value > unit.predicates), Cause.REGISTER, value
            elif operand.kind == "condition":
                yield self._lacks(value)
            elif operand.kind == "groups":
                yield value >= len(unit.groups), Cause.STREAM, 0
            elif operand.kind == "argument":
                yield (value < 0) | (value >= self._arguments), Cause.ARGUMENT, 0
        if engine is None:
            return
        rs, index = field_of(word, form, "rs"), field_of(word, form, "d")
        count = self._streams if operation.place is Place.MULTIPLY else self._stores
        yield rs + engine > SCALARS, Cause.REGISTER, rs + engine
        if count < 1 << len(index):
            yield index >= count, Cause.STREAM, 0

    def _lacks(self, condition: Value) -> tuple[Value, Cause, Value]:
        """Whether there is no such predicate."""
        number = condition[:2]
        return number > self._unit.predicates, Cause.REGISTER, number


def refused_value(m: Module, decoded: Any, word: Value) -> Value:
    """The value of the trap of an instruction that the decoder refuses.

    Parameters
    ----------
    m : Module
        Gets the logic.
    decoded : Decoded
    word : Value
        The instruction.
    """
    value = Signal(32, name="refused_value")
    with m.Switch(decoded.cause):
        with m.Case(Cause.REGISTER):
            m.d.comb += value.eq(decoded.number)
        with m.Case(Cause.STREAM):
            m.d.comb += value.eq(field_of(word, "S", "d"))
        with m.Case(Cause.ARGUMENT):
            m.d.comb += value.eq(field_of(word, "I", "imm").as_unsigned())
        with m.Default():
            m.d.comb += value.eq(word)
    return value


def _opcode(word: Value) -> Value:
    return word[OPCODE.low : OPCODE.low + OPCODE.bits]


def _any(values: Iterable[Value]) -> Value:
    result: Value = Const(0, 1)
    for value in values:
        result = result | value
    return Value.cast(result)


def is_one_of(unit: Unit, word: Value, *mnemonics: str) -> Value:
    """Whether an instruction that a unit has is one of some; those that it lacks cost nothing."""
    opcode = _opcode(word)
    return _any(opcode == operation_named(name).opcode for name in mnemonics if unit.has(name))
