"""docs/isa.md: the instruction set, from the table of instructions."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generate.tables import table
from hawx_hw.architectures.simt.isa import (
    ARITHMETIC_LATENCY,
    BROADCAST_LATENCY,
    FORMS,
    FRONT_END_LATENCY,
    HAZARD,
    MULTIPLY_SCALARS,
    OPERATIONS,
    POST_LATENCY,
    POST_SCALARS,
    SPECIAL_REGISTERS,
    Field,
    Operation,
    Place,
    multiply_latency,
)
from hawx_hw.architectures.simt.store_words import FIELDS as STORE_FIELDS
from hawx_hw.architectures.simt.stream_words import FIELDS as STREAM_FIELDS
from hawx_hw.architectures.simt.traps import CAUSES

__all__ = ["document"]

_INTRODUCTION = """\
# Instruction set of the SIMT unit

Encoding, meaning, cycles and traps of every instruction; written by
`python -m docs.generate isa.md` from `hawx_hw/architectures/simt/isa.py`. [simt.md](simt.md)
describes the machine and the language of the assembler.

Instructions have 32 bits. Bits 31 to 26 are the opcode; bits outside of the fields that an
instruction has are zero, else the trap is `ENCODING`. A word of zeros is no instruction.

"""

_FRONT = FRONT_END_LATENCY - 1
_CYCLES = f"""\
## Cycles

`b` is the barrel's period, `max({FRONT_END_LATENCY}, W)` cycles: warp `w` begins instructions only
in cycles `t` with `t mod b = w`, and only when its last one has ended. An instruction that begins
in cycle `t` ends in

| executed by | ends in cycle |
|---|---|
| front end | `t + {_FRONT}`; BAR and WAITR later, where they wait |
| vector, one register written (VSET, VLANE) | `t + {_FRONT + BROADCAST_LATENCY}` |
| vector, two registers read | `t + {_FRONT + ARITHMETIC_LATENCY}` |
| multiply engine | `t + {_FRONT + MULTIPLY_SCALARS} + wait + n + D` |
| post engine | `t + {_FRONT + POST_SCALARS} + wait + m + {POST_LATENCY}` |

and its warp may begin the next one in its first turn after that. D is {multiply_latency(False)}, or
{multiply_latency(True)} with `block_register`. Results of front end and vector instructions are
written in the cycle in which they end.

An engine has two places. In the first it reads the scalars of one warp ({MULTIPLY_SCALARS} cycles
in the multiply engine, {POST_SCALARS} in the post engine); of the warps that wait it takes the one
that follows the last one taken, beginning with warp 0. In the second it walks. A walk begins when
the one before has taken its last step and its own scalars are read; then the first place is free
for the next warp. No cycle depends on data.

    run = max(taps, words)                    cycles of one run into one register
    B   = beats * across * down               registers
    H   = {HAZARD} if B > 1 else 0                   registers are written before they are read
    n   = words - 1 + blocks * kernel_y * kernel_x * max(B * run, H)

    windows = min(beats * groups, remaining)
    steps   = sum over the words of a window of ceil(codes of the word / Q)
    m       = max(1, windows * elements * steps)

`elements` is `window` for `.max` and `.sum`, else 1; a word has L codes, the last one fewer.

"""


def _bits(field: Field) -> str:
    high = field.low + field.bits - 1
    place = f"{high}..{field.low}" if field.bits > 1 else f"{high}"
    return place + (" signed" if field.signed else "")


def _cycles(operation: Operation) -> str:
    match operation.place:
        case Place.FRONT:
            waits = operation.mnemonic in ("BAR", "WAITR")
            return "b + wait" if waits else "b"
        case Place.BROADCAST:
            return f"{FRONT_END_LATENCY} + {BROADCAST_LATENCY}"
        case Place.ARITHMETIC:
            return f"{FRONT_END_LATENCY} + {ARITHMETIC_LATENCY}"
        case Place.MULTIPLY:
            return f"{FRONT_END_LATENCY} + {MULTIPLY_SCALARS} + wait + n + D"
        case _:
            return f"{FRONT_END_LATENCY} + {POST_SCALARS} + wait + m + {POST_LATENCY}"


def _syntax(operation: Operation) -> str:
    suffixes = [name for name in operation.suffixes if name]
    head = operation.mnemonic + (f"[.{' .'.join(suffixes)}]" if suffixes else "")
    text = f"{head} {', '.join(operand.symbol for operand in operation.operands)}".strip()
    text += ", sel=n" if operation.selects else ""
    return text + (" @p" if operation.predicated else "")


def _fields(operation: Operation) -> str:
    """The fields with the symbols of the syntax, where these are others."""
    symbols = {operand.field: operand.symbol for operand in operation.operands}
    texts = []
    for name in operation.fields:
        symbol = symbols.get(name, name)
        texts.append(name if symbol == name else f"{name} = {symbol}")
    return ", ".join(texts) or "-"


def _instructions() -> Iterator[str]:
    yield "## Forms\n\n"
    yield table(
        ("form", "fields"),
        (
            (form, ", ".join(f"{name} {_bits(field)}" for name, field in places.items()) or "none")
            for form, places in FORMS.items()
        ),
    )
    yield "\n"
    yield (
        "`pred` selects lanes: 0 all, 1 to 3 those of p1 to p3, 5 to 7 the others; 4 is illegal. "
        "`sel` is 0 for the\nstream's selection of blocks, else the number of the selection plus "
        "one. `fn` is the suffix, 0 where there is none.\n\n"
    )
    yield "## Instructions\n\n"
    yield table(
        ("opcode", "instruction", "form", "fields", "meaning", "cycles of the warp", "traps"),
        (
            (
                f"{operation.opcode:02X}",
                f"`{_syntax(operation)}`",
                operation.form,
                _fields(operation),
                operation.meaning,
                _cycles(operation),
                ", ".join(cause.name for cause in operation.traps) or "-",
            )
            for operation in OPERATIONS.values()
        ),
    )
    yield "\n"


def _special() -> Iterator[str]:
    yield "## Special registers\n\n"
    yield table(
        ("number", "name", "value"),
        ((str(number), name, text) for number, (name, text) in enumerate(SPECIAL_REGISTERS)),
    )
    yield "\n"


def _traps() -> Iterator[str]:
    yield "## Traps\n\n"
    yield (
        "Of the causes that apply to an instruction in one cycle, the lowest is reported; of two "
        "warps that trap in one cycle,\nthe lower one.\n\n"
    )
    yield table(
        ("number", "cause", "when", "value"),
        ((str(int(cause)), cause.name, what, value) for cause, (what, value) in CAUSES.items()),
    )
    yield "\n"


def _descriptors() -> Iterator[str]:
    yield "## Words of streams and stores\n\n"
    yield (
        "Words of the stream memory and of the store memory: fields in this order, the first in "
        "the lowest bits, each as narrow\nas the entries of a program allow; one that no entry "
        "needs has no bits. Steps lead from the last place of the loops\nwithin to the next one, "
        "so that each step of a walk is one addition: the assembler computes them from what\n"
        "[simt.md](simt.md#streams) describes. Addresses of activations have the byte's number in "
        "the low bits.\n\n"
    )
    for name, fields in (("stream", STREAM_FIELDS), ("store", STORE_FIELDS)):
        yield table((f"field of a {name}", "meaning"), ((f"`{n}`", t) for n, t in fields.items()))
        yield "\n"


def document() -> str:
    """The page."""
    return "".join(
        [_INTRODUCTION, *_instructions(), _CYCLES, *_special(), *_traps(), *_descriptors()]
    )
