"""Every block that the families list, in every architecture: equal to its definition."""

import itertools

import pytest

from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import specification_verilog
from hawx_hw.verification.blocks import library, prove

_PARTS = 4


def every_architecture(blocks):
    return [(block, architecture) for block in blocks for architecture in block.architectures]


def failures(proofs):
    return [
        f"{proof.block}, {proof.architecture}: {counterexample}"
        for proof in proofs
        for counterexample in proof.counterexamples
    ]


@pytest.mark.parametrize("part", range(_PARTS))
def test_simulation_of_every_architecture_equals_the_table(part):
    pairs = every_architecture(library())
    count = -(-len(pairs) // _PARTS)
    pairs = pairs[part * count :][:count]
    proofs = prove(pairs, formal=False)
    assert [(proof.block, proof.architecture) for proof in proofs] == [
        (block.name, architecture) for block, architecture in pairs
    ]
    assert failures(proofs) == []


def test_one_member_of_each_family_is_proven_formally():
    """The member in the middle of each family's list: the first ones are often special cases."""
    chosen = []
    for _, members in itertools.groupby(library(), key=lambda block: block.family):
        members = list(members)
        chosen.append(members[len(members) // 2])
    proofs = prove(every_architecture(chosen))
    assert failures(proofs) == []
    texts = specification_verilog(chosen)
    specified = {block.name for block, text in zip(chosen, texts) if text is not None}
    assert {proof.block for proof in proofs if proof.formal} == specified


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_member_is_proven_formally(family):
    assert failures(prove(every_architecture(library(family)))) == []


def test_library():
    blocks = library()
    assert {block.family for block in blocks} == set(FAMILIES)
    assert len(set(blocks)) == len(blocks)
    assert library("exact") == [block for block in blocks if block.family == "exact"]
    with pytest.raises(UserError, match=r"^Unknown family 'steam'\. The families are: .*exact"):
        library("steam")
