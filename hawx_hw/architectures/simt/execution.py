"""What instructions do, without when: one function for each kind, plain and slow.

Together with :mod:`~hawx_hw.architectures.simt.walks` this is the definition of the instruction
set. The scheduling is in :mod:`~hawx_hw.architectures.simt.simulator`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import (
    MULTIPLY_SCALARS,
    PC_BITS,
    POST_SCALARS,
    SCALARS,
    Instruction,
    Place,
    encode,
)
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Loop, Memories, Warp, wrap
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.walks import (
    Fault,
    Tap,
    store_fault,
    store_steps,
    stream_fault,
    stream_taps,
)
from hawx_hw.graph.graph import CODE_MAX, CODE_MIN

__all__ = [
    "Results",
    "TrapError",
    "execute_front",
    "execute_vector",
    "front_faults",
    "run_store",
    "run_stream",
    "special_register",
]

_ENDLESS = 1 << 60
#: What an instruction wrote: names such as ``s7``, ``p1``, ``v0`` or ``a[12]`` and their values.
Results = tuple[tuple[str, object], ...]


class TrapError(Exception):
    """An instruction that the front end refuses.

    Parameters
    ----------
    cause : Cause
    value : int
    """

    def __init__(self, cause: Cause, value: int):
        super().__init__(f"{cause.name} {value}")
        self.cause = cause
        self.value = value


# Front end ------------------------------------------------------------------------------------


def special_register(warp: Warp, number: int) -> int:
    """The value of a special register."""
    unit = warp.unit
    return (
        warp.number,
        unit.warps,
        unit.lanes,
        unit.cluster,
        unit.registers,
        unit.word,
    )[number]


def front_faults(program: Program, instruction: Instruction) -> None:
    """Refuse what no state is needed for: instructions, registers and so on that are not there.

    Raises
    ------
    TrapError
    """
    unit, operation = program.unit, instruction.operation
    engine = operation.place in (Place.MULTIPLY, Place.POST)
    if unit.instructions and instruction.name not in unit.instructions:
        raise TrapError(Cause.ENCODING, encode(instruction))
    if instruction.pred & 3 > unit.predicates:
        raise TrapError(Cause.REGISTER, instruction.pred & 3)
    for operand in operation.operands:
        number = getattr(instruction, operand.field)
        # The engines compare the last of several registers.
        if operand.kind == "vector" and number >= unit.registers and not engine:
            raise TrapError(Cause.REGISTER, number)
        if operand.kind == "predicate" and not 1 <= number <= unit.predicates:
            raise TrapError(Cause.REGISTER, number)
        if operand.kind == "condition" and number & 3 > unit.predicates:
            raise TrapError(Cause.REGISTER, number & 3)
        if operand.kind == "groups" and number >= len(unit.groups):
            raise TrapError(Cause.STREAM, number)
    if engine:
        multiplies = operation.place is Place.MULTIPLY
        scalars = MULTIPLY_SCALARS if multiplies else POST_SCALARS
        if instruction.rs + scalars > SCALARS:
            raise TrapError(Cause.REGISTER, instruction.rs + scalars)
        if instruction.d >= len(program.streams if multiplies else program.stores):
            raise TrapError(Cause.STREAM, instruction.d)


def _scalar_result(warp: Warp, instruction: Instruction, value: int) -> Results:
    warp.set_scalar(instruction.rd, value)
    warp.advance(warp.pc + 1)
    return ((f"s{instruction.rd}", warp.scalars[instruction.rd]),)


def _argument(program: Program, warp: Warp, index: int) -> int:
    word = index * program.unit.warps + warp.number
    if index < 0 or word >= len(program.arguments):
        raise TrapError(Cause.ARGUMENT, index % (1 << 15))
    return program.arguments[word]


def _branch(program: Program, warp: Warp, offset: int) -> None:
    target = (warp.pc + 1 + offset) % (1 << PC_BITS)
    if warp.loops and not warp.loops[-1].first <= target <= warp.loops[-1].end:
        raise TrapError(Cause.LOOP, target)
    if target >= len(program.code):
        raise TrapError(Cause.PC, target)
    warp.advance(target)


def _loop(program: Program, warp: Warp, instruction: Instruction) -> None:
    first = warp.pc + 1
    end = first + instruction.offset
    around = warp.loops[-1].end if warp.loops else len(program.code)
    if instruction.offset < 1 or len(warp.loops) == program.unit.loops or end > around:
        raise TrapError(Cause.LOOP, end % (1 << PC_BITS))
    times = warp.scalars[instruction.ra]
    if times:
        warp.loops.append(Loop(first, end, times))
        warp.pc = first
    else:
        warp.advance(end)


_TAKEN: Mapping[str, Callable[[int, int], bool]] = MappingProxyType(
    {
        "JMP": lambda a, b: True,
        "BEQ": lambda a, b: a == b,
        "BNE": lambda a, b: a != b,
        "BLT": lambda a, b: a < b,
        "BGE": lambda a, b: a >= b,
    }
)


def execute_front(program: Program, warp: Warp, instruction: Instruction) -> Results:
    """Do what an instruction of the front end does that concerns its warp alone.

    HALT, BAR, REL and WAITR concern the whole unit; here they go on to the next instruction.

    Raises
    ------
    TrapError
        Nothing has changed.
    """
    i, s = instruction, warp.scalars
    match i.mnemonic:
        case "LI":
            return _scalar_result(warp, i, i.imm)
        case "LIH":
            return _scalar_result(warp, i, s[i.rd] % (1 << 15) + (i.imm << 15))
        case "ADD":
            return _scalar_result(warp, i, s[i.ra] + s[i.rb])
        case "SUB":
            return _scalar_result(warp, i, s[i.ra] - s[i.rb])
        case "ADDI":
            return _scalar_result(warp, i, s[i.ra] + i.imm)
        case "ARG":
            return _scalar_result(warp, i, _argument(program, warp, i.imm))
        case "SR":
            return _scalar_result(warp, i, special_register(warp, i.imm))
        case "JMP" | "BEQ" | "BNE" | "BLT" | "BGE":
            if _TAKEN[i.mnemonic](s[i.ra], s[i.rb]):
                _branch(program, warp, i.offset)
            else:
                warp.advance(warp.pc + 1)
            return ()
        case "LOOP":
            _loop(program, warp, i)
            return ()
        case "PLT":
            lane = np.arange(warp.unit.lanes) % warp.unit.group_lanes(warp.unit.groups[i.d])
            return _predicate(warp, i.v, lane < s[i.rs])
        case "PAND":
            return _predicate(warp, i.vd, warp.mask(i.va) & warp.mask(i.vb))
        case _:
            warp.advance(warp.pc + 1)
            return ()


def _predicate(warp: Warp, number: int, lanes: np.ndarray) -> Results:
    warp.predicates[number] = lanes
    warp.advance(warp.pc + 1)
    return (_shown_predicate(warp, number),)


def _shown_predicate(warp: Warp, number: int) -> tuple[str, int]:
    """Its name and its lanes, lane 0 in the lowest bit."""
    lanes = np.flatnonzero(warp.predicates[number]).tolist()
    return f"p{number}", sum(1 << lane for lane in lanes)


def _shown_register(warp: Warp, number: int) -> tuple[str, tuple[int, ...]]:
    return f"v{number}", tuple(warp.registers[number].tolist())


# Vector instructions --------------------------------------------------------------------------


def execute_vector(warp: Warp, instruction: Instruction) -> Results:
    """Do what a vector instruction does, in the lanes of its predicate."""
    i, bits = instruction, warp.unit.register_bits
    mask = warp.mask(i.pred)
    v = warp.registers
    warp.advance(warp.pc + 1)
    if i.mnemonic in ("VLT", "VEQ"):
        results = v[i.va] < v[i.vb] if i.mnemonic == "VLT" else v[i.va] == v[i.vb]
        warp.predicates[i.vd] = np.where(mask, results, warp.predicates[i.vd])
        return (_shown_predicate(warp, i.vd),)
    target = i.v if i.mnemonic == "VSET" else i.vd
    match i.mnemonic:
        case "VSET":
            value = np.full(warp.unit.lanes, warp.scalars[i.rs], dtype=np.int64)
        case "VLANE":
            value = np.arange(warp.unit.lanes, dtype=np.int64)
        case "VADD":
            value = v[i.va] + v[i.vb]
        case "VSUB":
            value = v[i.va] - v[i.vb]
        case "VMIN":
            value = np.minimum(v[i.va], v[i.vb])
        case "VMAX":
            value = np.maximum(v[i.va], v[i.vb])
        case _:
            raise ValueError(f"{i.mnemonic} is no vector instruction")
    v[target] = np.where(mask, wrap(value, bits), v[target])
    return (_shown_register(warp, target),)


# Streams --------------------------------------------------------------------------------------


def run_stream(
    program: Program, warp: Warp, memories: Memories, instruction: Instruction
) -> tuple[int, Fault | None, Callable[[], Results]]:
    """Walk a stream instruction.

    Returns
    -------
    cycles : int
        Of the whole walk, as if there were no fault.
    fault : Fault or None
        Where it stops before its end.
    finish : callable
        Writes the registers, and returns them; not to be called where there is a fault.
    """
    i = instruction
    stream = program.streams[i.d]
    scalars = warp.scalars[i.rs : i.rs + MULTIPLY_SCALARS]
    beats = scalars[MULTIPLY_SCALARS - 1]
    # Without beats a walk has no end; it has a fault.
    cycles = stream.cycles(beats or program.unit.registers + 1)
    fault = stream_fault(program, stream, i, scalars)
    if fault is not None:
        return cycles, fault, tuple
    # Registers beyond the last one are a fault of the walk.
    end = min(i.v + beats * stream.window, program.unit.registers)
    written = range(i.v, end)
    values = warp.registers.copy()
    if i.suffix == "z":
        values[written] = CODE_MIN if i.mnemonic == "RMAX" else 0
    depth = len(memories.activations)
    for tap in stream_taps(program, stream, i, scalars, depth):
        if tap.fault is not None:
            return cycles, tap.fault, tuple
        _accumulate(program, stream, i, memories, tap, values)
    mask = warp.mask(i.pred)

    def finish() -> Results:
        for register in written:
            before = warp.registers[register]
            warp.registers[register] = np.where(mask, values[register], before)
        warp.advance(warp.pc + 1)
        return tuple(_shown_register(warp, register) for register in written)

    return cycles, None, finish


def _accumulate(
    program: Program,
    stream: Stream,
    instruction: Instruction,
    memories: Memories,
    tap: Tap,
    values: np.ndarray,
) -> None:
    """Do one tap in all lanes; masked ones are restored at the end."""
    unit = program.unit
    codes = _codes(unit.group_lanes(stream.groups), stream, instruction, memories, tap)
    before = values[tap.register]
    match instruction.mnemonic:
        case "MAC" | "MACW":
            selection = instruction.sel - 1 if instruction.sel else stream.selection
            lanes = unit.group_lanes(stream.groups)
            weights = program.weights[tap.weight][tap.part * lanes : (tap.part + 1) * lanes]
            after = before + program.lanes.multiply(
                selection, np.tile(weights, stream.groups), codes
            )
        case "RADD":
            after = before + codes
        case "RMAX":
            after = np.maximum(before, codes)
        case _:  # LDV
            after = codes
    values[tap.register] = wrap(after, unit.register_bits)


def _codes(
    lanes: int, stream: Stream, instruction: Instruction, memories: Memories, tap: Tap
) -> np.ndarray:
    """The code that each lane takes, int64 ``(lanes of all groups,)``."""
    groups = []
    for word, byte, inside in zip(tap.words, tap.bytes, tap.inside, strict=True):
        if not inside:
            groups.append(np.full(lanes, stream.pad))
        elif instruction.mnemonic == "MAC":
            groups.append(np.full(lanes, memories.activations[word, byte]))
        else:
            codes = memories.activations[word]
            groups.append(np.tile(codes, lanes // len(codes)))
    return np.concatenate(groups).astype(np.int64)


# Stores ---------------------------------------------------------------------------------------


def run_store(
    program: Program, warp: Warp, memories: Memories, instruction: Instruction, claimed: bool
) -> tuple[int, Fault | None, Callable[[], Results]]:
    """Walk a store instruction.

    Parameters
    ----------
    claimed : bool
        Whether the result memory may be written.

    Returns
    -------
    cycles : int
        Of the whole walk; one that faults never ends, and no other one begins.
    fault
        As :func:`run_stream`.
    finish : callable
        Writes the words, and returns them; where there is a fault, those before it.
    """
    i = instruction
    store = program.stores[i.d]
    scalars = warp.scalars[i.rs : i.rs + POST_SCALARS]
    memory = memories.result if store.result else memories.activations
    fault = store_fault(program, store, i, scalars, claimed)
    if fault is not None:
        return _ENDLESS, fault, tuple
    words: list[tuple[int, np.ndarray]] = []
    sums: dict[int, list[int]] = {}
    for step in store_steps(program, store, i, scalars, len(memory)):
        if step.fault is not None:
            fault = step.fault
            break
        if step.begins:
            word = np.zeros(program.unit.word, dtype=np.int8)
        for number, lane in enumerate(step.lanes):
            value = int(warp.registers[step.register, lane])
            byte = step.first_byte + number
            sums.setdefault(lane, []).append(value)
            if step.element == step.elements - 1:
                firsts = step.constants - step.element * store.element_step
                constants = [
                    program.constants[(firsts + element * store.element_step) % (
                        1 << program.unit.scalar_bits), byte]
                    for element in range(step.elements)
                ] if i.mnemonic == "QST" else []  # fmt: skip
                word[byte] = _code(program, store, i, sums.pop(lane), constants)
        if step.ends:
            words.append((step.address, word))

    def finish() -> Results:
        for address, stored in words:
            memory[address] = stored
        if fault is None:
            warp.advance(warp.pc + 1)
        name = "r" if store.result else "a"
        return tuple((f"{name}[{address}]", tuple(w.tolist())) for address, w in words)

    beats, remaining = scalars[2:]
    cycles = store.cycles(program.unit, beats, remaining, bool(i.suffix))
    return cycles if fault is None else _ENDLESS, fault, finish


def _code(
    program: Program,
    store: Store,
    instruction: Instruction,
    values: Sequence[int],
    constants: Sequence[np.ndarray],
) -> int:
    """The code of the registers of a window in one lane.

    Parameters
    ----------
    values : sequence of int
        Of the window's registers.
    constants : sequence of ndarray of int64, shape (2,)
        Multiplier and addend for each of them. A sum takes the first one's addend; a maximum takes
        both of the last one.
    """
    if instruction.mnemonic == "STV":
        return max(CODE_MIN, min(CODE_MAX, values[0]))
    pairs = [(int(multiplier), int(addend)) for multiplier, addend in constants]
    if instruction.suffix == "sum":
        total = pairs[0][1] + sum(v * pair[0] for v, pair in zip(values, pairs, strict=True))
    else:
        total = max(values) * pairs[-1][0] + pairs[-1][1]
    shifted = int(wrap(total, program.unit.product_bits)) >> store.shift
    return max(store.low, min(store.high, shifted)) & -store.step
