"""Words of a layer, against a walk over their codes."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.write_trace import layer_writes


@pytest.mark.parametrize("seed", range(6))
def test_words_hold_the_codes_of_their_channels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    images, count, height, width = (int(n) for n in rng.integers(1, 5, 4))
    word_codes = int(rng.integers(1, 4))
    codes = rng.integers(-128, 128, (images, count, height, width)).astype(np.int8)
    layout = Layout(rng.permutation(count + 2)[:count])
    planes = -(-layout.size // word_codes)
    order = [(plane, pixel) for plane in range(planes) for pixel in range(height * width)]
    order = [order[index] for index in rng.permutation(len(order))]
    writes = layer_writes("t", codes, layout, word_codes=word_codes, destination=100, order=order)
    channel_at = {int(position): channel for channel, position in enumerate(layout.positions)}
    assert writes.name == "t"
    for number, (plane, pixel) in enumerate(order):
        y, x = divmod(pixel, width)
        assert writes.addresses[number] == 100 + plane * height * width + pixel
        assert writes.places[number].tolist() == [y, x]
        for code in range(word_codes):
            channel = channel_at.get(plane * word_codes + code, -1)
            assert writes.channels[number, code] == channel
            if channel >= 0:
                stored = writes.codes[:, number, code]
                assert stored.tolist() == codes[:, channel, y, x].tolist()
