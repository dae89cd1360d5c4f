"""Blocks that a user wrote in Python: ``python:module:object``."""

from __future__ import annotations

import importlib
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import Fragment

from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.errors import UserError

__all__ = ["PythonBlock", "load_python_block"]

_USAGE = "Write python:MODULE:OBJECT; see docs/add-a-block.md."
#: Largest width of a product: those of unsigned blocks, without the known term, need 18 bits.
_PRODUCT_BITS = 18
_STEPS = tuple(1 << bit for bit in range(8))


class PythonBlock(Block):
    """A user's block under the name by which it is loaded.

    Parameters
    ----------
    name : str
        ``python:module:object``.
    block : Block
    """

    family = "python"

    def __init__(self, name: str, block: Block):
        self._name = name
        self._block = block

    @property
    def name(self) -> str:
        return self._name

    @property
    def activation_offset(self) -> int:  # type: ignore[override]
        return self._block.activation_offset

    @property
    def weights(self) -> range:
        return self._block.weights

    @property
    def activations(self) -> range:
        return self._block.activations

    @property
    def weight_step(self) -> int:
        return self._block.weight_step

    @property
    def activation_step(self) -> int:
        return self._block.activation_step

    @property
    def sources(self) -> Mapping[str, str]:
        return self._block.sources

    @property
    def implementations(self) -> tuple[str, ...]:
        return self._block.implementations

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._block.multiply(a, b)

    def component(self, implementation: str | None = None) -> BlockComponent:
        return self._block.component(self._implementation(implementation))

    def specification(self) -> BlockComponent | None:
        return self._block.specification()

    def factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        return self._block.factors()


def load_python_block(name: str, folder: Path | None = None) -> Block:
    """The block of a name ``python:module:object``.

    The object is a :class:`Block`, or a class or function that makes one without arguments.

    Parameters
    ----------
    name : str
    folder : Path or None
        The config's folder, where modules are searched first; then the current folder, then
        Python's own search path.

    Raises
    ------
    UserError
        The module cannot be imported or has no such object, or the object is not a block that
        satisfies the contract of :class:`Block`.
    """
    match = re.fullmatch(r"python:([\w.]+):([\w.]+)", name)
    if match is None:
        raise UserError(f"Wrong name of a block {name!r}", hint=_USAGE)
    result = _object(name, match[1], match[2], folder)
    if not isinstance(result, Block) and callable(result):
        result = _call(name, f"{match[2]} cannot be made without arguments", result)
    if not isinstance(result, Block):
        raise UserError(
            f"{match[2]} must be a Block, or make one, not {type(result).__name__}",
            where=name,
            hint="Derive it from hawx_hw.blocks.Block.",
        )
    block = PythonBlock(name, result)
    _check(block)
    return block


def _object(name: str, module: str, path: str, folder: Path | None) -> Any:
    # In front, as for a script; they remain, because a block may import more when it is used.
    for place in (Path.cwd(), folder):
        if place is not None and str(place.resolve()) not in sys.path:
            sys.path.insert(0, str(place.resolve()))
    importlib.invalidate_caches()
    result = _call(name, f"The module {module} cannot be imported", importlib.import_module, module)
    for part in path.split("."):
        if not hasattr(result, part):
            raise UserError(f"{module} has no object {path!r}", where=name, hint=_USAGE)
        result = getattr(result, part)
    return result


def _call(name: str, problem: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the user's code; an exception becomes a ``UserError`` with its place in that code."""
    try:
        return function(*arguments)
    except UserError:
        raise
    except Exception as error:
        packages = sysconfig.get_path("purelib")
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename not in (__file__, importlib.__file__)
            and not frame.filename.startswith((packages, "<"))
        ]
        place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
        raise UserError(f"{problem}: {type(error).__name__}: {error}{place}", where=name) from error


def _check(block: PythonBlock) -> None:
    """Refuse a block that breaks the contract.

    The gateware's products are not compared here; ``hawx blocks prove`` compares them.
    """
    _check_products(block)
    for kind in ("weights", "activations"):
        codes = getattr(block, kind)
        if not isinstance(codes, range) or codes.step != 1 or not codes or codes[0] < -128:
            raise UserError(f"{kind} must be a range of codes, not {codes!r}", where=block.name)
        if codes[-1] > 127:
            raise UserError(f"{kind} must end at 127, not {codes[-1]}", where=block.name)
    if block.activation_offset not in (0, 128):
        raise UserError(
            f"activation_offset must be 0 or 128, not {block.activation_offset!r}",
            where=block.name,
        )
    for kind in ("weight_step", "activation_step"):
        if getattr(block, kind) not in _STEPS:
            raise UserError(
                f"{kind} must be a power of two up to 128, not {getattr(block, kind)!r}",
                where=block.name,
            )
    _check_gateware(block)
    factors = _call(block.name, "factors() fails", block.factors)
    if factors is not None:
        u, v = factors
        product = u.astype(np.int64) @ v.T.astype(np.int64)
        if not np.array_equal(product, block.table):
            raise UserError("factors() must multiply to the table, and do not", where=block.name)


def _check_products(block: PythonBlock) -> None:
    a, b = np.broadcast_arrays(CODES[:, None], CODES[None, :])
    products = _call(block.name, "multiply() fails", block.multiply, a, b)
    if not isinstance(products, np.ndarray) or products.dtype != np.int32:
        kind = products.dtype if isinstance(products, np.ndarray) else type(products).__name__
        raise UserError(
            f"multiply() must return an array of int32, not {kind}",
            where=block.name,
            hint="Add .astype(np.int32).",
        )
    if products.shape != (256, 256):
        raise UserError(
            f"multiply() of operands of shape (256, 256) must be of that shape, not "
            f"{products.shape}",
            where=block.name,
        )
    limit = 1 << (_PRODUCT_BITS - 1)
    if products.min() < -limit or products.max() >= limit:
        raise UserError(
            f"Products must fit {_PRODUCT_BITS} bits, not reach from {products.min()} to "
            f"{products.max()}",
            where=block.name,
        )
    narrow = _call(
        block.name,
        "multiply() of int8 operands fails",
        block.multiply,
        a.astype(np.int8)[:, :1],
        b.astype(np.int8)[:1],
    )
    if not np.array_equal(narrow, products):
        raise UserError(
            "multiply() must not depend on the operands' type, but returns other products for int8",
            where=block.name,
            hint="Begin it with a = np.asarray(a, dtype=np.int32), and so for b.",
        )


def _check_gateware(block: PythonBlock) -> None:
    names = block.implementations
    if not isinstance(names, tuple) or not names or not all(isinstance(n, str) for n in names):
        raise UserError(
            f"implementations must be a tuple of names, not {names!r}", where=block.name
        )
    for implementation in names:
        component = _call(
            block.name, f"component({implementation!r}) fails", block.component, implementation
        )
        if isinstance(component, BlockComponent):
            # Any platform but None, which would stand for Amaranth's simulator.
            problem = f"component({implementation!r}) cannot be elaborated"
            _call(block.name, problem, Fragment.get, component, object())
            if component.signature.product_bits == block.product_bits:
                continue
        raise UserError(
            f"component({implementation!r}) must be a BlockComponent with a product of "
            f"{block.product_bits} bits",
            where=block.name,
            hint="Derive it from hawx_hw.blocks.block.BlockComponent, and call "
            "super().__init__(block.product_bits).",
        )
