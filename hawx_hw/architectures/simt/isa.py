"""The instruction set: one table from which everything else about instructions is made.

Encoder, decoder, assembler, disassembler, the gateware's decoder, docs/isa.md and the bins of the
coverage read :data:`OPERATIONS`. The cycles that instructions take are stated here, once, and
nowhere else: the simulator, the cycle model and the gateware read the same constants.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from hawx_hw.architectures.simt.traps import Cause

__all__ = [
    "ARITHMETIC_LATENCY",
    "BROADCAST_LATENCY",
    "FORMS",
    "FRONT_END_LATENCY",
    "HAZARD",
    "INSTRUCTIONS",
    "LOOP_LEVELS",
    "MULTIPLY_FAULT_LATENCY",
    "MULTIPLY_SCALARS",
    "OPCODE",
    "OPERATIONS",
    "PC_BITS",
    "POST_FAULT_LATENCY",
    "POST_LATENCY",
    "POST_SCALARS",
    "PREDICATES",
    "SCALARS",
    "SPECIAL_REGISTERS",
    "EncodingError",
    "Field",
    "Instruction",
    "Operand",
    "Operation",
    "Place",
    "barrel_period",
    "decode",
    "encode",
    "multiply_latency",
    "operation_named",
]

#: Scalars of a warp; s0 is zero.
SCALARS = 16
#: Predicates of a thread; p0 is one.
PREDICATES = 4
#: Loops of a warp, one in the other.
LOOP_LEVELS = 2
#: Bits of a program counter.
PC_BITS = 15

# Cycles ---------------------------------------------------------------------------------------

#: Cycles of the front end's pipeline: fetch, read the first scalar, read the second, execute.
FRONT_END_LATENCY = 4
#: Further cycles of VSET and VLANE.
BROADCAST_LATENCY = 4
#: Further cycles of what reads two vector registers.
ARITHMETIC_LATENCY = 6
#: Scalars that the multiply engine reads, one a cycle.
MULTIPLY_SCALARS = 5
#: Scalars that the post engine reads, one a cycle.
POST_SCALARS = 4
#: Fewest cycles between two runs into one register, where there are several registers.
HAZARD = 4
#: Cycles from a step of the multiply engine that faults to its trap.
MULTIPLY_FAULT_LATENCY = 3
#: Cycles from a step of the post engine that faults to its trap.
POST_FAULT_LATENCY = 1
#: Cycles from the post engine's last step to the end of its instruction; SIMT.md's D2.
POST_LATENCY = 8


def barrel_period(warps: int) -> int:
    """Cycles between two slots of a warp: b, at least the front end's pipeline."""
    return max(FRONT_END_LATENCY, warps)


def multiply_latency(block_register: bool) -> int:
    """Cycles from the multiply engine's last step to the end of its instruction: D."""
    return 7 if block_register else 6


#: Special registers by number, with what they hold.
SPECIAL_REGISTERS: tuple[tuple[str, str], ...] = (
    ("warp", "number of the warp"),
    ("warps", "warps: W"),
    ("lanes", "lanes: N"),
    ("cluster", "lanes of a cluster: S"),
    ("registers", "vector registers of a thread: R"),
    ("word", "bytes of an activation word: L"),
)


