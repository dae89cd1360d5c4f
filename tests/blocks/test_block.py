# amaranth: UnusedElaboratable=no
"""What every block has: names, the table and its identity, the width of the product."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import numpy as np
import pytest

from hawx_hw.blocks.block import CODES, Block, BlockComponent, BlockSignature
from hawx_hw.blocks.families.exact import Exact


@dataclass(frozen=True)
class Scaled(Block):
    """``scale * a * b + least``; with an offset, a multiplier of unsigned activations."""

    family = "scaled"
    implementations = ("usual", "other")
    scale: int = 1
    least: int = 0

    def multiply(self, a, b):
        return self.scale * a * b + self.least

    def component(self, implementation=None):
        self._implementation(implementation)
        return BlockComponent(self.product_bits)


class Unsigned(Scaled):
    activation_offset = 128


def test_the_name_holds_the_parameters_in_order() -> None:
    assert Scaled(3, -7).name == "scaled(scale=3,least=-7)"
    assert Exact().name == "exact"


def test_the_identifier_is_part_of_a_verilog_identifier() -> None:
    assert Scaled(3, 7).identifier == "scaled_scale_3_least_7"


def test_the_table_is_indexed_by_weight_then_activation() -> None:
    table = Scaled(2, 5).table
    assert table.dtype == np.int32
    assert table.shape == (256, 256)
    for weight, activation in ((-128, -128), (-128, 127), (0, 0), (3, -5), (127, 1)):
        assert table[weight + 128, activation + 128] == 2 * weight * activation + 5
    assert CODES[0] == -128
    assert CODES[255] == 127


def test_tables_and_codes_cannot_be_written() -> None:
    for array in (CODES, Exact().table):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_the_digest_is_of_the_table_alone() -> None:
    """SHA-256 of 65,536 little-endian int32, weight by weight."""
    content = b"".join(
        struct.pack("<i", weight * activation)
        for weight in range(-128, 128)
        for activation in range(-128, 128)
    )
    assert Exact().digest == hashlib.sha256(content).hexdigest()
    assert Scaled(1, 0).digest == Exact().digest
    assert Scaled(1, 1).digest != Exact().digest


def test_gateware_of_unsigned_activations_puts_out_128_times_the_weight_more() -> None:
    raw = Unsigned(1).raw_table
    for weight, activation in ((-128, -128), (5, 0), (127, 127)):
        # The activation code stands for itself plus 128.
        assert raw[weight + 128, activation + 128] == weight * (activation + 128)
    np.testing.assert_array_equal(Scaled(1).raw_table, Scaled(1).table)


@pytest.mark.parametrize(
    ("block", "bits"),
    [
        (Scaled(1), 16),  # -16,256 to 16,384: 16 bits, the least there is
        (Scaled(2, -1), 16),  # up to 32,767
        (Scaled(2), 17),  # up to 32,768
        (Scaled(-2), 16),  # down to -32,768
        (Scaled(-2, -1), 17),
        (Scaled(4), 18),
        (Unsigned(1), 16),  # -128 * 255 to 127 * 255
        (Unsigned(2), 17),
    ],
)
def test_the_product_is_as_wide_as_its_largest_value(block: Block, bits: int) -> None:
    assert block.product_bits == bits
    assert block.component().signature.product_bits == bits


def test_an_unknown_implementation_is_refused() -> None:
    Scaled().component("other")
    with pytest.raises(ValueError) as caught:
        Scaled().component("tree")
    assert str(caught.value) == (
        "Implementation of scaled(scale=1,least=0) must be one of usual, other, not 'tree'"
    )


def test_a_family_that_states_nothing_more_accepts_every_code() -> None:
    block = Scaled()
    assert block.weights == block.activations == range(-128, 128)
    assert block.weight_step == block.activation_step == 1
    assert block.specification() is None
    assert block.factors() is None
    assert block.sources == {}


def test_the_port_of_a_block() -> None:
    members = BlockSignature(18).members
    shapes = {name: (member.shape.width, member.shape.signed) for name, member in members.items()}
    assert shapes == {"a": (8, True), "b": (8, True), "product": (18, True)}
