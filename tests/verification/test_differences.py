from dataclasses import dataclass, replace

import numpy as np
import pytest

from hawx_hw.verification.differences import difference_of_results, difference_of_writes
from hawx_hw.verification.job import Job, LayerTrace


@dataclass(frozen=True)
class Word:
    layer: int
    address: int
    data: int


#: Two images; one layer stores 3 channels of 2 x 2 pixels in words of 4 codes.
CODES = np.arange(24, dtype=np.uint8).reshape(2, 12)
DATA = np.zeros((2, 4, 4), dtype=np.uint8)
DATA[:, :, :3] = CODES.reshape(2, 4, 3)
LAYER = LayerTrace(
    name="conv1",
    cycles=4,
    address=np.arange(4),
    data=DATA,
    place=np.array([(0, 0), (0, 1), (1, 0), (1, 1)]),
    channels=np.array([[0, 1, 2, -1]] * 4),
)
JOB = Job("job", CODES, CODES, (LAYER,), cycles=9, registers={}, first_image=40)


def words(image: int) -> list[Word]:
    return [
        Word(0, n, int.from_bytes(word.tobytes(), "little")) for n, word in enumerate(DATA[image])
    ]


def test_equal() -> None:
    for image in range(2):
        assert difference_of_results(JOB, image, CODES[image].tobytes()) is None
        assert difference_of_writes(JOB, image, words(image)) is None


@pytest.mark.parametrize(
    ("code", "place"), [(0, "channel 0, pixel (0, 0)"), (7, "channel 1, pixel (1, 0)")]
)
def test_a_result_is_named_by_channel_and_pixel(code: int, place: str) -> None:
    observed = CODES[1].copy()
    observed[code:] ^= 0x80
    assert difference_of_results(JOB, 1, observed.tobytes()) == (
        f"Image 41, result of layer 0 (conv1): {place} is {code + 12 - 128}, not {code + 12} "
        f"({12 - code} of 12 codes differ)"
    )


def test_a_result_of_another_length() -> None:
    message = "Image 40: the result has 11 bytes, not 12"
    assert difference_of_results(JOB, 0, CODES[0, 1:].tobytes()) == message


def test_a_result_that_is_no_map_of_its_layer() -> None:
    job = replace(JOB, results=CODES[:, :11])
    observed = bytes([1, *CODES[0, 1:11]])
    assert difference_of_results(job, 0, observed) == (
        "Image 40, result: byte 0 is 1, not 0 (1 of 11 codes differ)"
    )


def test_a_write_is_named_by_layer_channel_and_pixel() -> None:
    observed = words(1)
    observed[2] = replace(observed[2], data=observed[2].data ^ 0x0100)
    assert difference_of_writes(JOB, 1, observed) == (
        "Image 41, layer 0 (conv1): channel 1, pixel (1, 0) is 18, not 19"
    )
    assert difference_of_writes(JOB, 1, words(1)[:3]) == (
        "Image 41, layer 0 (conv1): 3 words were written, not 4"
    )