# Forms ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """Bits of an instruction.

    Parameters
    ----------
    low, bits : int
        Position of the lowest bit, and how many there are.
    signed : bool
        Whether it is in two's complement.
    """

    low: int
    bits: int
    signed: bool = False

    @property
    def mask(self) -> int:
        """The bits, in their place."""
        return ((1 << self.bits) - 1) << self.low

    @property
    def range(self) -> range:
        """The values that it can hold."""
        half = 1 << (self.bits - 1)
        return range(-half, half) if self.signed else range(2 * half)

    def insert(self, value: int) -> int:
        """The bits of a value, in their place."""
        if value not in self.range:
            low, high = self.range[0], self.range[-1]
            raise ValueError(f"must be in [{low}, {high}], not {value}")
        return (value << self.low) & self.mask

    def extract(self, word: int) -> int:
        """The value that an instruction has here."""
        value = (word & self.mask) >> self.low
        return value - (1 << self.bits) if self.signed and value >> (self.bits - 1) else value


OPCODE = Field(26, 6)

#: Fields of each form. Bits outside of those that an operation has are zero.
FORMS: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        "N": {},
        "R": {"rd": Field(19, 4), "ra": Field(15, 4), "rb": Field(11, 4)},
        "I": {"rd": Field(19, 4), "ra": Field(15, 4), "imm": Field(0, 15, signed=True)},
        "B": {"ra": Field(19, 4), "rb": Field(15, 4), "offset": Field(0, 15, signed=True)},
        "V": {"pred": Field(23, 3), "vd": Field(18, 5), "va": Field(13, 5), "vb": Field(8, 5)},
        "S": {
            "pred": Field(23, 3),
            "v": Field(18, 5),
            "rs": Field(14, 4),
            "sel": Field(11, 3),
            "fn": Field(8, 3),
            "d": Field(0, 8),
        },
    }
)


class Place(enum.Enum):
    """Where an instruction is executed, and so how long it takes."""

    FRONT = "front end"
    BROADCAST = "vector, one register written"
    ARITHMETIC = "vector, two registers read"
    MULTIPLY = "multiply engine"
    POST = "post engine"


@dataclass(frozen=True)
class Operand:
    """An operand as the assembler writes it.

    Parameters
    ----------
    field : str
        Of the operation's form.
    kind : str
        ``scalar``, ``vector``, ``predicate`` (p1 to p3), ``condition`` (p0 to p3, or ``!p1`` to
        ``!p3``), ``number``, ``layer``, ``argument``, ``special``, ``target``, ``length``,
        ``stream``, ``store`` or ``groups``.
    symbol : str
        In the syntax, such as ``rd``.
    """

    field: str
    kind: str
    symbol: str


@dataclass(frozen=True, eq=False)
class Operation:
    """One entry of the table.

    Parameters
    ----------
    opcode : int
        In [1, 63].
    mnemonic : str
    form : str
        Key of :data:`FORMS`.
    operands : tuple of Operand
        In the order of the syntax.
    place : Place
    meaning : str
        For the documentation.
    traps : tuple of Cause
        Beside ENCODING and PC of the fetch.
    suffixes : mapping of str to int
        Values of ``fn`` by the suffix of the mnemonic; empty where there is no such field.
    predicated : bool
        Whether it has the field ``pred``.
    selects : bool
        Whether it has the field ``sel``.
    """

    opcode: int
    mnemonic: str
    form: str
    operands: tuple[Operand, ...]
    place: Place
    meaning: str
    traps: tuple[Cause, ...] = ()
    suffixes: Mapping[str, int] = field(default_factory=dict)
    predicated: bool = False
    selects: bool = False

    @functools.cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields that it has."""
        form = FORMS[self.form]
        own = {operand.field for operand in self.operands}
        if self.suffixes:
            own.add("fn")
        if self.predicated:
            own.add("pred")
        if self.selects:
            own.add("sel")
        return {name: place for name, place in form.items() if name in own}

    @functools.cached_property
    def mask(self) -> int:
        """Bits that may be one: the opcode and all fields."""
        bits = OPCODE.mask
        for each in self.fields.values():
            bits |= each.mask
        return bits

    @property
    def syntax(self) -> str:
        """Mnemonic and operands, such as ``ADD rd, ra, rb``."""
        names = ", ".join(operand.symbol for operand in self.operands)
        return f"{self.mnemonic} {names}".strip()

    @property
    def names(self) -> Mapping[str, int]:
        """What the assembler calls it, with each of its suffixes, and the value of ``fn``."""
        if not self.suffixes:
            return {self.mnemonic: 0}
        return {
            f"{self.mnemonic}.{suffix}" if suffix else self.mnemonic: value
            for suffix, value in self.suffixes.items()
        }

    @property
    def latency(self) -> int:
        """Cycles beyond the front end's, without waits, walks and the engines' own."""
        return {Place.BROADCAST: BROADCAST_LATENCY, Place.ARITHMETIC: ARITHMETIC_LATENCY}.get(
            self.place, 0
        )


