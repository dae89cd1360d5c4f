"""Filters on lanes: each once, on a lane that holds its blocks, in few tiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.simt.lane_placement import (
    Placement,
    derive_lane_blocks,
    not_served,
    place,
)
from hawx_hw.architectures.simt.lanes import LaneBlockMap
from tests.architectures.common.layers import layer
from tests.synthetic_blocks import BLOCKS


def check(placement: Placement, choice: np.ndarray, lanes: LaneBlockMap) -> None:
    """Every filter once; every product by its block, on a lane that holds it."""
    placed = placement.filters[placement.filters >= 0]
    assert sorted(placed.tolist()) == list(range(len(choice)))
    every = np.tile(placement.filters, placement.groups)
    taps = placement.tap_class.ravel()
    for tile, lane in np.ndindex(every.shape):
        for kind, block in enumerate(placement.selections[tile, :, lane]):
            assert lanes.present[lane, block]
            if every[tile, lane] >= 0:
                used = {BLOCKS[i].digest for i in choice[every[tile, lane]][taps == kind]}
                assert used == {lanes.blocks[block].digest}


@pytest.mark.parametrize("seed", range(30))
def test_random_layers_on_random_lanes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    filters, groups = int(rng.integers(1, 20)), int(rng.choice([1, 2]))
    kinds = int(rng.integers(1, 4))
    choice = np.repeat(rng.integers(0, kinds, (filters, 1)), 4, axis=1)
    if seed % 3 == 0:
        choice[:, :2] = (choice[:, :2] + 1) % 3
    own = layer(choice.astype(np.uint8))
    used = np.unique(choice)
    present = rng.random((8, 3)) < 0.5
    present[:, 0] |= ~present.any(axis=1)
    present = np.tile(present[: 8 // groups], (groups, 1))
    present[0::4] = True
    lanes = LaneBlockMap(tuple(BLOCKS[:3]), present)
    (placement,) = place([own], lanes, groups, fixed=False) or []
    check(placement, choice, lanes)
    # No fewer tiles: for some set of filters all lanes that can serve them are full.
    able = np.array([[present[lane, np.unique(row)].all() for row in choice] for lane in range(8)])
    able = able[: 8 // groups]
    bound = max(
        -(-int(np.isin(choice, kind).any(axis=1).sum() and members.sum())
          // int(able[:, members].any(axis=1).sum()))
        for kind in range(3)
        if (members := (choice[:, -1] == kind)).any()
    )  # fmt: skip
    assert placement.tiles >= max(bound, -(-filters // (8 // groups)))
    assert len(used) <= 3


def test_lanes_that_hold_everything_are_all_used() -> None:
    """Five filters of one kind and eleven of another on eight lanes: two tiles, not three."""
    choice = np.repeat([[0]] * 5 + [[1]] * 11, 2, axis=1)
    everything = LaneBlockMap.uniform(BLOCKS[:2], 8)
    (placement,) = place([layer(choice.astype(np.uint8))], everything, 1, fixed=False) or []
    assert placement.tiles == 2
    assert not placement.alike
    check(placement, choice, everything)
    derived = derive_lane_blocks(
        [([layer(choice.astype(np.uint8))], False, [placement])], BLOCKS[:2], 8
    )
    assert derived.instances == (5, 8)
    (again,) = place([layer(choice.astype(np.uint8))], derived, 1, fixed=False) or []
    assert again.tiles == 2
    check(again, choice, derived)


def test_kinds_that_part_the_lanes_evenly_need_one_block_a_lane() -> None:
    choice = np.repeat([[0], [1]] * 8, 2, axis=1)
    own = layer(choice.astype(np.uint8))
    everything = LaneBlockMap.uniform(BLOCKS[:2], 8)
    (placement,) = place([own], everything, 2, fixed=False) or []
    assert placement.alike
    derived = derive_lane_blocks([([own], False, [placement])], BLOCKS[:2], 8)
    assert derived.instances == (4, 4)
    check((place([own], derived, 2, fixed=False) or [])[0], choice, derived)


def test_idle_lanes_need_no_selection_of_their_own() -> None:
    """Five filters on four lanes: the lanes without work in the last tile stay as they were."""
    choice = np.repeat([[0], [1], [0], [1], [0]], 2, axis=1)
    own = layer(choice.astype(np.uint8))
    everything = LaneBlockMap.uniform(BLOCKS[:2], 4)
    (placement,) = place([own], everything, 1, fixed=False) or []
    assert (placement.tiles, placement.alike) == (2, True)
    derived = derive_lane_blocks([([own], False, [placement])], BLOCKS[:2], 4)
    assert sum(derived.instances) == 4
    (again,) = place([own], derived, 1, fixed=False) or []
    assert again.alike
    check(again, choice, derived)


def test_a_given_order_needs_lanes_that_suit_it() -> None:
    choice = np.repeat([[0], [1], [1]], 2, axis=1)
    own = layer(choice.astype(np.uint8))
    lanes = LaneBlockMap(tuple(BLOCKS[:2]), np.array([[True, False], [False, True]]))
    assert place([own], lanes, 1, fixed=True) is None
    (placement,) = place([own], lanes, 1, fixed=False) or []
    check(placement, choice, lanes)
    error = not_served([own], lanes, True)
    assert "2 lanes cannot serve the blocks of 'conv' in the order of the network's" in error.what
    # With a pooling the message names what multiplies.
    error = not_served([replace(own, name="pool")], lanes, True)
    assert "'conv'" in error.what and "(conv: 2 kinds" in error.what and "pool" not in error.what
    both = LaneBlockMap.uniform(BLOCKS[:2], 2)
    (placement,) = place([own], both, 1, fixed=True) or []
    assert placement.filters.tolist() == [[0, 1], [2, -1]]
    check(placement, choice, both)


def test_layers_that_share_an_order() -> None:
    choices = [
        np.repeat([[0], [1], [0], [1]], 2, axis=1),
        np.repeat([[2], [2], [0], [1]], 2, axis=1),
    ]
    layers = [layer(choice.astype(np.uint8)) for choice in choices]
    lanes = LaneBlockMap.uniform(BLOCKS[:3], 4)
    placements = place(layers, lanes, 1, fixed=False)
    assert placements is not None
    first, second = placements
    assert first.filters.tolist() == second.filters.tolist()
    for placement, choice in zip(placements, choices, strict=True):
        check(placement, choice, lanes)
