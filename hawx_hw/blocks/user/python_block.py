"""Blocks that a user wrote in Python: ``python:module:object``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.back import rtlil

from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.blocks.user.python_contract import Statements, check_gateware, read_statements
from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import sha256_file
from hawx_hw.util.fingerprints import json_hash
from hawx_hw.util.source_files import source_files
from hawx_hw.util.user_code import call
from hawx_hw.util.user_modules import load_object, split_name

__all__ = ["PythonBlock", "load_python_block"]

_USAGE = "Write python:MODULE:OBJECT; see docs/how-to/write-a-block.md."


class PythonBlock(Block):
    """A user's block under the name by which it is loaded.

    Parameters
    ----------
    name : str
        ``python:module:object``.
    block : Block
        It makes the gateware.
    statements : Statements
        All that it states apart from that.
    """

    family = "python"

    def __init__(self, name: str, block: Block, statements: Statements):
        self._name = name
        self._block = block
        self._statements = statements

    @property
    def name(self) -> str:
        return self._name

    @property
    def activation_offset(self) -> int:  # type: ignore[override]
        return self._statements.activation_offset

    @property
    def weights(self) -> range:
        return self._statements.weights

    @property
    def activations(self) -> range:
        return self._statements.activations

    @property
    def weight_step(self) -> int:
        return self._statements.weight_step

    @property
    def activation_step(self) -> int:
        return self._statements.activation_step

    @property
    def sources(self) -> Mapping[str, str]:
        return self._statements.sources

    @property
    def implementations(self) -> tuple[str, ...]:
        return self._statements.implementations

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = (np.asarray(code, dtype=np.int32) + 128 for code in (a, b))
        products: np.ndarray = self._statements.table[a, b]
        return products

    def component(self, implementation: str | None = None) -> BlockComponent:
        implementation = self._implementation(implementation)
        problem = f"component({implementation!r}) fails"
        component: BlockComponent = call(
            self._name, problem, lambda: self._block.component(implementation)
        )
        return component

    def specification(self) -> BlockComponent | None:
        component: BlockComponent | None = call(
            self._name, "specification() fails", lambda: self._block.specification()
        )
        return component

    def factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        factors = self._statements.factors
        return None if factors is None else (factors[0].copy(), factors[1].copy())

    @cached_property
    def circuit_digest(self) -> str:
        """See :class:`~hawx_hw.blocks.block.Block`; component by component, and file by file."""
        described = {
            "table": self.digest,
            "activation_offset": self.activation_offset,
            "operands": [repr(self.weights), repr(self.activations)],
            "steps": [self.weight_step, self.activation_step],
            "implementations": {name: self._rtlil(name) for name in self.implementations},
            "sources": dict(self.sources),
            "files": {name: sha256_file(file) for name, file in source_files(self._module).items()},
        }
        return json_hash(described)

    def _rtlil(self, implementation: str) -> str:
        # Any platform but None, which would stand for Amaranth's simulator.
        text: str = call(
            self._name,
            f"component({implementation!r}) cannot be elaborated",
            lambda: rtlil.convert(
                self._block.component(implementation), platform=object(), emit_src=False
            ),
        )
        return text

    @property
    def _module(self) -> str:
        return self._name.split(":")[1]


def load_python_block(name: str, folder: Path | None = None) -> Block:
    """The block of a name ``python:module:object``.

    The object is a :class:`Block`, or a class or function that makes one without arguments. The
    module is the user's code and runs in this process.

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
    parts = split_name(name)
    if parts is None:
        raise UserError(f"Wrong name of a block {shown(name)}", hint=_USAGE)
    result = load_object(name, folder, _USAGE)
    if not _is_block(name, result) and callable(result):
        result = call(name, f"{parts[1]} cannot be made without arguments", result)
    if not _is_block(name, result):
        raise UserError(
            f"{parts[1]} must be a Block, or make one, not {type(result).__name__}",
            where=name,
            hint="Derive it from hawx_hw.blocks.Block.",
        )
    block = PythonBlock(name, result, read_statements(name, result))
    check_gateware(block)
    return block


def _is_block(name: str, value: Any) -> bool:
    # Even this asks the value, which may have a ``__class__`` of its own.
    return bool(call(name, "The type of the object cannot be read", isinstance, value, Block))
