"""Words of the stream memory: steps from one place to the next, as narrow as may be."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.stream_words import FIELDS, StreamFormat
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import place
from tests.architectures.simt.gateware.streams import random_stream, runs


def fields(format: StreamFormat, stream: Stream) -> dict[str, int]:
    """What a memory word holds."""
    word = format.pack(stream)
    values = {}
    for name, bits, signed in format.shapes:
        value = word & ((1 << bits) - 1)
        values[name] = value - (1 << bits) if signed and value >> (bits - 1) else value
        word >>= bits
    assert word == 0
    return values


@pytest.mark.parametrize("word", [1, 3, 8])
def test_each_run_is_a_step_from_a_run_before(word: int) -> None:
    unit = Unit(lanes=word, cluster=word, word=word, requantizers=1, registers=32)
    rng = random.Random(word)
    streams = [random_stream(rng, unit) for _ in range(30)]
    format = StreamFormat.of(streams, unit)
    for stream in streams:
        f = fields(format, stream)
        beats = 3
        steps = iter(walk(unit, f, beats))
        for run in runs(unit, stream, 4 * (1 << unit.byte_bits), 2, 1, beats, 0):
            address, x, y, number = next(steps)
            byte = (address >> unit.byte_bits) * word + address % (1 << unit.byte_bits)
            assert run.address == place(unit, 4 * (1 << unit.byte_bits), byte)
            assert run.number == number
            if stream.width:
                assert (run.x, run.y) == ((2 + x) % 65536, (1 + y) % 65536)
        assert next(steps, None) is None


def walk(unit: Unit, f: dict[str, int], beats: int) -> list[tuple[int, int, int, int]]:
    """Address, x, y and register of each run from the fields, all from the walk's start."""
    low = unit.byte_bits

    def add(address: int, step: int) -> int:
        linear = [(each >> low) * unit.word + (each & ((1 << low) - 1)) for each in (address, step)]
        return unit.address(sum(linear))

    result = []
    outer = (0, 0, 0)
    for block in range(f["blocks"] + 1):
        for j in range(f["kernel_y"] + 1):
            for i in range(f["kernel_x"] + 1):
                if i:
                    steps = f["kernel_x_step"], f["kernel_x_x"], 0
                elif j:
                    steps = f["kernel_y_step"], f["kernel_y_x"], f["kernel_y_y"]
                elif block:
                    steps = f["block_step"], f["kernel_y_x"], f["block_y"]
                else:
                    steps = 0, 0, 0
                outer = (add(outer[0], steps[0]), outer[1] + steps[1], outer[2] + steps[2])
                line, line_y, line_number = outer[0], outer[2], 0
                for v in range(f["down"] + 1):
                    if v:
                        line, line_y = add(line, f["down_step"]), line_y + f["down_y"]
                        line_number += f["across"] + 1
                    address, x, y, number = line, outer[1], line_y, line_number
                    for o in range(beats):
                        if o:
                            address, x = add(address, f["beat_step"]), x + f["beat_x"]
                            y, number = y + f["beat_y"], number + f["beat_number"]
                        for u in range(f["across"] + 1):
                            if u:
                                address, x = add(address, f["across_step"]), x + f["across_x"]
                                number += 1
                            result.append((address, x, y, number))
    return result


def test_what_no_stream_needs_has_no_bits() -> None:
    unit = Unit()
    format = StreamFormat.of([Stream(taps=8, tap_step=1, blocks=5, block_step=8)], unit)
    present = {name for name, bits in format.widths if bits}
    steps = {"block_step", "tap_step", "reach", "beat_number"}
    assert present == {"taps", "run", "blocks", "blocks_first"} | steps
    assert format.bits == sum(bits for _, bits in format.widths)
    assert format.has("taps")
    assert not format.has("across", "width")
    assert list(dict(format.widths)) == list(FIELDS)
    assert StreamFormat.of([Stream()], unit).bits == 2


@pytest.mark.parametrize(
    ("changes", "innermost"),
    [
        ({}, ""),
        ({"blocks": 2}, "blocks"),
        ({"blocks": 2, "kernel_y": 2}, "kernel_y"),
        ({"kernel_y": 2, "kernel_x": 3}, "kernel_x"),
        ({"kernel_x": 3, "down": 2}, "down"),
        ({"across": 2, "down": 2, "blocks": 2}, "across"),
    ],
)
def test_the_innermost_loop(changes: dict[str, int], innermost: str) -> None:
    stream = replace(Stream(), **changes)  # type: ignore[arg-type]
    unit = Unit()
    f = fields(StreamFormat.of([stream, Stream()], unit), stream)
    names = ("across", "down", "kernel_x", "kernel_y", "blocks")
    assert [name for name in names if f[f"{name}_first"]] == ([innermost] if innermost else [])
    assert f["short"] == (not innermost)


def test_causes_of_what_the_unit_does_not_serve() -> None:
    unit = Unit(lanes=4, cluster=2, taps=4)
    streams = [Stream(), Stream(taps=5), Stream(groups=3)]
    format = StreamFormat.of(streams, unit)
    causes = [fields(format, stream)["cause"] for stream in streams]
    assert causes == [0, Cause.TAPS, Cause.STREAM]


def test_what_does_not_fit_is_refused() -> None:
    format = StreamFormat.of([Stream(taps=4)], Unit())
    with pytest.raises(ValueError, match=r"Stream field taps must be in \[0, 3\], not 4"):
        format.pack(Stream(taps=5))
