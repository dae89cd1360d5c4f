"""Doubts about data sets: each is one sentence, and good data sets have none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.roles import Roles
from hawx_hw.datasets.sanity import constant_accuracy, doubts, select_doubts

RNG = np.random.default_rng(0)


def split(labels: list[int], *, low: int = 0, high: int = 255) -> Split:
    images = RNG.integers(low, high + 1, (len(labels), 1, 6, 6), endpoint=False)
    images[0, 0, 0, :2] = low, high
    return Split(images.astype(np.uint8), np.array(labels, dtype=np.int64))


def doubts_of(train: Split, test: Split, classes: int | None = None) -> tuple[str, ...]:
    counted = classes is None
    largest = int(max(train.labels.max(), test.labels.max())) + 1
    return doubts(train, test, largest if classes is None else classes, counted=counted)


def with_blank(one: Split, *, channel: int | None = None, images: Sequence[int] = ()) -> Split:
    """As RGB with an empty channel, or with images of one value."""
    pixels = one.images if channel is None else np.repeat(one.images, 3, axis=1)
    if channel is not None:
        pixels[:, channel] = 0
    for image in images:
        pixels[image] = image
    return Split(pixels, one.labels)


def joined(one: Split, other: Split, shift: int) -> Split:
    """Two splits, the labels of the second greater by ``shift``."""
    return Split(
        np.concatenate([one.images, other.images]),
        np.concatenate([one.labels, other.labels + shift]),
    )


TRAIN, TEST = split([*range(10)] * 4), split([*range(10)])
COPIED = split([*range(10)]).take(np.arange(20) % 10)


def test_the_built_in_data_set_has_none() -> None:
    digits = datasets.load("digits")
    assert digits.doubts == ()
    assert doubts(digits.train, digits.test, 10, counted=True) == ()
    assert doubts_of(TRAIN, TEST) == ()


@pytest.mark.parametrize(
    ("train", "test", "doubt"),
    [
        (
            split([*range(10)], high=1),
            split([*range(10)], high=1),
            "The pixels are from 0 to 1, of 0 to 255: 8-bit images are usually scaled to the whole "
            "range.",
        ),
        (split([*range(10)], high=3), split([*range(10)], high=2), "The pixels are from 0 to 3, "),
        (split([*range(10)], low=1, high=16), split([*range(10)], high=16), "The pixels are from"),
        (
            split([*range(10)]),
            split([*range(10)], high=1),
            "The pixels reach 255 in the training images and 1 in the test images: one of the two",
        ),
        (split([*range(10)], high=15), split([*range(10)]), "The pixels reach 15 in the training"),
        (split([*range(10)], low=7, high=7), TEST, "Every pixel of the training images is 7."),
        (
            split([*range(1, 11)] * 4),
            split([*range(1, 11)]),
            "The labels are from 1 to 10 and make 11 classes: labels usually begin at 0. State "
            "network.reading.numbering: from_one, or the number of classes.",
        ),
        (
            split([*range(3, 13)] * 4),
            split([*range(3, 13)]),
            "The labels are from 3 to 12 and make 13 classes: labels usually begin at 0. State "
            "network.reading.numbering: in_order, or the number of classes.",
        ),
        (
            split([*range(10)], low=180, high=200),
            split([*range(10)], low=182, high=205),
            "The pixels are from 180 to 205, a tenth of 0 to 255: 8-bit images are usually",
        ),
        (
            with_blank(split([*range(10)] * 4), channel=1),
            with_blank(split([*range(10)]), channel=1),
            "Channel 1 of 3 is 0 in every pixel of the training images.",
        ),
        (
            with_blank(split([*range(10)] * 4), images=[3, 4, 5]),
            split([*range(10)]),
            "3 of the 40 training images have one value in all of their pixels.",
        ),
        (
            joined(TRAIN, TRAIN.take(np.arange(2)), 1),
            TEST,
            "2 training images stand in the data several times, with different labels.",
        ),
        (
            split([0, 1, 3, 5] * 4),
            split([0, 1, 3, 5]),
            "No training image is of class 2, 4.",
        ),
        (
            split([0, 9, 20]),
            split([0, 9, 20]),
            "No training image is of class 1, 2, 3, 4, 5 and ",
        ),
        (split([0, 1, 2, 3] * 4), split([0, 1, 3]), "No test image is of class 2."),
        (split([0, 1] * 4), split([0, 1, 2]), "No training image is of class 2."),
        (
            split([3] * 10),
            split([3] * 10),
            "All labels are 3: with one class there is nothing to classify.",
        ),
        (
            split([0, 1] * 9),
            split([0] + [1] * 9),
            "90 % of the test images are of class 1: an answer that is always this one is as often "
            "right.",
        ),
        (split([0, 1, 2] * 9), split([0, 1] + [2] * 2), "50 % of the test images are of class 2"),
        (TRAIN, TRAIN, "40 of the 40 test images are training images as well."),
    ],
)
def test_what_a_person_wants_to_hear(train: Split, test: Split, doubt: str) -> None:
    (sentence,) = doubts_of(train, test)
    assert sentence.startswith(doubt)


def test_stated_classes_explain_labels() -> None:
    train, test = split([*range(1, 11)] * 4), split([*range(1, 11)])
    assert doubts_of(train, test, classes=11) == ("No training image is of class 0.",)
    assert doubts_of(TRAIN, TEST, classes=12) == ("No training image is of class 10, 11.",)


def test_what_is_balanced_enough() -> None:
    assert doubts_of(split([0, 1] * 9), split([0, 1, 1, 1])) == ()
    assert constant_accuracy(split([0, 1, 1, 1])) == 0.75


@pytest.mark.parametrize(
    ("select", "doubts"),
    [
        (TEST, ["10 of the 10 that select are test images as well."]),
        (split([*range(10)]), []),
        (TRAIN.take(np.arange(0)), []),
        (split([0, 1, 2, 3, 4, 6, 7, 8]), ["No image that selects is of class 5, 9."]),
        (
            split([*range(10)], high=1),
            ["The pixels reach 255 in the images to learn from and 1 in"],
        ),
        (COPIED, ["10 of the 20 that select are copies of others"]),
        (TRAIN.take(np.arange(10)), ["10 of the 10 that select are images to learn from as well."]),
    ],
)
def test_what_is_known_of_images_that_select(select: Split, doubts: list[str]) -> None:
    sentences = select_doubts(Roles(TRAIN, select, TEST))
    assert len(sentences) == len(doubts)
    assert all(text.startswith(doubt) for text, doubt in zip(sentences, doubts, strict=True))


def test_a_file_is_doubted_when_it_is_loaded(tmp_path: Path) -> None:
    x = RNG.integers(0, 2, (50, 4, 4)).astype(np.uint8)
    np.savez(tmp_path / "x.npz", x=x, y=1 + np.arange(50) % 10)
    dataset = datasets.load("x.npz", base=tmp_path)
    assert [doubt.partition(" ")[2].partition(" ")[0] for doubt in dataset.doubts] == [
        "pixels",
        "labels",
    ]
