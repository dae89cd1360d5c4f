"""Roles of images: disjoint, complete, in proportion, and a function of the data alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.datasets.roles import SELECT_IMAGES, every_nth_of_class, roles, selected
from hawx_hw.errors import UserError
from tests import material

#: Images of each class: sizes of known data sets, and shapes that users bring.
SIZES = {
    "MNIST": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "CIFAR-10": [5000] * 10,
    "large": [200_000, 50_000],
    "tiny": [5, 6],
    "unbalanced": [4000, 40, 4],
    "two classes": [500, 300],
    "one class": [9],
}


def numbered(counts: list[int], seed: int = 0) -> Dataset:
    """Training images that differ from each other and from those for test, in a random order."""
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    every = np.arange(len(labels) + 8, dtype="<u4").view(np.uint8).reshape(-1, 1, 2, 2)
    train = Split(every[:-8], labels)
    return Dataset("n", len(counts), train, evenly_spaced(train), Split(every[-8:], labels[:8]))


def numbers(split: Split) -> set[int]:
    return set(np.ascontiguousarray(split.images).reshape(-1).view("<u4").tolist())


@pytest.mark.parametrize("name", SIZES)
def test_no_image_has_two_roles_and_each_has_one(name) -> None:
    data = numbered(SIZES[name])
    parts = roles(data)
    learn, select, test = (numbers(part) for part in (parts.learn, parts.select, parts.test))
    assert not learn & select and not learn & test and not select & test
    assert learn | select == numbers(data.train)
    assert test == numbers(data.test)
    for count in (1, 100, 10**6):
        assert numbers(parts.proposing(count)) <= learn
        assert numbers(parts.selecting(count)) <= select
        assert len(parts.selecting(count)) == min(count, len(select))
    assert numbers(parts.selecting()) == select


@pytest.mark.parametrize("name", SIZES)
def test_fresh_images_are_those_for_learning_that_nothing_proposed_by(name) -> None:
    parts = roles(numbered(SIZES[name]))
    for counts in ((), (5,), (1000, 512), (10**6,)):
        fresh = parts.fresh(*counts)
        used = set().union(*(numbers(parts.proposing(count)) for count in counts))
        assert numbers(fresh) == numbers(parts.learn) - used
        assert len(fresh) == len(numbers(fresh))


def test_fresh_images_come_in_mixed_order() -> None:
    """A data set in the order of its classes: any first part has all of them."""
    data = numbered([500, 500])
    order = np.argsort(data.train.labels, kind="stable")
    part = roles(replace(data, train=data.train.take(order))).fresh(100)
    assert 0.35 < part.labels[:100].mean() < 0.65
    again = roles(replace(data, train=data.train.take(order))).fresh(100)
    np.testing.assert_array_equal(part.images, again.images)


def test_digits() -> None:
    data = material.dataset("digits")
    parts = roles(data)
    assert (len(parts.learn), len(parts.select), len(parts.test)) == (1157, 285, 355)
    # Some digits are the same image twice: by position, no image has two roles.
    assert selected(data.train.labels).sum() == 285


@pytest.mark.parametrize(
    ("name", "count"),
    [("MNIST", 9996), ("CIFAR-10", 10_000), ("large", 10_000), ("tiny", 2), ("unbalanced", 808),
     ("two classes", 160), ("one class", 1)],
)  # fmt: skip
def test_how_many_select(name, count) -> None:
    labels = np.repeat(np.arange(len(SIZES[name])), SIZES[name])
    chosen = selected(labels)
    assert chosen.sum() == count <= SELECT_IMAGES
    n = max(5, -(-len(labels) // SELECT_IMAGES))
    expected = [size // n for size in SIZES[name]]
    assert np.bincount(labels[chosen], minlength=len(expected)).tolist() == expected


def test_classes_without_five_images_leave_none_to_select() -> None:
    parts = roles(numbered([4, 4, 3]))
    assert (len(parts.learn), len(parts.select)) == (11, 0)
    assert len(parts.selecting(5)) == 0


def test_they_depend_on_the_data_alone_and_appended_images_change_no_role() -> None:
    data = numbered([60, 40])
    assert roles(data).select.digest == roles(data).select.digest
    fewer = data.train.take(np.arange(70))
    before = roles(replace(data, train=fewer))
    assert numbers(before.select) <= numbers(roles(data).select)
    assert numbers(before.learn) <= numbers(roles(data).learn)


def test_every_nth_of_each_class() -> None:
    labels = np.array([0, 1, 0, 0, 1, 0, 1, 0])
    assert np.flatnonzero(every_nth_of_class(labels, 2)).tolist() == [2, 4, 5]
    assert np.flatnonzero(every_nth_of_class(labels, 1)).tolist() == list(range(8))


def test_validation_images_select_instead() -> None:
    data = numbered([50, 50])
    other = numbered([6, 6], seed=1).train
    parts = roles(data, other)
    assert parts.learn is data.train and parts.select is other and parts.test is data.test
    wide = Split(np.zeros((4, 1, 3, 3), np.uint8), np.zeros(4, np.int64))
    with pytest.raises(UserError, match=r"of shape \(1, 3, 3\), and .* of \(1, 2, 2\)"):
        roles(data, wide)
    with pytest.raises(
        UserError, match="is of class 2, and the classes of the data set are 0 to 1"
    ):
        roles(data, numbered([5, 5, 5]).train)
