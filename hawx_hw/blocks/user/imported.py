"""Blocks that were imported from Verilog; their gateware is the imported netlist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from amaranth.hdl import Instance, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.blocks.arithmetic.sign_magnitude import UnsignedActivation
from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.errors import UserError

__all__ = ["ImportedBlock", "ImportedCircuit", "Port", "imported_block"]

_PLACEHOLDER = "hawx_import"


@dataclass(frozen=True)
class Port:
    """A port of the netlist."""

    name: str
    width: int


@dataclass(frozen=True, eq=False)
class ImportedCircuit:
    """A combinational multiplier in Verilog, and the table of its products.

    Parameters
    ----------
    a, b, product : Port
        The weight, the activation, the product. Operands have 1 to 8 bits, the product at most 24.
    signed : bool
        Whether all three are two's complement, or all unsigned.
    netlist : str
        One Verilog module with just these ports, named ``hawx_import``.
    table : ndarray of int32
        ``(2**a.width, 2**b.width)``: the product for each pair of the operands' bit patterns.
    """

    a: Port
    b: Port
    product: Port
    signed: bool
    netlist: str
    table: np.ndarray

    @cached_property
    def digest(self) -> str:
        """SHA-256 of ports, netlist and table."""
        content = {
            "ports": [[port.name, port.width] for port in (self.a, self.b, self.product)],
            "signed": self.signed,
            "netlist": self.netlist,
            "table": hashlib.sha256(self.table.astype("<i4").tobytes()).hexdigest(),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def module(self) -> str:
        """Name of the Verilog module in a design; no other circuit has it."""
        return f"{_PLACEHOLDER}_{self.digest[:16]}"

    @property
    def verilog(self) -> str:
        """Text of the Verilog module :attr:`module`."""
        head = f"module {_PLACEHOLDER}("
        if self.netlist.count(head) != 1:
            raise ValueError(f"netlist must be one module {_PLACEHOLDER}")
        return self.netlist.replace(head, f"module {self.module}(")

    def products(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The circuit's outputs for integers, of which it takes the low bits."""
        products: np.ndarray = self.table[a & (len(self.table) - 1), b & (self.table.shape[1] - 1)]
        return products


class ImportedBlock(Block):
    """Base of the blocks that instantiate an :class:`ImportedCircuit`.

    Parameters
    ----------
    label : str
        The name that the user chose.
    circuit : ImportedCircuit
    """

    family = "import"

    def __init__(self, label: str, circuit: ImportedCircuit):
        self._label = label
        self._circuit = circuit

    @property
    def name(self) -> str:
        return f"import:{self._label}"

    @property
    def circuit(self) -> ImportedCircuit:
        """The circuit that the block instantiates."""
        return self._circuit

    @property
    def sources(self) -> Mapping[str, str]:
        return {f"{self._circuit.module}.v": self._circuit.verilog}

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("netlist",)


class _SignedBlock(ImportedBlock):
    @property
    def weights(self) -> range:
        return _signed_codes(self._circuit.a.width)

    @property
    def activations(self) -> range:
        return _signed_codes(self._circuit.b.width)

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._circuit.products(np.asarray(a, dtype=np.int32), np.asarray(b, dtype=np.int32))

    def component(self, implementation: str | None = None) -> BlockComponent:
        self._implementation(implementation)
        return _SignedComponent(self)


class _UnsignedBlock(ImportedBlock, UnsignedActivation):
    @property
    def weights(self) -> range:
        return range(
            max(-128, 1 - (1 << self._circuit.a.width)), min(128, 1 << self._circuit.a.width)
        )

    @property
    def activations(self) -> range:
        return range(-128, (1 << self._circuit.b.width) - 128)

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._circuit.products(x, y)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        return _place(m, self, x, y)


def imported_block(label: str, circuit: ImportedCircuit) -> ImportedBlock:
    """The block of a circuit.

    A signed circuit with operands of fewer than 8 bits accepts only the codes of that width. An
    unsigned one takes weights by sign and magnitude, and activations as unsigned codes.
    """
    return _SignedBlock(label, circuit) if circuit.signed else _UnsignedBlock(label, circuit)


def _signed_codes(bits: int) -> range:
    return range(-(1 << (bits - 1)), 1 << (bits - 1))


class _SignedComponent(BlockComponent):
    def __init__(self, block: _SignedBlock):
        super().__init__(block.product_bits)
        self._block = block

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.product.eq(_place(m, self._block, self.a, self.b).as_signed())
        return m


class _Netlist(wiring.Component):
    """An instance of the Verilog module."""

    def __init__(self, block: ImportedBlock):
        circuit = block.circuit
        super().__init__(
            {
                "a": In(circuit.a.width),
                "b": In(circuit.b.width),
                "product": Out(circuit.product.width),
            }
        )
        self._block = block

    def elaborate(self, platform: Any) -> Instance:
        if platform is None:
            # The simulator would put out zeros without an error.
            raise UserError(
                f"{self._block.name} is Verilog, which Amaranth's simulator does not run",
                hint="Simulate the emitted Verilog.",
            )
        circuit = self._block.circuit
        return Instance(
            circuit.module,
            **{
                f"i_{circuit.a.name}": self.a,
                f"i_{circuit.b.name}": self.b,
                f"o_{circuit.product.name}": self.product,
            },
        )


def _place(m: Module, block: ImportedBlock, a: Value, b: Value) -> Value:
    """Add the netlist to ``m``; it gets the low bits of the operands."""
    netlist = _Netlist(block)
    m.submodules.netlist = netlist
    m.d.comb += [netlist.a.eq(a), netlist.b.eq(b)]
    product: Value = netlist.product
    return product
