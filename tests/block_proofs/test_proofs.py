"""Proofs of a right block, and of one with a single partial product broken."""

import dataclasses

import numpy as np
import pytest
from amaranth.hdl import Const, Module

from hawx_hw.block_proofs import Case, Counterexample, Proof, prove, prove_cases
from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.gateware.block_verilog import implementation_verilog, specification_verilog


class Rows(BlockComponent):
    """The product, row by row; ``broken`` is a partial product that is left out."""

    def __init__(self, broken):
        self._broken = broken
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        total = Const(0, 16)
        for i in range(8):
            for j in range(8):
                if (i, j) != self._broken:
                    part = (self.a[i] & self.b[j]) << (i + j)
                    total = total - part if (i == 7) != (j == 7) else total + part
                    total = total[:16]
        m.d.comb += self.product.eq(total)
        return m


@dataclasses.dataclass(frozen=True)
class TwoWays(Exact):
    """The exact block, with an implementation that forgets the partial product (4, 7)."""

    family = "two_ways"
    specified: int = 1

    implementations = ("chain", "broken")

    def component(self, implementation=None):
        return Rows((4, 7) if self._implementation(implementation) == "broken" else None)

    def specification(self):
        return super().specification() if self.specified else None


@dataclasses.dataclass(frozen=True)
class Lying(Exact):
    """Its table is not what its specification and its gateware compute."""

    family = "lying"

    implementations = ("multiply",)

    def multiply(self, a, b):
        return np.where((a == 5) & (b == -6), 7, super().multiply(a, b))


@pytest.fixture(scope="module")
def proven():
    """Proofs by block and implementation; proven together, because the tools take long to start."""
    exact = by_name("exact")
    pairs = [(exact, implementation) for implementation in exact.implementations]
    pairs += [(TwoWays(number), name) for number in (1, 0) for name in TwoWays.implementations]
    proofs = prove([*pairs, (Lying(), "multiply")])
    return {(proof.block, proof.implementation): proof for proof in proofs}


def test_every_implementation_of_the_exact_block(proven):
    block = by_name("exact")
    names = [*block.implementations, "specification"]
    assert [name for block, name in proven if block == "exact"] == names
    (specification,) = specification_verilog([block])
    pairs = [(block, name) for name in block.implementations]
    for name, design in zip(names, [*implementation_verilog(pairs), specification], strict=True):
        formal = name != "specification"
        expected = Proof("exact", block.digest, design.digest, name, formal, ())
        assert proven["exact", name] == expected
        assert expected.holds


def test_both_proofs_find_one_broken_partial_product(proven):
    names = ("chain", "broken", "specification")
    right, wrong, specification = (proven["two_ways(specified=1)", name] for name in names)
    assert right.holds and specification.holds
    assert not wrong.holds
    simulated, formal = wrong.counterexamples
    # Bit 4 of the weight and the sign of the activation: -16 * 128 is missing in the product.
    assert simulated == Counterexample("simulation", -112, -128, 14336, 14336 + 2048, 16384)
    assert formal.method == "formal"
    assert formal.a & 16 and formal.b < 0
    assert formal.expected == formal.a * formal.b
    assert formal.observed == formal.expected + 2048
    assert str(simulated) == (
        "simulation: a = -112, b = -128 gives 16384, not 14336 (16384 of 65536 pairs are wrong)"
    )
    assert str(formal) == (
        f"formal: a = {formal.a}, b = {formal.b} gives {formal.observed}, not {formal.expected}"
    )
    assert wrong.as_dict() == {
        "block": "two_ways(specified=1)",
        "digest": by_name("exact").digest,
        "verilog_sha256": wrong.verilog_sha256,
        "implementation": "broken",
        "formal": True,
        "holds": False,
        "counterexamples": [dataclasses.asdict(simulated), dataclasses.asdict(formal)],
    }


def test_one_partial_product_broken_in_the_emitted_verilog():
    """One AND gate of the carry-save tree gives zero."""
    block = by_name("exact")
    (design,) = implementation_verilog([(block, "tree")])
    ((name, text),) = design.files.items()
    assert "= a[3] & b[4];" in text
    broken = dataclasses.replace(design, files={name: text.replace("= a[3] & b[4];", "= 1'h0;")})
    (proof,) = prove_cases([Case(block, "tree", broken, specification_verilog([block])[0])])
    assert proof.verilog_sha256 == broken.digest != design.digest
    simulated, formal = proof.counterexamples
    # The first codes with these bits: -128 + 8 and -128 + 16.
    assert simulated == Counterexample("simulation", -120, -112, 13440, 13440 - 128, 16384)
    assert formal.a & 8 and formal.b & 16
    assert formal.expected == formal.a * formal.b
    assert formal.observed == formal.expected - 128


def test_a_specification_that_is_not_the_table_is_found(proven):
    wrong = (Counterexample("simulation", 5, -6, 7, -30, 1),)
    for name in ("multiply", "specification"):
        assert proven["lying", name].counterexamples == wrong


def test_without_a_specification_the_table_stands_alone(proven):
    right, wrong = (proven["two_ways(specified=0)", name] for name in ("chain", "broken"))
    assert (right.formal, right.holds) == (False, True)
    assert [c.method for c in wrong.counterexamples] == ["simulation"]
    assert ("two_ways(specified=0)", "specification") not in proven


def test_order_and_batches(monkeypatch):
    monkeypatch.setattr("hawx_hw.block_proofs.proofs._BATCH", 2)
    first, second = TwoWays(1), TwoWays(0)
    reports = []
    proofs = prove(
        [(first, "chain"), (second, "chain"), (first, "broken")],
        formal=False,
        jobs=2,
        progress=lambda *counts: reports.append(counts),
    )
    assert [(p.block, p.implementation, p.formal, p.holds) for p in proofs] == [
        (first.name, "chain", False, True),
        (first.name, "broken", False, False),
        (second.name, "chain", False, True),
    ]
    assert reports == [(2, 3), (3, 3)]


def test_jobs():
    with pytest.raises(ValueError, match=r"^jobs must be at least 1, not 0$"):
        prove_cases([], jobs=0)
