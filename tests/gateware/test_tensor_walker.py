import random

import pytest

from hawx_hw.gateware.layout import TensorLayout
from hawx_hw.gateware.simulation import simulate
from hawx_hw.gateware.tensor_walker import TensorWalker

SHAPES = [(1, 1, 1), (1, 3, 4), (3, 2, 3), (4, 2, 2), (9, 1, 3), (10,), (1,)]


def ref_walk(layout):
    places = [layout.place(index) for index in range(layout.bytes)]
    walk = []
    for index, (address, byte) in enumerate(places):
        last = index == len(places) - 1
        walk.append((address, byte, last or places[index + 1][0] != address, last))
    return walk


def rtl_walk(layout, steps, stalls):
    dut = TensorWalker(layout)
    walk = []

    async def testbench(ctx):
        for _ in range(steps):
            while stalls.random() < 0.3:
                await ctx.tick()
            outputs = (dut.address, dut.byte, dut.last_of_word, dut.last)
            walk.append(tuple(int(ctx.get(output)) for output in outputs))
            ctx.set(dut.step, 1)
            await ctx.tick()
            ctx.set(dut.step, 0)

    simulate(dut, testbench)
    return walk


@pytest.mark.parametrize("word_codes", [1, 2, 4, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_two_walks(shape, word_codes):
    layout = TensorLayout(shape, word_codes)
    assert rtl_walk(layout, 2 * layout.bytes, random.Random(7)) == 2 * ref_walk(layout)


@pytest.mark.parametrize(
    ("shape", "word_codes", "packed"),
    [((1, 4, 5), 4, 4), ((1, 3, 8), 4, 4), ((3, 2, 5), 8, 2), ((2, 3, 1), 5, 2), ((2,), 4, 2)],
)
def test_walks_of_several_pixels_in_a_word(shape, word_codes, packed):
    layout = TensorLayout(shape, word_codes, pixels_per_word=packed)
    assert rtl_walk(layout, 2 * layout.bytes, random.Random(7)) == 2 * ref_walk(layout)


@pytest.mark.parametrize("word_codes", [1, 2, 4])
@pytest.mark.parametrize("positions", [(2, 0, 1), (7, 3, 0)])
def test_walks_by_positions(positions, word_codes):
    layout = TensorLayout((3, 2, 2), word_codes, positions)
    places = [layout.place(index) for index in range(layout.bytes)]
    expected = [(*place, True, index == len(places) - 1) for index, place in enumerate(places)]
    assert rtl_walk(layout, 2 * layout.bytes, random.Random(7)) == 2 * expected


def test_latency():
    dut = TensorWalker(TensorLayout((3, 2, 2), 1))
    addresses = []

    async def testbench(ctx):
        ctx.set(dut.step, 1)
        for _ in range(3):
            addresses.append(ctx.get(dut.address))
            await ctx.tick()
            ctx.set(dut.step, 0)

    simulate(dut, testbench)
    first = addresses[0]
    assert [address != first for address in addresses].index(True) == TensorWalker.LATENCY


def test_restart_wins_over_step():
    dut = TensorWalker(TensorLayout((3, 2, 2), 2))

    async def testbench(ctx):
        ctx.set(dut.step, 1)
        await ctx.tick().repeat(7)
        ctx.set(dut.restart, 1)
        await ctx.tick()
        ctx.set(dut.restart, 0)
        assert [int(ctx.get(s)) for s in (dut.address, dut.byte, dut.last)] == [0, 0, 0]
        await ctx.tick()
        assert [int(ctx.get(s)) for s in (dut.address, dut.byte)] == [0, 1]

    simulate(dut, testbench)
