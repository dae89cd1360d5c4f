"""Every member of every family, whether it is listed or not: to name a table that is known.

Of a family with too many members, such as ``mask``, those that are listed.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import itertools
from collections.abc import Iterator

import numpy as np

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import FAMILIES

__all__ = ["equal_members", "equal_within_codes", "members"]

#: No parameter of a family lies outside; families refuse what they do not support.
_VALUES = range(16)
#: Pairs of operands with which most tables differ, before whole tables are made.
_PROBES = 64


@functools.cache
def members() -> tuple[Block, ...]:
    """All members of the families, in the order of :data:`~hawx_hw.blocks.registry.FAMILIES`.

    Many share a table. The tables are not made.
    """
    return tuple(itertools.chain.from_iterable(map(_of_family, FAMILIES)))


def equal_members(block: Block) -> tuple[Block, ...]:
    """The members that have the table of ``block``, the first one of each family."""
    everything = slice(0, 256)
    return _equal(block, everything, everything)


def equal_within_codes(block: Block) -> tuple[Block, ...]:
    """The members that have the products of ``block`` for all codes that it accepts.

    None for a block that accepts all codes; see :func:`equal_members`.
    """
    weights, activations = (
        slice(codes.start + 128, codes.stop + 128) for codes in (block.weights, block.activations)
    )
    if block.weights == block.activations == range(-128, 128):
        return ()
    return _equal(block, weights, activations)


def _equal(block: Block, weights: slice, activations: slice) -> tuple[Block, ...]:
    table = block.table[weights, activations]
    a, b = _probes(weights, activations)
    probed = block.table[a + 128, b + 128]
    equal: dict[str, Block] = {}
    for member in members():
        if (
            member.family not in equal
            and np.array_equal(member.multiply(a, b), probed)
            and np.array_equal(member.table[weights, activations], table)
        ):
            equal[member.family] = member
    return tuple(equal.values())


def _of_family(name: str) -> Iterator[Block]:
    module, kind = FAMILIES[name]
    family: type[Block] = getattr(importlib.import_module(module), kind)
    if family.numerous:
        listed = importlib.import_module(module).catalogue()
        yield from (block for block in listed if isinstance(block, family))
        return
    count = len(dataclasses.fields(family))  # type: ignore[arg-type]
    for values in itertools.product(_VALUES, repeat=count):
        try:
            yield family(*values)
        except ValueError:
            continue


def _probes(weights: slice, activations: slice) -> tuple[np.ndarray, np.ndarray]:
    """Operands within some parts of the table's axes, the same each time."""
    generator = np.random.default_rng(0)
    a, b = (
        generator.integers(part.start - 128, part.stop - 128, _PROBES, dtype=np.int32)
        for part in (weights, activations)
    )
    return a, b
