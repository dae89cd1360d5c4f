"""What a core lets software see."""

import pytest

from hawx_hw.gateware.debug import DebugFormat, DebugIndex


def test_the_port():
    port = DebugFormat(3, 11, {"pc": "", "scalar": ""}).signature.create()
    # As wide as the field of software: a number of no source is seen as such.
    assert len(port.source) == 8
    assert len(port.ready) == len(port.ended) == 3
    assert len(port.break_address) == 11
    assert len(port.data) == 32
    assert DebugIndex().size == 28


def test_formats_are_compared():
    assert DebugFormat(2, 8, {"pc": ""}) == DebugFormat(2, 8, {"pc": ""})
    assert hash(DebugFormat(2, 8, {"pc": ""})) == hash(DebugFormat(2, 8, {"pc": ""}))
    assert DebugFormat(2, 8, {"pc": ""}) != DebugFormat(2, 8, {"scalar": ""})


@pytest.mark.parametrize(
    ("sources", "bits", "kinds", "message"),
    [
        (0, 8, 1, r"sources must be in \[1, 8\], not 0"),
        (9, 8, 1, r"sources must be in \[1, 8\], not 9"),
        (1, 0, 1, r"address_bits must be in \[1, 32\], not 0"),
        (1, 33, 1, r"address_bits must be in \[1, 32\], not 33"),
        (1, 8, 0, r"kinds must be from 1 to 16, not 0"),
        (1, 8, 17, r"kinds must be from 1 to 16, not 17"),
    ],
)
def test_what_is_refused(sources, bits, kinds, message):
    with pytest.raises(ValueError, match=message):
        DebugFormat(sources, bits, {str(number): "" for number in range(kinds)})
