"""Streams and stores as memory words, and how long they take."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.simt.descriptors import Store, Stream, store_format, stream_format
from hawx_hw.architectures.simt.unit import Unit

#: Time on a loaded machine is no property of the program.
UNTIMED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNITS = [Unit(lanes=8), Unit(lanes=12, cluster=3), Unit(lanes=13), Unit(lanes=16, cluster=2)]

counts = st.integers(1, 9)
steps = st.integers(-300, 300)
STEPS = [
    "tap_step",
    "tap_x",
    "across_step",
    "across_x",
    "beat_step",
    "beat_x",
    "beat_y",
    "down_step",
    "down_y",
    "kernel_x_step",
    "kernel_x_x",
    "kernel_y_step",
    "kernel_y_y",
    "block_step",
    "group_step",
    "group_x",
    "word_step",
]
COUNTS = ["taps", "across", "down", "kernel_x", "kernel_y", "blocks", "words"]
streams = st.builds(
    Stream,
    **dict.fromkeys(COUNTS, counts),
    **dict.fromkeys(STEPS, steps),
    width=st.integers(0, 400),
    height=st.integers(0, 400),
    pad=st.integers(-128, 127),
    selection=st.integers(0, 9),
)
stores = st.builds(
    Store,
    window=counts,
    shift=st.integers(0, 63),
    low=st.integers(-128, 127),
    high=st.integers(-128, 127),
    step=st.sampled_from([1, 2, 128]),
    lanes=counts,
    window_step=steps,
    block_step=steps,
    constant_step=steps,
    element_step=steps,
    result=st.booleans(),
)


@UNTIMED
@given(st.lists(streams, min_size=1, max_size=3), st.sampled_from(UNITS))
def test_streams_are_packed_and_unpacked(entries: list[Stream], unit: Unit) -> None:
    packing = stream_format(entries, unit)
    for entry in entries:
        word = packing.pack(entry)
        assert 0 <= word < 1 << packing.bits
        assert packing.unpack(word) == entry


@UNTIMED
@given(st.lists(stores, min_size=1, max_size=3), st.sampled_from(UNITS))
def test_stores_are_packed_and_unpacked(entries: list[Store], unit: Unit) -> None:
    packing = store_format(entries, unit)
    assert [packing.unpack(packing.pack(entry)) for entry in entries] == entries


def test_fields_are_as_narrow_as_their_values() -> None:
    widths = {name: bits for name, bits, _ in stream_format([Stream()], UNITS[0]).widths}
    assert widths.pop("pad") == 8
    assert set(widths.values()) == {1}
    entries = [Stream(taps=8, kernel_y=3, kernel_y_step=-33, width=28)]
    widths = {name: bits for name, bits, _ in stream_format(entries, UNITS[0]).widths}
    assert (widths["taps"], widths["kernel_y"], widths["kernel_y_step"], widths["width"]) == (
        3, 2, 7, 5,
    )  # fmt: skip


def test_a_format_of_nothing_has_every_field() -> None:
    assert stream_format([], UNITS[0]).bits > 0
    assert store_format([], UNITS[0]).unpack(0).shift == 0  # type: ignore[union-attr]


def test_groups_are_packed_as_their_index() -> None:
    unit = Unit(lanes=12, cluster=3, groups=(1, 4))
    packing = stream_format([Stream(groups=4), Stream()], unit)
    assert {name: bits for name, bits, _ in packing.widths}["groups"] == 1
    assert packing.unpack(packing.pack(Stream(groups=4))).groups == 4
    with pytest.raises(ValueError, match=r"groups must be one of \(1, 4\), not 2"):
        stream_format([Stream(groups=2)], unit)


def test_an_index_of_no_groups_is_no_number_of_groups() -> None:
    unit = Unit(lanes=12, cluster=4)
    packing = stream_format([Stream(groups=3)], unit)
    broken = packing.pack(Stream(groups=3)) | sum(
        1 << offset for offset in _bits_of(packing.widths, "groups")
    )
    groups = packing.unpack(broken).groups
    assert groups in unit.groups or groups > unit.clusters


def _bits_of(widths: tuple[tuple[str, int, bool], ...], name: str) -> range:
    first = 0
    for other, bits, _ in widths:
        if other == name:
            return range(first, first + bits)
        first += bits
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("stream", "beats", "cycles"),
    [
        (Stream(taps=8, blocks=16), 1, 128),
        (Stream(taps=5, across=2, down=2, kernel_y=5, words=2), 2, 1 + 5 * 40),
        (Stream(taps=1, kernel_x=3), 1, 3),
        (Stream(taps=1, kernel_x=3), 2, 12),  # registers are written before they are read
        (Stream(taps=3, words=5, blocks=2), 1, 4 + 2 * 5),
        (Stream(), 1, 1),
    ],
)
def test_cycles_of_streams(stream: Stream, beats: int, cycles: int) -> None:
    assert stream.cycles(beats) == cycles


@pytest.mark.parametrize(
    ("unit", "store", "beats", "remaining", "reduces", "cycles"),
    [
        (Unit(lanes=8), Store(lanes=6), 8, 8, False, 48),
        (Unit(lanes=8), Store(lanes=6, window=4), 2, 9, True, 48),
        (Unit(lanes=8), Store(lanes=6, window=4), 2, 9, False, 12),
        (Unit(lanes=8, requantizers=4), Store(lanes=6), 1, 1, False, 2),
        (Unit(lanes=16, requantizers=3), Store(lanes=13), 2, 2, False, 2 * (3 + 2)),
        (Unit(lanes=16), Store(lanes=8, groups=2), 3, 5, False, 40),
        (Unit(lanes=8), Store(), 3, 0, False, 1),
    ],
)
def test_cycles_of_stores(
    unit: Unit, store: Store, beats: int, remaining: int, reduces: bool, cycles: int
) -> None:
    assert store.cycles(unit, beats, remaining, reduces) == cycles
