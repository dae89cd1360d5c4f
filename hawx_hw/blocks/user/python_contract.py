"""The contract of a block that a user wrote in Python: everything it states is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Fragment

from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.errors import UserError
from hawx_hw.util.user_code import call, shown

__all__ = ["Statements", "check_gateware", "read_statements"]

#: Largest width of a product: those of unsigned blocks, without the known term, need 18 bits.
_PRODUCT_BITS = 18
_STEPS = tuple(1 << bit for bit in range(8))
_OFFSETS = (0, 128)
_INT32 = np.iinfo(np.int32)
#: Names of implementations become parts of Verilog names, those of sources files of the design.
_WORD = re.compile(r"\w+", re.ASCII)
_SOURCE = re.compile(r"[A-Za-z_]\w*\.s?v", re.ASCII)
#: Names of the emitted design's own files; those of imported circuits are unique.
_RESERVED = re.compile(r"hawx_(?!import_)")
_FACTORS = "factors() must be two arrays of integers, of shape (256, terms) both"


@dataclass(frozen=True, eq=False)
class Statements:
    """What a block states about itself, apart from its gateware; see :class:`Block`.

    It is read once: what was checked is what is used.
    """

    table: np.ndarray
    weights: range
    activations: range
    activation_offset: int
    weight_step: int
    activation_step: int
    implementations: tuple[str, ...]
    sources: Mapping[str, str]
    factors: tuple[np.ndarray, np.ndarray] | None


def read_statements(name: str, block: Block) -> Statements:
    """Read what the user's ``block`` states, and refuse what breaks the contract.

    Parameters
    ----------
    name : str
        The block's name, for errors.
    block : Block

    Raises
    ------
    UserError
        A statement cannot be read, has another form than the contract states, or contradicts
        another one.
    """
    table = _table(name, block)
    statements = Statements(
        table,
        weights=_codes(name, block, "weights"),
        activations=_codes(name, block, "activations"),
        activation_offset=_number(name, block, "activation_offset", _OFFSETS, "0 or 128"),
        weight_step=_number(name, block, "weight_step", _STEPS, "a power of two up to 128"),
        activation_step=_number(name, block, "activation_step", _STEPS, "a power of two up to 128"),
        implementations=_implementations(name, block),
        sources=_sources(name, block),
        factors=_factors(name, block),
    )
    if statements.factors is not None:
        u, v = (factor.astype(np.int64) for factor in statements.factors)
        if not np.array_equal(u @ v.T, table):
            raise UserError(
                "factors() must multiply to the table, and do not",
                where=name,
                hint="Compare u @ v.T with multiply(CODES[:, None], CODES); None is always right.",
            )
    return statements


def check_gateware(block: Block) -> None:
    """Refuse gateware that cannot be elaborated, or has not the ports that the products need.

    Its products are not compared here; ``hawx blocks prove`` compares them.

    Parameters
    ----------
    block : Block
        The block under the name by which it is loaded.

    Raises
    ------
    UserError
        The gateware, or the specification, breaks the contract.
    """
    for implementation in block.implementations:
        _check_component(block, f"component({implementation!r})", block.component(implementation))
    specification = block.specification()
    if specification is not None:
        _check_component(block, "specification()", specification)


def _check_component(block: Block, kind: str, component: Any) -> None:
    bits = None
    if isinstance(component, BlockComponent):
        # Any platform but None, which would stand for Amaranth's simulator.
        problem = f"{kind} cannot be elaborated"
        call(block.name, problem, Fragment.get, component, object())
        bits = call(block.name, problem, lambda: component.signature.product_bits)
    if bits != block.product_bits:
        either = "None or " if kind == "specification()" else ""
        raise UserError(
            f"{kind} must be {either}a BlockComponent with a product of {block.product_bits} bits",
            where=block.name,
            hint="Derive it from hawx_hw.blocks.block.BlockComponent, and call "
            "super().__init__(block.product_bits).",
        )


def _table(name: str, block: Block) -> np.ndarray:
    a, b = np.broadcast_arrays(CODES[:, None], CODES[None, :])
    products = call(name, "multiply() fails", lambda: block.multiply(a, b))
    if not isinstance(products, np.ndarray) or products.dtype != np.int32:
        kind = products.dtype if isinstance(products, np.ndarray) else type(products).__name__
        raise UserError(
            f"multiply() must return an array of int32, not {kind}",
            where=name,
            hint="Add .astype(np.int32).",
        )
    if products.shape != (256, 256):
        raise UserError(
            f"multiply() of operands of shape (256, 256) must be of that shape, not "
            f"{products.shape}",
            where=name,
        )
    limit = 1 << (_PRODUCT_BITS - 1)
    if products.min() < -limit or products.max() >= limit:
        raise UserError(
            f"Products must fit {_PRODUCT_BITS} bits, not reach from {products.min()} to "
            f"{products.max()}",
            where=name,
        )
    # A copy: the user's code may write into its array again.
    table = np.array(products, dtype=np.int32, order="C", subok=False)
    table.flags.writeable = False
    _compare(name, block, table, "operands", a, b, "be the same each time, and is not")
    _compare(
        name,
        block,
        table,
        "int8 operands",
        a.astype(np.int8)[:, :1],
        b.astype(np.int8)[:1],
        "not depend on the operands' type, but returns other products for int8",
    )
    return table


def _compare(
    name: str,
    block: Block,
    table: np.ndarray,
    operands: str,
    a: np.ndarray,
    b: np.ndarray,
    rule: str,
) -> None:
    again = call(name, f"multiply() of {operands} fails", lambda: block.multiply(a, b))
    if not np.array_equal(again, table):
        raise UserError(
            f"multiply() must {rule}",
            where=name,
            hint="Begin it with a = np.asarray(a, dtype=np.int32), and so for b; use no random "
            "numbers.",
        )


def _read(name: str, block: Block, member: str) -> Any:
    return call(name, f"{member} cannot be read", getattr, block, member)


def _codes(name: str, block: Block, kind: str) -> range:
    codes = _read(name, block, kind)
    if not isinstance(codes, range) or codes.step != 1 or not codes or codes[0] < -128:
        raise UserError(f"{kind} must be a range of codes, not {shown(codes)}", where=name)
    if codes[-1] > 127:
        raise UserError(f"{kind} must end at 127, not {shown(codes[-1])}", where=name)
    return range(int(codes.start), int(codes.stop))


def _number(name: str, block: Block, kind: str, allowed: tuple[int, ...], rule: str) -> int:
    value = _read(name, block, kind)
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value not in allowed:
        raise UserError(f"{kind} must be {rule}, not {shown(value)}", where=name)
    return int(value)


def _implementations(name: str, block: Block) -> tuple[str, ...]:
    names = _read(name, block, "implementations")
    if (
        not isinstance(names, tuple)
        or not names
        or not all(isinstance(n, str) and _WORD.fullmatch(n) for n in names)
        or len(set(names)) != len(names)
    ):
        raise UserError(
            f"implementations must be a tuple of names, not {shown(names)}",
            where=name,
            hint="Each is a word of letters, digits and underscores, and occurs once, such as "
            '("tree", "chain").',
        )
    return names


def _sources(name: str, block: Block) -> dict[str, str]:
    sources = _read(name, block, "sources")
    if not isinstance(sources, Mapping):
        raise UserError(
            f"sources must be a mapping of file names to texts, not {shown(sources)}", where=name
        )
    files = call(name, "sources cannot be read", lambda: dict(sources.items()))
    for file, text in files.items():
        if not isinstance(file, str) or not _SOURCE.fullmatch(file) or _RESERVED.match(file):
            raise UserError(
                f"A file in sources must be named as NAME.v, not {shown(file)}",
                where=name,
                hint="A plain name, without a folder, that does not begin with hawx_.",
            )
        if not isinstance(text, str):
            raise UserError(
                f"sources[{file!r}] must be the text of the file, not {shown(text)}", where=name
            )
    return files


def _factors(name: str, block: Block) -> tuple[np.ndarray, np.ndarray] | None:
    factors = call(name, "factors() fails", lambda: block.factors())
    if factors is None:
        return None
    if not isinstance(factors, tuple | list) or len(factors) != 2:
        raise UserError(f"{_FACTORS}, or None, not {shown(factors)}", where=name)
    for factor in factors:
        if not isinstance(factor, np.ndarray) or factor.dtype.kind not in "iu":
            kind = factor.dtype if isinstance(factor, np.ndarray) else type(factor).__name__
            raise UserError(f"{_FACTORS}, not of {kind}", where=name, hint="Or None.")
    u, v = factors
    if u.ndim != 2 or u.shape[0] != 256 or not u.shape[1] or u.shape != v.shape:
        raise UserError(f"{_FACTORS}, not {u.shape} and {v.shape}", where=name, hint="Or None.")
    for factor in (u, v):
        if int(factor.min()) < _INT32.min or int(factor.max()) > _INT32.max:
            raise UserError(
                f"factors() must fit 32 bits, not reach from {factor.min()} to {factor.max()}",
                where=name,
            )
    return np.array(u, dtype=np.int32), np.array(v, dtype=np.int32)
