"""Blocks that were imported from Verilog; their gateware is the imported netlist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from amaranth.hdl import Cat, Instance, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.blocks.arithmetic.sign_magnitude import UnsignedActivation
from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.errors import UserError

__all__ = ["ImportedBlock", "ImportedCircuit", "Port", "imported_block", "read_codes"]

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
    a_signed, b_signed : bool
        Whether the operand is two's complement, or unsigned. The product is two's complement where
        one of the operands is.
    netlist : str
        One Verilog module with just these ports, named ``hawx_import``.
    table : ndarray of int32
        ``(2**a.width, 2**b.width)``: the product for each pair of the operands' bit patterns.
    """

    a: Port
    b: Port
    product: Port
    a_signed: bool
    b_signed: bool
    netlist: str
    table: np.ndarray

    @cached_property
    def digest(self) -> str:
        """SHA-256 of ports, netlist and table."""
        content = {
            "ports": [[port.name, port.width] for port in (self.a, self.b, self.product)],
            "signed": self.signedness,
            "netlist": self.netlist,
            "table": hashlib.sha256(self.table.astype("<i4").tobytes()).hexdigest(),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def signedness(self) -> bool | list[bool]:
        """Whether the operands are signed, for JSON: one value where both are alike."""
        same = self.a_signed == self.b_signed
        return self.a_signed if same else [self.a_signed, self.b_signed]

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

    def operands(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers, int64, that the bit patterns of ``a`` and of ``b`` stand for."""
        a, b = (
            read_codes(np.arange(1 << port.width), port.width, signed)
            for port, signed in ((self.a, self.a_signed), (self.b, self.b_signed))
        )
        return a, b

    def exact(self) -> np.ndarray:
        """The products of an exact multiplier of such operands, int64, indexed as the table."""
        a, b = self.operands()
        exact: np.ndarray = a[:, None] * b
        return exact

    def swapped(self) -> ImportedCircuit:
        """The circuit whose other operand is the weight."""
        return replace(
            self,
            a=self.b,
            b=self.a,
            a_signed=self.b_signed,
            b_signed=self.a_signed,
            table=np.ascontiguousarray(self.table.T),
        )


def read_codes(patterns: np.ndarray, bits: int, signed: bool) -> np.ndarray:
    """The numbers, int64, that bit patterns stand for, of which the low ``bits`` count."""
    patterns = np.asarray(patterns, dtype=np.int64) & ((1 << bits) - 1)
    return patterns - (patterns >> (bits - 1) << bits) if signed else patterns


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
    def circuit_digest(self) -> str:
        return self._circuit.digest

    @property
    def sources(self) -> Mapping[str, str]:
        return {f"{self._circuit.module}.v": self._circuit.verilog}

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("netlist",)

    @property
    def weights(self) -> range:
        a, signed = self._circuit.a, self._circuit.a_signed
        return _signed_codes(a.width) if signed else _magnitudes(a.width)

    @property
    def activations(self) -> range:
        b, signed = self._circuit.b, self._circuit.b_signed
        return _signed_codes(b.width) if signed else range(-128, (1 << b.width) - 128)


class _SignedWeight(ImportedBlock):
    """The weight is two's complement, and so is the product."""

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = (np.asarray(codes, dtype=np.int32) for codes in (a, b))
        offset = self.activation_offset
        return self._circuit.products(a, b + offset) - offset * a

    def component(self, implementation: str | None = None) -> BlockComponent:
        self._implementation(implementation)
        return _SignedWeightComponent(self)


class _MixedBlock(_SignedWeight):
    """A signed weight, and activations as unsigned codes."""

    activation_offset = 128


class _UnsignedWeight(ImportedBlock):
    """The weight by sign and magnitude, and signed activations."""

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = (np.asarray(codes, dtype=np.int32) for codes in (a, b))
        products = self._circuit.products(np.abs(a), b)
        return np.where(a < 0, -products, products)

    def component(self, implementation: str | None = None) -> BlockComponent:
        self._implementation(implementation)
        return _UnsignedWeightComponent(self)


class _UnsignedBlock(ImportedBlock, UnsignedActivation):
    """The weight by sign and magnitude, and activations as unsigned codes."""

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._circuit.products(x, y)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        return _place(m, self, x, y)


_KINDS: Mapping[tuple[bool, bool], type[ImportedBlock]] = {
    (True, True): _SignedWeight,
    (True, False): _MixedBlock,
    (False, True): _UnsignedWeight,
    (False, False): _UnsignedBlock,
}


def imported_block(label: str, circuit: ImportedCircuit) -> ImportedBlock:
    """The block of a circuit.

    A circuit with operands of fewer than 8 bits accepts only the codes of that width. One of
    unsigned weights takes them by sign and magnitude, one of unsigned activations takes ``b + 128``
    for the code ``b``.
    """
    return _KINDS[circuit.a_signed, circuit.b_signed](label, circuit)


def _signed_codes(bits: int) -> range:
    return range(-(1 << (bits - 1)), 1 << (bits - 1))


def _magnitudes(bits: int) -> range:
    """Weights whose magnitude has so many bits."""
    return range(max(-128, 1 - (1 << bits)), min(128, 1 << bits))


class _SignedWeightComponent(BlockComponent):
    def __init__(self, block: _SignedWeight):
        super().__init__(block.product_bits)
        self._block = block

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # Its top bit inverted is the code plus 128.
        b = Cat(self.b[:-1], ~self.b[-1]) if self._block.activation_offset else self.b
        m.d.comb += self.product.eq(_place(m, self._block, self.a, b).as_signed())
        return m


class _UnsignedWeightComponent(BlockComponent):
    def __init__(self, block: _UnsignedWeight):
        super().__init__(block.product_bits)
        self._block = block

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        negative = self.a[-1]
        magnitude = Signal(8)
        m.d.comb += magnitude.eq(Mux(negative, -self.a, self.a))
        product = _place(m, self._block, magnitude, self.b).as_signed()
        m.d.comb += self.product.eq(Mux(negative, -product, product))
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
