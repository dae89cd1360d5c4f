"""Trees of approximate compressors, bit position by bit position and case by case."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import numpy as np
import pytest

from hawx_hw.blocks.families.compressor import (
    Compressor,
    UnsignedCompressor,
    _evaluate,
    _tree,
    catalogue,
)
from tests.blocks.simulation import assert_gateware, sample


def compress(kind: str, bits: list[int], carry: int) -> tuple[int, int, int]:
    """Sum, carry and carry out by the papers' truth tables."""
    pairs = bits[0] + bits[1], bits[2] + bits[3]
    if kind == "exact":
        # Three bits first; their carry is the carry out.
        out, rest = divmod(bits[0] + bits[1] + bits[2], 2)
        return (rest + bits[3] + carry) % 2, (rest + bits[3] + carry) // 2, out
    sums = int(pairs[0] != 1 or pairs[1] != 1)
    carries = int(pairs[0] > 0 and pairs[1] > 0)
    if kind == "design2":
        return sums, carries, 0
    return (0 if carry else sums), carry, carries


def multiply(x: int, y: int, design: int, c: int) -> int:
    """The reduction as its description has it, on lists of bits."""
    heap = [
        [x >> i & y >> place - i & 1 for i in range(8) if 0 <= place - i < 8] for place in range(17)
    ]
    for height in (4, 2):
        incoming: list[int] = []
        chained: list[int] = []
        stage = []
        for place, bits in enumerate(heap):
            done, carries, outs = incoming, [], []
            while len(bits) + len(done) + len(chained) > height:
                excess = len(bits) + len(done) + len(chained) - height
                if len(bits) < 4 and len(bits) <= excess:
                    bits, chained = bits + chained, []
                if excess > 2 and len(bits) > 3:
                    kind = f"design{design}" if place < c else "exact"
                    chain = kind != "design2"
                    first = chained[0] if chain and chained else 0
                    chained = chained[1:] if chain else chained
                    total, carry, out = compress(kind, bits[:4], first)
                    outs += [out] if chain else []
                    bits = bits[4:]
                else:
                    count = 2 if excess == 1 else 3
                    carry, total = divmod(sum(bits[:count]), 2)
                    bits = bits[count:]
                done = [*done, total]
                carries.append(carry)
            stage.append(bits + chained + done)
            incoming, chained = carries, outs
        heap = stage
    assert max(map(len, heap)) == 2
    return sum(sum(bits) << place for place, bits in enumerate(heap))


@pytest.mark.parametrize("design, c", [(1, 5), (1, 7), (1, 13), (2, 7), (2, 10), (2, 13)])
def test_products(design: int, c: int) -> None:
    draw = random.Random(design * 100 + c)
    signed, unsigned = Compressor(design, c).table, UnsignedCompressor(design, c).table
    pairs = [(a, b) for a in (-128, -1, 0, 127) for b in (-128, -1, 0, 127)]
    pairs += [(draw.randrange(-128, 128), draw.randrange(-128, 128)) for _ in range(1500)]
    for a, b in pairs:
        product = multiply(abs(a), abs(b), design, c)
        expected = -product if (a < 0) != (b < 0) else product
        assert signed[a + 128, b + 128] == expected, (a, b)
        product = multiply(abs(a), b + 128, design, c)
        expected = (-product if a < 0 else product) - 128 * a
        assert unsigned[a + 128, b + 128] == expected, (a, b)


@pytest.mark.parametrize("kind, wrong", [("design1", 12), ("design2", 4), ("exact", 0)])
def test_cases_of_a_compressor(kind: str, wrong: int) -> None:
    # Momeni et al. 2015: 12 of 32 cases of design 1 and 4 of 16 of design 2 are wrong, by one.
    inputs = 4 if kind == "design2" else 5
    errors = []
    for bits in itertools.product((0, 1), repeat=inputs):
        total, *carries = _evaluate(kind, list(bits))
        errors.append(total + 2 * sum(carries) - sum(bits))
    assert sum(error != 0 for error in errors) == wrong
    assert set(errors) <= {-1, 0, 1}


def test_tree_is_as_large_as_published() -> None:
    # Momeni et al. 2015: 2 half adders, 2 full adders and 8 compressors, then 1, 1 and 10.
    kinds = Counter(cell.kind for cell in _tree(1, 13).cells)
    assert kinds == {"design1": 18, "full": 3, "half": 3}


@pytest.mark.parametrize("design", [1, 2])
def test_tree_of_exact_compressors_multiplies(design: int) -> None:
    block = Compressor(design, 5)
    object.__setattr__(block, "c", 0)
    x = np.arange(256, dtype=np.int32)
    np.testing.assert_array_equal(block.magnitudes(x[:, None], x[None, :]), np.outer(x, x))


def test_products_with_zero_are_not_zero() -> None:
    for design in (1, 2):
        assert Compressor(design, 7).table[128, 128] > 0


@pytest.mark.parametrize(
    "block",
    [Compressor(1, 7), Compressor(2, 13), UnsignedCompressor(1, 13), UnsignedCompressor(2, 7)],
    ids=str,
)
def test_gateware(block: Compressor) -> None:
    assert_gateware(block, sample(300, seed=block.c))


def test_has_neither_factors_nor_a_specification() -> None:
    assert Compressor(1, 7).factors() is None
    assert Compressor(1, 7).specification() is None


@pytest.mark.parametrize(
    "design, c, message",
    [
        (0, 7, "design must be 1 or 2, not 0"),
        (3, 7, "design must be 1 or 2, not 3"),
        (1, 4, "c must be from 5 to 13, not 4"),
        (2, 14, "c must be from 5 to 13, not 14"),
    ],
)
def test_refuses_other_parameters(design: int, c: int, message: str) -> None:
    for kind in (Compressor, UnsignedCompressor):
        with pytest.raises(ValueError, match=message):
            kind(design, c)


def test_every_parameter_gives_another_table() -> None:
    blocks = [
        kind(design, c)
        for kind in (Compressor, UnsignedCompressor)
        for design in (1, 2)
        for c in range(5, 14)
    ]
    assert len({block.digest for block in blocks}) == len(blocks)
    assert set(catalogue()) <= set(blocks)
