"""What every block is: one definition with three faces that agree on all 65,536 operand pairs."""

from __future__ import annotations

import abc
import functools
import hashlib
import re

import numpy as np
from amaranth.hdl import signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.errors import UserError

__all__ = ["Block", "BlockComponent", "BlockSignature", "by_name"]


class BlockSignature(wiring.Signature):
    """Port of a multiplier: ``a`` is the weight, ``b`` the activation; combinational."""

    def __init__(self) -> None:
        super().__init__({"a": In(signed(8)), "b": In(signed(8)), "product": Out(signed(16))})


class BlockComponent(wiring.Component):
    """Base of the gateware of a block."""

    def __init__(self) -> None:
        super().__init__(BlockSignature())


class Block(abc.ABC):
    """A multiplier of two int8 codes; ``a`` is the weight, ``b`` the activation.

    Attributes
    ----------
    name : str
        Canonical name with parameters, such as ``exact``.
    """

    name: str

    @abc.abstractmethod
    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Products, int32, of broadcast operands in [-128, 127]."""

    @abc.abstractmethod
    def component(self) -> BlockComponent:
        """The gateware."""

    @functools.cached_property
    def table(self) -> np.ndarray:
        """Every product: int32 ``(256, 256)``, indexed ``[a + 128, b + 128]``."""
        codes = np.arange(-128, 128, dtype=np.int32)
        table = self.multiply(codes[:, None], codes[None, :]).astype(np.int32)
        table.flags.writeable = False
        return table

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the table (little-endian int32, row by row): the identity of the block."""
        return hashlib.sha256(self.table.astype("<i4").tobytes()).hexdigest()

    @property
    def identifier(self) -> str:
        """The name as a part of a Verilog identifier."""
        return re.sub(r"\W+", "_", self.name).strip("_")


def by_name(name: str) -> Block:
    """The block of a canonical name; UserError where there is none."""
    from hawx_hw.blocks.exact import Exact

    blocks: dict[str, Block] = {"exact": Exact()}
    if name not in blocks:
        raise UserError(
            f"Unknown block {name!r}", mend=f"The blocks are: {', '.join(sorted(blocks))}."
        )
    return blocks[name]
