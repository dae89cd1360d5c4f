"""Base of all blocks: a multiplier as numpy function, product table and gateware.

All three agree on all 65,536 operand pairs.
"""

from __future__ import annotations

import abc
import dataclasses
import functools
import hashlib
import re
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from amaranth.hdl import signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["CODE", "CODES", "Block", "BlockComponent", "BlockSignature", "identifier_of"]

#: Every operand code, in the order of both axes of the product table.
CODES = np.arange(-128, 128, dtype=np.int32)
CODES.flags.writeable = False

#: Shape of a code: an activation or a weight, in two's complement.
CODE = signed(8)
_PRODUCT_BITS = 16


def identifier_of(name: str) -> str:
    """The name of a block as a part of a Verilog identifier."""
    return re.sub(r"\W+", "_", name).strip("_")


class BlockSignature(wiring.Signature):
    """Port of a multiplier: ``a`` is the weight, ``b`` the activation; combinational.

    Parameters
    ----------
    product_bits : int
        Two's complement width of the product.
    """

    def __init__(self, product_bits: int = _PRODUCT_BITS):
        self._product_bits = product_bits
        super().__init__({"a": In(CODE), "b": In(CODE), "product": Out(signed(product_bits))})

    @property
    def product_bits(self) -> int:
        """Width of the product."""
        return self._product_bits


class BlockComponent(wiring.Component):
    """Base of the gateware of a block."""

    def __init__(self, product_bits: int = _PRODUCT_BITS):
        super().__init__(BlockSignature(product_bits))


class Block(abc.ABC):
    """A multiplier of two int8 codes; ``a`` is the weight, ``b`` the activation.

    A family of blocks is a frozen dataclass whose fields are its integer parameters; they appear
    in the name in the order of the fields.

    The output of the gateware is ``table[a, b] + activation_offset * a``: a multiplier of unsigned
    activations takes the code ``b`` as ``b + 128``, so that its product approximates
    ``a * (b + 128)``. The table omits that known term, which the mapping folds into the bias.
    """

    #: Name of the family, a Python identifier.
    family: ClassVar[str]
    #: 0 where the block takes activations as signed codes, 128 where it takes them as unsigned.
    activation_offset: ClassVar[int] = 0
    #: Whether the family has too many members to go through them all.
    numerous: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Canonical name with parameters, such as ``exact`` or ``array(ha=1,hb=0,v=4)``."""
        if not dataclasses.is_dataclass(self) or not dataclasses.fields(self):
            return self.family
        values = (f"{f.name}={getattr(self, f.name)}" for f in dataclasses.fields(self))
        return f"{self.family}({','.join(values)})"

    @property
    def identifier(self) -> str:
        """The name as a part of a Verilog identifier."""
        return identifier_of(self.name)

    @property
    def weights(self) -> range:
        """The weight codes that the block accepts; for others, the table is what it computes."""
        return range(-128, 128)

    @property
    def activations(self) -> range:
        """The activation codes that the block accepts."""
        return range(-128, 128)

    @property
    def weight_step(self) -> int:
        """A power of two: the block uses only weight codes that are multiples of it."""
        return 1

    @property
    def activation_step(self) -> int:
        """A power of two: the block uses only activation codes that are multiples of it."""
        return 1

    @abc.abstractmethod
    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Products, int32, of broadcast operands in [-128, 127]; approximations of ``a * b``."""

    @property
    def sources(self) -> Mapping[str, str]:
        """Verilog that the gateware instantiates: text by file name."""
        return {}

    @property
    @abc.abstractmethod
    def implementations(self) -> tuple[str, ...]:
        """Names of the ways to build the block, the default first."""

    @abc.abstractmethod
    def component(self, implementation: str | None = None) -> BlockComponent:
        """The gateware, built in one of the ``implementations`` (the first if left out).

        Raises
        ------
        ValueError
            There is no such implementation.
        """

    def specification(self) -> BlockComponent | None:
        """A plain description to prove the implementations against, independent of the table.

        None where the table is the only description.
        """
        return None

    def factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Integers ``u``, ``v``, each int32 ``(256, rank)``, with ``table == u @ v.T``.

        None where the family has no factorization worth using.
        """
        return None

    @functools.cached_property
    def table(self) -> np.ndarray:
        """Every product: int32 ``(256, 256)``, indexed ``[a + 128, b + 128]``."""
        products = self.multiply(CODES[:, None], CODES[None, :])
        table = np.ascontiguousarray(np.broadcast_to(products, (256, 256)), dtype=np.int32)
        table.flags.writeable = False
        return table

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the table (little-endian int32, in C order): the identity of the block."""
        return hashlib.sha256(self.table.astype("<i4").tobytes()).hexdigest()

    @property
    def circuit_digest(self) -> str:
        """What results depend on beside the program's own code: here the :attr:`digest`.

        That of a user's block is SHA-256 of its gateware and its source as well: they may change
        while the table stays.
        """
        return self.digest

    @property
    def raw_table(self) -> np.ndarray:
        """The output of the gateware: int32 ``(256, 256)``, indexed ``[a + 128, b + 128]``."""
        return self.table + self.activation_offset * CODES[:, None]

    @functools.cached_property
    def product_bits(self) -> int:
        """Two's complement width of the gateware's product, at least 16."""
        low, high = int(self.raw_table.min()), int(self.raw_table.max())
        return max(_PRODUCT_BITS, 1 + max(high.bit_length(), (-1 - low).bit_length()))

    def _implementation(self, name: str | None) -> str:
        """Check an implementation's name; the first where there is none."""
        if name is None:
            return self.implementations[0]
        if name not in self.implementations:
            known = ", ".join(self.implementations)
            raise ValueError(f"Implementation of {self.name} must be one of {known}, not {name!r}")
        return name
