"""Sections as instructions: every item once, by the warp whose turn it is, at its place."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import decode
from hawx_hw.architectures.simt.issues import issues
from hawx_hw.architectures.simt.kernels import Emitter, Place, Section, Walk
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.timing import time_program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.registry import by_name


def section(rng: np.random.Generator, unit: Unit, large: int) -> Section:
    """A section with random steps, some of which no instruction holds."""

    def place() -> Place:
        return Place(*rng.integers(-large, large, 6).tolist())

    groups = int(rng.choice(unit.groups))
    streams = [
        Stream(width=9, height=9 * int(rng.integers(2)), groups=groups, words=groups, taps=1 + n)
        for n in range(rng.integers(1, 4))
    ]
    starts = [place()._replace(target=0, constants=0) if n else Place() for n in range(3)]
    walks = [Walk("MAC", *each) for each in zip(streams, starts, strict=False)]
    own = unit.group_lanes(groups)
    lanes = int(rng.integers(1, own + 1))
    return Section(
        walks=tuple(walks),
        store=Store(lanes=lanes, groups=groups),
        suffix="",
        lanes=lanes,
        tiles=int(rng.integers(1, 5)),
        lines=int(rng.integers(1, 6)),
        windows=int(rng.integers(1, 12)),
        beats=int(rng.integers(1, 5)),
        start=place(),
        tile_step=place(),
        line_step=place(),
        window_step=place(),
    )


def program(emitter: Emitter) -> Program:
    return Program(
        emitter.unit,
        LaneBlocks.uniform([by_name("exact")], emitter.unit.lanes),
        emitter.words(),
        emitter.argument_words(emitter.unit),
        tuple(emitter.streams),
        tuple(emitter.stores),
    )


def expected(section: Section, item: int) -> list[tuple[str, int, tuple[int | None, ...]]]:
    """What an item asks for: mnemonic, descriptor, scalars; and lanes."""
    tile, row = divmod(item, section.lines)
    first = section.start.plus(section.tile_step, tile).plus(section.line_step, row)
    asked: list[tuple[str, int, tuple[int | None, ...]]] = []
    width = section.beats * section.groups
    for window in range(0, section.windows, width):
        at = first.plus(section.window_step, window)
        left = section.windows - window
        beats = min(section.beats, -(-left // section.groups))
        for number, walk in enumerate(section.walks):
            here = at.plus(walk.start)
            y = here.y if any(each.stream.height for each in section.walks) else None
            asked.append(("MAC", number, (here.address, here.x, y, here.weights, beats)))
        stored = min(left, beats * section.groups)
        asked.append(("QST", -1, (at.target, at.constants, beats, stored)))
    return asked


@pytest.mark.parametrize("seed", range(60))
def test_every_item_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    unit = Unit(lanes=8, cluster=2, warps=int(rng.choice([1, 2, 3, 5, 8])), scalar_bits=20)
    parts = [section(rng, unit, 40 if seed % 2 else 30_000) for _ in range(rng.integers(1, 4))]
    emitter = Emitter(unit)
    emitter.layer(0, parts, releases=False, claims=False)
    emitter.halt()
    made = program(emitter)
    modulus = 1 << unit.scalar_bits
    for warp in range(unit.warps):
        asked = list(issues(made, warp))
        number = 0
        for part in parts:
            for item in range(part.items):
                if number % unit.warps == warp:
                    for mnemonic, walk, scalars in expected(part, item):
                        issue = asked.pop(0)
                        assert issue.instruction.mnemonic == mnemonic
                        if mnemonic == "MAC":
                            stream = made.streams[issue.instruction.d]
                            assert stream == part.walks[walk].stream
                            assert issue.instruction.suffix == ("" if walk else "z")
                            lane = np.arange(8) % unit.group_lanes(part.groups)
                            assert issue.lanes.tolist() == (lane < part.lanes).tolist()
                            for value, scalar in zip(scalars, issue.scalars, strict=True):
                                assert value is None or scalar == value % modulus
                        else:
                            assert made.stores[issue.instruction.d] == part.store
                            assert None not in scalars
                            first = tuple(value % modulus for value in scalars[:3])  # type: ignore[operator]
                            assert issue.scalars[:3] == first
                            left = min(issue.scalars[3], issue.scalars[2] * part.groups)
                            assert left == scalars[3]
                number += 1
        assert not asked
    time_program(made)


def test_layers_begin_with_barriers_and_release_the_image_once() -> None:
    unit = Unit(lanes=4, warps=3)
    part = section(np.random.default_rng(1), unit, 10)
    emitter = Emitter(unit)
    emitter.layer(0, [part], releases=False, claims=False)
    emitter.layer(1, [part], releases=True, claims=True)
    emitter.halt()
    made = program(emitter)
    mnemonics = [decode(word).mnemonic for word in made.code]
    assert mnemonics.count("BAR") == mnemonics.count("WAITR") == mnemonics.count("REL") == 1
    assert mnemonics.index("WAITR") < mnemonics.index("BAR") < mnemonics.index("REL")
    assert emitter.first[1] < mnemonics.index("BAR")
    timing = time_program(made)
    assert [layer.number for layer in timing.layers] == [-1, 1]
    assert timing.layers[1].begin < timing.released < timing.layers[1].end
    assert timing.instructions[mnemonics.index("REL")] == 1


@pytest.mark.parametrize(
    ("windows", "groups", "beats", "tiles"),
    [
        (20, 1, 8, [8, 8, 4]), (16, 1, 8, [8, 8]), (8, 1, 8, [8]), (3, 1, 8, [3]),
        (14, 2, 2, [2, 2, 2, 1]), (16, 2, 2, [2, 2, 2, 2]), (15, 2, 2, [2, 2, 2, 2]),
        (5, 4, 2, [2]), (9, 1, 8, [8, 1]),
    ],
)  # fmt: skip
def test_tiles_of_a_row(windows: int, groups: int, beats: int, tiles: list[int]) -> None:
    part = Section(
        (Walk("MAC", Stream(groups=groups), Place()),), Store(groups=groups), "", 1, 1, 1, windows,
        beats, Place(), Place(), Place(), Place(),
    )  # fmt: skip
    last = [part.last_beats] if part.last_beats else []
    assert [beats] * part.full_tiles + last == tiles
    # What is repeated stores all of its windows.
    assert part.full_tiles * beats * groups <= windows
    assert part.full_tiles != 1 or last