_RD, _RA, _RB = (Operand(name, "scalar", name) for name in ("rd", "ra", "rb"))
_IMM = Operand("imm", "number", "imm")
_RS = Operand("rs", "scalar", "rs")
_VD, _VA, _VB = (Operand(name, "vector", name) for name in ("vd", "va", "vb"))
_V = Operand("v", "vector", "v")
_TARGET = Operand("offset", "target", "target")
_STREAM = Operand("d", "stream", "stream")
_STORE = Operand("d", "store", "store")
_C = Cause
_WALK = (
    _C.REGISTER,
    _C.STREAM,
    _C.TAPS,
    _C.BEATS,
    _C.WINDOW,
    _C.ACTIVATION,
)
_MULTIPLY = (*_WALK, _C.SELECTION, _C.WEIGHT)
_POST = (_C.REGISTER, _C.STREAM, _C.BEATS, _C.STORE, _C.SEQUENCE)
_Z = MappingProxyType({"": 0, "z": 1})


def _front(opcode: int, mnemonic: str, form: str, operands: tuple[Operand, ...], meaning: str,
           *traps: Cause) -> Operation:  # fmt: skip
    return Operation(opcode, mnemonic, form, operands, Place.FRONT, meaning, traps)


def _vector(opcode: int, mnemonic: str, meaning: str) -> Operation:
    return Operation(
        opcode, mnemonic, "V", (_VD, _VA, _VB), Place.ARITHMETIC, meaning, (_C.REGISTER,),
        predicated=True,
    )  # fmt: skip


def _compare(opcode: int, mnemonic: str, meaning: str) -> Operation:
    operands = (Operand("vd", "predicate", "p"), _VA, _VB)
    return Operation(
        opcode, mnemonic, "V", operands, Place.ARITHMETIC, meaning, (_C.REGISTER,), predicated=True
    )


def _stream(opcode: int, mnemonic: str, meaning: str, traps: tuple[Cause, ...],
            suffixes: Mapping[str, int] = _Z, selects: bool = False) -> Operation:  # fmt: skip
    return Operation(
        opcode, mnemonic, "S", (_V, _RS, _STREAM), Place.MULTIPLY, meaning, tuple(sorted(traps)),
        suffixes, predicated=True, selects=selects,
    )  # fmt: skip


