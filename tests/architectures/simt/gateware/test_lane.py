# amaranth: UnusedElaboratable=no
"""A lane against numpy: products of the selected block, codes, registers, masks."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.lane import Lane
from hawx_hw.architectures.simt.gateware.request import Kind
from hawx_hw.architectures.simt.state import wrap
from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.gateware.simulation import simulate
from tests.synthetic_blocks import Biased, Wide

BITS = 20


def code(rng: random.Random) -> int:
    return rng.choice([-128, 127, 0, rng.randint(-128, 127)])


@pytest.mark.parametrize("block_register", [False, True])
@pytest.mark.parametrize("blocks", [[Exact()], [Wide()], [Biased(), Exact(), Wide()]], ids=len)
def test_runs(blocks: list[Block], block_register: bool) -> None:
    lane = Lane(blocks, BITS, block_register=block_register)
    assert lane.blocks == tuple(blocks)
    latency = Lane.operand_latency(block_register)
    assert latency == 1 + block_register
    rng = random.Random(len(blocks))
    # What each run does, and what is expected of it.
    plan: dict[int, list[tuple[Any, int]]] = {}
    expected: dict[int, int] = {}

    def at(cycle: int, signal: Any, value: int) -> None:
        plan.setdefault(cycle, []).append((signal, value))

    cycle, weight, chosen = 0, 0, 0
    total = 0
    for _ in range(60):
        kind = rng.choice([Kind.ADD, Kind.ADD, Kind.ADD, Kind.MAXIMUM, Kind.LOAD])
        moves = kind != Kind.ADD or rng.random() < 0.3
        takes = rng.random() < 0.7
        begins = not expected or rng.random() < 0.8
        clears = rng.random() < 0.4
        register = rng.randrange(-(1 << (BITS - 1)), 1 << (BITS - 1))
        if len(blocks) > 1 and not moves:
            chosen = rng.randrange(len(blocks))
            at(cycle, lane.choose, 1)
            at(cycle, lane.select, chosen)
        for tap in range(rng.choice([1, 1, 3])):
            activation = code(rng)
            fresh = not moves and rng.random() < 0.8
            given = code(rng)
            at(cycle, lane.weight, given)
            at(cycle, lane.take_weight, fresh and takes)
            at(cycle, lane.activation, activation)
            at(cycle, lane.take_activation, takes)
            weight = given if fresh and takes else weight
            at(cycle + 1, lane.moves, moves)
            if block_register:
                at(cycle + 1, lane.product, takes)
            when = cycle + latency
            first = begins and tap == 0
            for name, value in {
                "begins": first, "clears": clears, "kind": kind.value
            }.items():  # fmt: skip
                at(when, lane.control[name], value)
            at(when, lane.takes_part, takes)
            at(when, lane.before, register)
            if first:
                least = -128 if kind == Kind.MAXIMUM else 0
                total = least if clears and takes else register
            if takes:
                product = int(blocks[chosen].raw_table[weight + 128, activation + 128])
                value = activation if moves else product
                total = {
                    Kind.ADD: total + value,
                    Kind.MAXIMUM: max(total, activation),
                    Kind.LOAD: activation,
                }[kind]
                total = int(wrap(total, BITS))
            expected[when + 1] = total
            cycle += 1
        if rng.random() < 0.5:
            # Without a tap the sum stays.
            expected[cycle + latency + 1] = total
            at(cycle + latency, lane.control.begins, 0)
            at(cycle + latency, lane.takes_part, 0)
            cycle += 1

    async def drive(ctx: Any) -> None:
        for now in range(cycle + latency + 2):
            for name in ("take_weight", "take_activation", "choose", "product"):
                if hasattr(lane, name):
                    ctx.set(getattr(lane, name), 0)
            for signal, value in plan.get(now, []):
                ctx.set(signal, value)
            if now in expected:
                assert ctx.get(lane.total) == expected[now], now
            await ctx.tick()

    simulate(lane, drive)


def test_masked_lanes_and_blocks_that_are_not_selected_hold_still() -> None:
    made: list[Any] = []

    class Remembered(Biased):
        def component(self, implementation: str | None = None) -> BlockComponent:
            made.append(super().component(implementation))
            return made[-1]

    lane = Lane([Remembered(1), Remembered(2)], BITS)
    rng = random.Random(0)

    async def drive(ctx: Any) -> None:
        ctx.set(lane.choose, 1)
        ctx.set(lane.select, 1)
        for number in range(40):
            takes = number < 20
            ctx.set(lane.weight, rng.randint(1, 127))
            ctx.set(lane.activation, rng.randint(1, 127))
            ctx.set(lane.take_weight, takes)
            ctx.set(lane.take_activation, takes)
            before = [(ctx.get(block.a), ctx.get(block.b)) for block in made]
            await ctx.tick()
            ctx.set(lane.choose, 0)
            after = [(ctx.get(block.a), ctx.get(block.b)) for block in made]
            assert after[0] == (0, 0)
            if takes:
                assert 0 not in after[1]
            else:
                assert after == before

    simulate(lane, drive)
