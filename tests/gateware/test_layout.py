import numpy as np
import pytest

from hawx_hw.gateware.layout import TensorLayout, index_width


@pytest.mark.parametrize("word_codes", [1, 2, 3, 4, 8])
@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (1, 4, 5), (3, 4, 5), (8, 2, 2), (9, 3, 1), (10,), (1,)]
)
def test_words_and_packet_follow_the_documented_rule(shape, word_codes):
    tensor = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    maps = tensor if tensor.ndim == 3 else tensor[:, None, None]
    channels, height, width = maps.shape
    layout = TensorLayout(shape, word_codes)
    assert layout.words == -(-channels // word_codes) * height * width

    words = np.zeros((layout.words, word_codes), np.uint8)
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                words[c // word_codes * height * width + y * width + x, c % word_codes] = maps[
                    c, y, x
                ]
    packet = maps.transpose(1, 2, 0).tobytes()

    assert layout.bytes == len(packet)
    assert layout.words_of(packet) == [int.from_bytes(word, "little") for word in words]
    assert layout.packet_of(layout.words_of(packet)) == packet


@pytest.mark.parametrize("word_codes", [1, 2, 3])
def test_channels_in_positions_of_their_own(word_codes):
    positions = (4, 0, 6)
    layout = TensorLayout((3, 2, 2), word_codes, positions)
    assert layout.words == -(-7 // word_codes) * 4
    packet = bytes(range(1, 13))
    words = layout.words_of(packet)
    assert layout.packet_of(words) == packet
    for channel, position in enumerate(positions):
        for pixel in range(4):
            word = words[position // word_codes * 4 + pixel]
            assert word >> 8 * (position % word_codes) & 255 == packet[3 * pixel + channel]


@pytest.mark.parametrize("positions", [(0, 1), (0, 1, 1), (0, -1, 2)])
def test_wrong_positions(positions):
    with pytest.raises(
        ValueError, match=r"^Channel positions must be 3 different numbers >= 0, not \("
    ):
        TensorLayout((3, 2, 2), 2, positions)


@pytest.mark.parametrize("shape", [(), (2, 3), (0,), (1, 2, 0), (1, 2, 3, 4)])
def test_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"^Tensor shape must be \(C, H, W\) or \(N,\), not "):
        TensorLayout(shape, 1)


def test_wrong_word_codes():
    with pytest.raises(ValueError, match=r"^Codes of a word must be a positive number, not 0$"):
        TensorLayout((1,), 0)


def test_index_width():
    assert [index_width(n) for n in (1, 2, 3, 4, 5, 8, 9)] == [1, 1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize(
    ("shape", "word_codes", "packed"),
    [((1, 4, 5), 4, 4), ((1, 3, 8), 4, 4), ((3, 2, 5), 8, 2), ((2, 3, 1), 5, 2), ((2,), 4, 2)],
)
def test_several_pixels_in_a_word(shape, word_codes, packed):
    tensor = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    maps = tensor if tensor.ndim == 3 else tensor[:, None, None]
    channels, height, width = maps.shape
    layout = TensorLayout(shape, word_codes, pixels_per_word=packed)
    per_line = -(-width // packed)
    assert (layout.planes, layout.words) == (1, height * per_line)
    words = np.zeros((layout.words, word_codes), np.uint8)
    for c, y, x in np.ndindex(channels, height, width):
        words[y * per_line + x // packed, x % packed * channels + c] = maps[c, y, x]
    packet = maps.transpose(1, 2, 0).tobytes()
    assert layout.words_of(packet) == [int.from_bytes(word, "little") for word in words]
    assert layout.packet_of(layout.words_of(packet)) == packet


@pytest.mark.parametrize(("packed", "positions"), [(0, None), (3, None), (2, (1, 0))])
def test_wrong_pixels_of_a_word(packed, positions):
    message = "natural order" if positions else f"Pixels of a word must be 1, or .*, not {packed}"
    with pytest.raises(ValueError, match=message):
        TensorLayout((2, 3, 3), 4, positions, pixels_per_word=packed)
