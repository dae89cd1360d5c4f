import dataclasses
import re

import pytest
from amaranth.hdl import Instance, Module

from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import (
    block_files,
    implementation_verilog,
    registered,
    specification_verilog,
)
from hawx_hw.gateware.hierarchy import place

LEAF = "module leaf(input [7:0] x, output [7:0] y); assign y = x; endmodule\n"


class Inner(BlockComponent):
    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.product.eq(self.a * self.b)
        return m


class Outer(BlockComponent):
    """A kind of its own, an unnamed part, and a foreign module."""

    def elaborate(self, platform):
        m = Module()
        kind = place(m, platform, "kind", "shared_kind", Inner)
        m.submodules.part = part = Inner()
        m.submodules.leaf = Instance("leaf", i_x=self.a, o_y=part.a)
        m.d.comb += [kind.a.eq(self.a), kind.b.eq(self.b), part.b.eq(self.b)]
        m.d.comb += self.product.eq(kind.product ^ part.product)
        return m


@dataclasses.dataclass(frozen=True)
class Layered(Exact):
    family = "layered"
    index: int

    implementations = ("multiply", "outer")
    sources = {"leaf.v": LEAF}

    def component(self, implementation=None):
        return Outer() if self._implementation(implementation) == "outer" else Inner()

    def specification(self):
        return None


def test_an_implementation_by_itself():
    exact = by_name("exact")
    (design,) = implementation_verilog([(exact, "multiply")])
    assert design.top == "hawx_block_exact_multiply"
    assert design.product_bits == 16
    assert list(design.files) == ["hawx_block_exact_multiply.v"]
    text = design.files["hawx_block_exact_multiply.v"]
    assert re.search(r"assign product = \$signed\(a\) \* \$signed\(b\);", text)


def test_all_parts_are_there_and_no_others():
    first, second = Layered(1), Layered(2)
    designs = implementation_verilog(
        [(first, "outer"), (second, "multiply"), (second, "outer"), (by_name("exact"), "multiply")]
    )
    assert [design.top for design in designs] == [
        "hawx_block_layered_index_1_outer",
        "hawx_block_layered_index_2_multiply",
        "hawx_block_layered_index_2_outer",
        "hawx_block_exact_multiply",
    ]
    assert [sorted(design.files) for design in designs] == [
        [
            "hawx_block_layered_index_1_outer.part.v",
            "hawx_block_layered_index_1_outer.v",
            "leaf.v",
            "shared_kind.v",
        ],
        ["hawx_block_layered_index_2_multiply.v", "leaf.v"],
        [
            "hawx_block_layered_index_2_outer.part.v",
            "hawx_block_layered_index_2_outer.v",
            "leaf.v",
            "shared_kind.v",
        ],
        ["hawx_block_exact_multiply.v"],
    ]
    assert designs[0].files["leaf.v"] == LEAF


def test_text_does_not_depend_on_what_is_written_with_it():
    pairs = [(Layered(1), "outer"), (by_name("exact"), "multiply"), (Layered(2), "multiply")]
    together = implementation_verilog(pairs)
    assert together == [design for pair in pairs for design in implementation_verilog([pair])]
    assert together != implementation_verilog(pairs[::-1])


def test_specifications():
    result = specification_verilog([Layered(1), by_name("exact")])
    assert result[0] is None
    assert result[1].top == "hawx_specification_exact"
    assert specification_verilog([]) == []


def test_unknown_implementation():
    with pytest.raises(ValueError, match=r"Implementation of exact must be one of .*, not 'steam'"):
        implementation_verilog([(by_name("exact"), "steam")])


def test_the_digest_is_of_the_text_and_the_top_in_any_order():
    (design,) = implementation_verilog([(Layered(1), "outer")])
    files = dict(design.files)
    assert len(design.digest) == 64
    backwards = dict(reversed(files.items()))
    assert dataclasses.replace(design, files=backwards).digest == design.digest
    others = [
        dataclasses.replace(design, top="leaf"),
        dataclasses.replace(design, files={**files, "leaf.v": f"{LEAF} "}),
        dataclasses.replace(design, files={**files, "more.v": ""}),
    ]
    assert len({design.digest, *(other.digest for other in others)}) == 4


def test_files(tmp_path):
    (design,) = implementation_verilog([(Layered(1), "outer")])
    paths = design.write(tmp_path)
    assert [path.name for path in paths] == list(design.files)
    assert [path.read_text() for path in paths] == list(design.files.values())


@dataclasses.dataclass(frozen=True)
class Named(Exact):
    """A block whose name and files a user chose."""

    family = "named"
    label: str
    text: str = ""

    @property
    def name(self):
        return self.label

    @property
    def sources(self):
        return {"part.v": self.text}


def test_blocks_may_share_a_file():
    blocks = [Named("python:a:B", LEAF), Named("python:a:C", LEAF), Named("python:a:B", LEAF)]
    assert block_files(blocks) == {"part.v": LEAF}


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (
            [Named("python:a_b:C"), Named("python:a.b:C")],
            r"python:a\.b:C: python:a_b:C has the same name in Verilog, hawx_block_python_a_b_C\.",
        ),
        (
            [Named("python:a:B", LEAF), Named("python:a:C")],
            r"python:a:C: Another block has another file part\.v\. Rename",
        ),
    ],
)
def test_blocks_that_cannot_stand_together(blocks, message):
    with pytest.raises(UserError, match=message):
        block_files(blocks)
    with pytest.raises(UserError, match=message):
        implementation_verilog([(block, block.implementations[0]) for block in blocks])


def test_a_register_follows_and_the_block_stays_as_it_is():
    (design,) = implementation_verilog([(by_name("precision(w=4,a=4)"), "tree")])
    whole = registered(design)
    assert whole.top == f"{design.top}_registered"
    assert whole.product_bits == design.product_bits
    *parts, last = whole.files.items()
    assert dict(parts) == design.files
    name, text = last
    assert name == f"{whole.top}.v"
    assert f"output reg signed [{design.product_bits - 1}:0] product" in text
    assert "always @(posedge clk) product <= wires;" in text
