# amaranth: UnusedElaboratable=no
"""The first trap is recorded until it is cleared."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.gateware.simulation import simulate
from hawx_hw.gateware.trap import TrapFormat, TrapRecorder

FORMAT = TrapFormat(
    {"encoding": "No such instruction.", "loop": "Too many.", "pc": "Left."}, 4, 9, 20
)
NAMES = ("cause", "source", "address", "value")


def test_widths_of_the_port() -> None:
    port = FORMAT.signature.create()
    assert [len(getattr(port, name)) for name in NAMES] == [2, 2, 9, 20]


@pytest.mark.parametrize("seed", range(3))
def test_against_a_plain_record(seed: int) -> None:
    rng = random.Random(seed)
    recorder = TrapRecorder(FORMAT)
    assert TrapRecorder.LATENCY == 1

    async def drive(ctx: Any) -> None:
        record: list[int] | None = None
        for _ in range(300):
            trap, clear = rng.random() < 0.4, rng.random() < 0.2
            values = [
                rng.randrange(3),
                rng.randrange(4),
                rng.randrange(512),
                rng.randrange(1 << 20),
            ]
            ctx.set(recorder.trap.valid, trap)
            ctx.set(recorder.clear, clear)
            for name, value in zip(NAMES, values, strict=True):
                ctx.set(getattr(recorder.trap, name), value)
            await ctx.tick()
            if clear:
                record = None
            if trap and record is None:
                record = values
            assert ctx.get(recorder.recorded.valid) == (record is not None)
            if record is not None:
                assert [ctx.get(getattr(recorder.recorded, name)) for name in NAMES] == record

    simulate(recorder, drive)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({}, 1, 1, 1), "causes must be from 1 to 256, not 0"),
        (({"a": ""}, 257, 1, 1), "sources must be from 1 to 256, not 257"),
        (({"a": ""}, 1, 0, 1), r"address_bits must be in \[1, 32\], not 0"),
        (({"a": ""}, 1, 1, 33), r"value_bits must be in \[1, 32\], not 33"),
    ],
)
def test_what_is_no_format_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrapFormat(*arguments)