_ALL = (
    _front(0x01, "NOP", "N", (), "Nothing."),
    _front(0x02, "HALT", "N", (), "The warp ends. The inference is done with the last one."),
    _front(
        0x03, "BAR", "I", (Operand("imm", "layer", "layer"),),
        "Waits until every warp that has not halted is at a barrier; a layer begins, and what all "
        "warps stored is visible to all.",
    ),
    _front(
        0x04, "REL", "N", (), "The image is read no more: the next one may be written over it.",
        _C.SEQUENCE,
    ),
    _front(0x05, "WAITR", "N", (), "Waits until the result memory may be written."),
    _front(0x06, "LI", "I", (_RD, _IMM), "`s[rd] = imm`"),
    _front(0x07, "LIH", "I", (_RD, _IMM), "`s[rd] = s[rd][14:0] + (imm << 15)`"),
    _front(0x08, "ADD", "R", (_RD, _RA, _RB), "`s[rd] = s[ra] + s[rb]`"),
    _front(0x09, "SUB", "R", (_RD, _RA, _RB), "`s[rd] = s[ra] - s[rb]`"),
    _front(0x0A, "ADDI", "I", (_RD, _RA, _IMM), "`s[rd] = s[ra] + imm`"),
    _front(
        0x0B, "ARG", "I", (_RD, Operand("imm", "argument", "k")),
        "`s[rd] = argument[k * W + warp]`", _C.ARGUMENT,
    ),
    _front(
        0x0C, "SR", "I", (_RD, Operand("imm", "special", "k")), "`s[rd] = special register k`"
    ),
    _front(0x10, "JMP", "B", (_TARGET,), "`pc = target`", _C.LOOP, _C.PC),
    _front(
        0x11, "BEQ", "B", (_RA, _RB, _TARGET), "`if s[ra] == s[rb]: pc = target`", _C.LOOP, _C.PC
    ),
    _front(
        0x12, "BNE", "B", (_RA, _RB, _TARGET), "`if s[ra] != s[rb]: pc = target`", _C.LOOP, _C.PC
    ),
    _front(
        0x13, "BLT", "B", (_RA, _RB, _TARGET), "`if s[ra] < s[rb]: pc = target`, unsigned",
        _C.LOOP, _C.PC,
    ),
    _front(
        0x14, "BGE", "B", (_RA, _RB, _TARGET), "`if s[ra] >= s[rb]: pc = target`, unsigned",
        _C.LOOP, _C.PC,
    ),
    _front(
        0x15, "LOOP", "B", (_RA, Operand("offset", "length", "length")),
        "Repeats the next `length` instructions `s[ra]` times; not at all where it is 0. To go "
        "back takes no time.", _C.LOOP,
    ),
    Operation(
        0x20, "VSET", "S", (_V, _RS), Place.BROADCAST,
        "`v[lane] = s[rs]`, zero-extended or cut", (_C.REGISTER,), predicated=True,
    ),
    Operation(
        0x21, "VLANE", "V", (_VD,), Place.BROADCAST, "`vd[lane] = lane`", (_C.REGISTER,),
        predicated=True,
    ),
    _vector(0x22, "VADD", "`vd[lane] = va[lane] + vb[lane]`"),
    _vector(0x23, "VSUB", "`vd[lane] = va[lane] - vb[lane]`"),
    _vector(0x24, "VMIN", "`vd[lane] = min(va[lane], vb[lane])`, signed"),
    _vector(0x25, "VMAX", "`vd[lane] = max(va[lane], vb[lane])`, signed"),
    _compare(0x26, "VLT", "`p[lane] = va[lane] < vb[lane]`, signed"),
    _compare(0x27, "VEQ", "`p[lane] = va[lane] == vb[lane]`"),
    _front(
        0x28, "PLT", "S",
        (Operand("v", "predicate", "p"), _RS, Operand("d", "groups", "groups")),
        "`p[lane] = lane mod (N / groups) < s[rs]`; `groups` is 1 where it is left out.",
        _C.REGISTER, _C.STREAM,
    ),
    _front(
        0x29, "PAND", "V",
        (
            Operand("vd", "predicate", "p"),
            Operand("va", "condition", "pa"),
            Operand("vb", "condition", "pb"),
        ),
        "`p[lane] = pa[lane] and pb[lane]`; both may be inverted.", _C.REGISTER,
    ),
    _stream(
        0x30, "MAC",
        "`v[r][lane] += block(weight, activation)` over the stream's loops; all lanes of a group "
        "take the same activation. With `.z` the registers begin at 0.", _MULTIPLY, selects=True,
    ),
    _stream(
        0x31, "MACW", "As MAC, but lane l takes byte `l mod L` of the word (depthwise).", _MULTIPLY,
        selects=True,
    ),
    _stream(
        0x32, "LDV", "`v[r][lane] = code`, byte `l mod L` of the word; the last of several.", _WALK,
        MappingProxyType({}),
    ),
    _stream(
        0x33, "RADD", "`v[r][lane] += code`, byte `l mod L` of the word. With `.z` the registers "
        "begin at 0.", _WALK,
    ),
    _stream(
        0x34, "RMAX", "`v[r][lane] = max(v[r][lane], code)`, byte `l mod L` of the word. With `.z` "
        "the registers begin at -128.", _WALK,
    ),
    Operation(
        0x38, "QST", "S", (_V, _RS, _STORE), Place.POST,
        "Requantizes registers and stores the codes: each register, with `.max` the largest of "
        "each window, with `.sum` the sum of each window's products.",
        (*_POST[:3], _C.REQUANTIZATION, _C.STORE, _C.SHIFT, _C.SEQUENCE),
        MappingProxyType({"": 0, "max": 1, "sum": 2}),
    ),
    Operation(
        0x39, "STV", "S", (_V, _RS, _STORE), Place.POST,
        "Stores registers as they are, saturated to [-128, 127].", _POST,
    ),
)  # fmt: skip

