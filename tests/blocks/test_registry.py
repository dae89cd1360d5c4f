"""From a name to a block."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.catalogue import library
from hawx_hw.blocks.registry import FAMILIES, distinct_blocks
from hawx_hw.errors import UserError


@pytest.mark.parametrize(
    "name",
    ["array(ha=1,hb=0,v=4)", "array(1,0,4)", " array( 1, v = 4, hb=+0 ) ", "array (ha=1,hb=0,v=4)"],
)
def test_ways_to_write_a_name(name: str) -> None:
    assert by_name(name).name == "array(ha=1,hb=0,v=4)"


@pytest.mark.parametrize("block", library(), ids=lambda block: block.name)
def test_canonical_names_lead_back(block) -> None:
    assert by_name(block.name) == block
    assert block.identifier.isidentifier()


def test_identifiers_differ() -> None:
    identifiers = [block.identifier for block in library()]
    assert len(set(identifiers)) == len(identifiers)


def test_families_go_by_their_names() -> None:
    for name, (module, kind) in FAMILIES.items():
        assert getattr(importlib.import_module(module), kind).family == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Unknown block ''. The families are: array, "),
        ("aray(1,0,4)", "Unknown block 'aray.*Did you mean array"),
        ("array(1,0", r"Unknown block .*quote a name that has a comma"),
        ("array(1,0,4)(2)", "Unknown block"),
        ("array(1,0,4,5)", r"Wrong parameter '5' .*Write array\(ha=\.\., hb=\.\., v=\.\.\)"),
        ("array(1,,4)", "Wrong parameter ''"),
        ("array(1,0,x=4)", "Wrong parameter 'x=4'"),
        ("array(1,0,ha=4)", "Wrong parameter 'ha=4'"),
        ("array(1,0,1.5)", "Wrong parameter '1.5'"),
        pytest.param(
            f"array(1,0,{'9' * 5000})", "Wrong parameter '9+[.]{3}9+' of block 'array", id="digits"
        ),
        ("array(1,0)", r"Wrong parameters .* missing .*'v'"),
        ("array(1,0,99)", "Wrong parameters of block .*99"),
        ("drum(k=9)", "k must be from 2 to 7, not 9"),
        ("mul8s_1KV8", "two circuits.*@master or .*@v2022"),
        ("mul8s_none", "Unknown block 'mul8s_none'"),
    ],
)
def test_names_that_are_refused(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        by_name(name)


def test_no_torch() -> None:
    code = "import sys, hawx_hw.blocks.catalogue as c; c.library(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_blocks_of_one_table_count_once() -> None:
    blocks = distinct_blocks(["exact", "drum(k=4)", "array(0,0,0)", "drum(4)", "drum(k=3)"])
    assert [block.name for block in blocks] == ["exact", "drum(k=4)", "drum(k=3)"]
    with pytest.raises(UserError, match="Unknown block"):
        distinct_blocks(["exact", "nothing"])
