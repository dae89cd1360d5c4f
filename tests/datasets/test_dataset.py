from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.dataset import evenly_spaced, every_fifth_of_class


def make_split(labels, shape=(1, 2, 2)):
    labels = np.asarray(labels, dtype=np.int64)
    # Each image holds its own index, so that a split shows where its images came from.
    images = np.zeros((len(labels), *shape), np.uint8)
    images[:] = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Split(images, labels)


def indices(split):
    return split.images[:, 0, 0, 0].tolist()


def test_every_fifth_of_class_counts_within_the_class():
    split = make_split([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2])
    train, test = every_fifth_of_class(split)
    assert indices(test) == [8, 9]
    assert test.labels.tolist() == [0, 1]
    assert indices(train) == [0, 1, 2, 3, 4, 5, 6, 7, 10, 11]


def test_every_fifth_of_class_keeps_sides_when_images_are_appended():
    labels = [3, 1, 3, 1, 1, 3, 3, 1, 3, 1, 1, 3]
    _, before = every_fifth_of_class(make_split(labels))
    _, after = every_fifth_of_class(make_split([*labels, 1, 3, 1, 1, 1, 3]))
    assert indices(after)[: len(before)] == indices(before)


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [(10, 5, [0, 2, 4, 6, 8]), (10, 3, [0, 3, 6]), (3, 5, [0, 1, 2]), (4, 4, [0, 1, 2, 3])],
)
def test_evenly_spaced(total, count, expected):
    assert indices(evenly_spaced(make_split([0] * total), count)) == expected


def test_dataset_shape_and_digest():
    train, test = make_split([0, 1, 1], (3, 4, 5)), make_split([1], (3, 4, 5))
    dataset = Dataset("d", 2, train, train, test)
    assert dataset.shape == (3, 4, 5)
    assert dataset.digest == Dataset("other", 2, train, train, test).digest
    relabeled = Split(train.images, np.array([0, 1, 0]))
    assert dataset.digest != Dataset("d", 2, relabeled, train, test).digest
    assert len(dataset.digest) == 64
    own = replace(dataset, validation=test)
    assert own.digest not in (dataset.digest, replace(dataset, validation=train).digest)
    with pytest.raises(ValueError, match="validation labels must be below 2"):
        replace(dataset, validation=Split(test.images, test.labels + 2))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (
            np.zeros((2, 3, 3), np.uint8),
            np.zeros(2, np.int64),
            "Split images must be uint8 of shape",
        ),
        (np.zeros((2, 1, 3, 3), np.int8), np.zeros(2, np.int64), "not int8 of shape"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(3, np.int64), "Split labels must be int64 of"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(2, np.int32), "not int32 of shape"),
        (
            np.zeros((1, 1, 3, 3), np.uint8),
            np.array([-1]),
            "Split labels must be at least 0, not -1",
        ),
    ],
)
def test_split_refuses(images, labels, message):
    with pytest.raises(ValueError, match=message):
        Split(images, labels)


def test_dataset_refuses_a_label_beyond_its_classes():
    split = make_split([0, 2])
    with pytest.raises(ValueError, match="'d' train labels must be below 2, not 2"):
        Dataset("d", 2, split, split, split)


def test_dataset_refuses_an_empty_part_and_a_second_shape():
    split = make_split([0, 1])
    with pytest.raises(ValueError, match="'d' must have at least one test image"):
        Dataset("d", 2, split, split, make_split([]))
    with pytest.raises(ValueError, match="'d' test images must be of shape"):
        Dataset("d", 2, split, split, make_split([0], (1, 3, 3)))