#: Every operation, by its opcode.
OPERATIONS: Mapping[int, Operation] = MappingProxyType({each.opcode: each for each in _ALL})
_BY_NAME = {each.mnemonic: each for each in _ALL}
#: The name of every instruction, suffixes included, such as ``QST.max``; in the order of opcodes.
INSTRUCTIONS: tuple[str, ...] = tuple(name for each in _ALL for name in each.names)


def operation_named(mnemonic: str) -> Operation:
    """The operation of a mnemonic, without its suffix.

    Raises
    ------
    KeyError
        There is none.
    """
    return _BY_NAME[mnemonic]


# Encoding -------------------------------------------------------------------------------------


class EncodingError(ValueError):
    """A word that is no instruction: the trap ENCODING."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: its mnemonic and the value of each field; 0 where it has no such field."""

    mnemonic: str
    rd: int = 0
    ra: int = 0
    rb: int = 0
    imm: int = 0
    offset: int = 0
    pred: int = 0
    vd: int = 0
    va: int = 0
    vb: int = 0
    v: int = 0
    rs: int = 0
    sel: int = 0
    fn: int = 0
    d: int = 0

    @property
    def operation(self) -> Operation:
        """Its entry of the table."""
        return _BY_NAME[self.mnemonic]

    @property
    def name(self) -> str:
        """Its entry in :data:`INSTRUCTIONS`."""
        names = self.operation.names
        return next((name for name, value in names.items() if value == self.fn), self.mnemonic)

    @property
    def suffix(self) -> str:
        """What follows the mnemonic: the meaning of ``fn``."""
        return next(
            (name for name, value in self.operation.suffixes.items() if value == self.fn), ""
        )


_VALUES = tuple(each.name for each in fields(Instruction) if each.name != "mnemonic")


def _refusals(operation: Operation, values: Mapping[str, int]) -> Iterator[str]:
    """Why values of an operation's fields are no instruction, though each fits its field."""
    if values.get("pred", 0) == 4:
        yield "pred must not be 4"
    if operation.suffixes and values["fn"] not in operation.suffixes.values():
        yield f"fn must be one of {sorted(operation.suffixes.values())}, not {values['fn']}"
    for operand in operation.operands:
        value = values[operand.field]
        if operand.kind == "condition" and (value == 4 or value > 7):
            yield f"{operand.symbol} must be in [0, 7] and not 4, not {value}"
        if operand.kind == "layer" and value < 0:
            yield f"{operand.symbol} must not be negative, not {value}"
        if operand.kind == "special" and not 0 <= value < len(SPECIAL_REGISTERS):
            yield f"{operand.symbol} must be in [0, {len(SPECIAL_REGISTERS) - 1}], not {value}"


def encode(instruction: Instruction) -> int:
    """The word of an instruction.

    Raises
    ------
    ValueError
        A value that its field cannot hold, or for which there is no field.
    """
    operation = instruction.operation
    word = OPCODE.insert(operation.opcode)
    present = operation.fields
    values = {name: getattr(instruction, name) for name in present}
    for name in _VALUES:
        value = getattr(instruction, name)
        if name in present:
            try:
                word |= present[name].insert(value)
            except ValueError as error:
                raise ValueError(f"{operation.mnemonic}: {name} {error}") from error
        elif value:
            raise ValueError(f"{operation.mnemonic} has no {name}, not even {value}")
    for refusal in _refusals(operation, values):
        raise ValueError(f"{operation.mnemonic}: {refusal}")
    return word


@functools.lru_cache(maxsize=1 << 12)
def decode(word: int) -> Instruction:
    """The instruction of a word.

    Parameters
    ----------
    word : int
        In [0, 2**32).

    Raises
    ------
    EncodingError
        It is none.
    """
    operation = OPERATIONS.get(OPCODE.extract(word))
    if operation is None:
        raise EncodingError(f"{word:#010x} has the opcode of no instruction")
    if word & ~operation.mask:
        raise EncodingError(f"{word:#010x} has bits outside of the fields of {operation.mnemonic}")
    values = {name: each.extract(word) for name, each in operation.fields.items()}
    for refusal in _refusals(operation, values):
        raise EncodingError(f"{word:#010x}: {refusal}")
    return Instruction(operation.mnemonic, **values)
