"""Every block that the families list, in every implementation: equal to its definition."""

import pytest

from hawx_hw.block_proofs import compare, prove
from hawx_hw.blocks.catalogue import library
from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.gateware.block_verilog import implementation_verilog, specification_verilog

_PARTS = 4


def every_implementation(blocks):
    return [(block, implementation) for block in blocks for implementation in block.implementations]


def members_of(family):
    return [block for block in library() if block.family == family]


def failures(proofs):
    return [
        f"{proof.block}, {proof.implementation}: {counterexample}"
        for proof in proofs
        for counterexample in proof.counterexamples
    ]


def check_by_simulation(pairs):
    proofs = prove(pairs, formal=False)
    assert [(proof.block, proof.implementation) for proof in proofs] == [
        (block.name, implementation) for block, implementation in pairs
    ]
    assert failures(proofs) == []


@pytest.mark.parametrize("part", range(_PARTS))
def test_simulation_of_every_implementation_of_a_sample_equals_the_table(part):
    """The first, the middle and the last member of each family's list."""
    blocks = []
    for family in list(FAMILIES)[part::_PARTS]:
        members = members_of(family)
        blocks += dict.fromkeys([members[0], members[len(members) // 2], members[-1]])
    assert len({block.family for block in blocks}) == len(list(FAMILIES)[part::_PARTS])
    check_by_simulation(every_implementation(blocks))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(_PARTS))
def test_simulation_of_every_implementation_equals_the_table(part):
    pairs = every_implementation(library())
    count = -(-len(pairs) // _PARTS)
    check_by_simulation(pairs[part * count :][:count])


@pytest.mark.parametrize("part", range(_PARTS))
def test_one_member_of_each_family_is_proven_formally(part):
    """The member in the middle of each family's list: by turns the usual implementation, and the
    last."""
    pairs = []
    for number, family in enumerate(list(FAMILIES)[part::_PARTS]):
        members = members_of(family)
        block = members[len(members) // 2]
        pairs.append((block, block.implementations[-(number % 2)]))
    blocks = list(dict.fromkeys(block for block, _ in pairs))
    specifications = dict(zip(blocks, specification_verilog(blocks)))
    comparable = [
        (specifications[block], design)
        for (block, _), design in zip(pairs, implementation_verilog(pairs))
        if specifications[block] is not None
    ]
    assert len(comparable) > len(pairs) / 2
    different = {
        design.top: difference
        for (_, design), difference in zip(comparable, compare(comparable))
        if difference is not None
    }
    assert different == {}


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_member_is_proven_formally(family):
    assert failures(prove(every_implementation(members_of(family)))) == []


def test_every_family_is_there():
    assert {block.family for block in library()} == set(FAMILIES)
