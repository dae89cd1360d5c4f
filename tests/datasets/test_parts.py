"""Parts of data sets: every image has the role that was stated, and counts agree with images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawx_hw.datasets.class_list import ClassList, of_names
from hawx_hw.datasets.labels import Labels, classes_of
from hawx_hw.datasets.parts import counts, load, load_all
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.roles import roles
from hawx_hw.datasets.source import Source
from hawx_hw.errors import UserError
from hawx_hw.util.progress import Progress

Images = tuple[dict[str, np.ndarray], tuple[str, ...]]
PLAIN = Preparation()


def source(
    *,
    shape: tuple[int, ...] = (1, 2, 2),
    listed: ClassList | None = None,
    stated: int | None = None,
    start: int = 0,
    **labels: object,
) -> Source:
    """Labels by part, and images that are numbered in the order of the parts."""
    given = {part: Labels(np.asarray(values)) for part, values in labels.items()}

    def images(preparation: Preparation, progress: Progress | None) -> Images:
        number, result = start, {}
        for part, each in given.items():
            size = (len(each.values), *shape)
            result[part] = np.zeros(size, np.uint8)
            result[part][:, 0, 0, 0] = np.arange(number, number + len(each.values)) % 256
            number += len(each.values)
        return {part: preparation.apply(array, "f") for part, array in result.items()}, ("Read.",)

    return Source("s", "f", given, images, listed, stated)


def numbers(images: np.ndarray) -> list[int]:
    return images[:, 0, 0, 0].tolist()


LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=60)


@given(LABELS, st.none() | LABELS, st.none() | LABELS, st.none() | LABELS)
def test_counts_agree_with_what_is_loaded(
    train: list[int], test: list[int] | None, val: list[int] | None, other: list[int] | None
) -> None:
    parts = {"train": train, "test": test, "val": val}
    own = source(**{part: labels for part, labels in parts.items() if labels is not None})
    stated = None if other is None else source(train=other)
    try:
        dataset = load(own, stated, None, PLAIN)
    except UserError as error:
        refused = str(error)
        if "Too few images" not in refused:
            with pytest.raises(UserError, match="of its own"):
                counts(own, stated, None)
        return
    split = roles(dataset)
    counted = counts(own, stated, None)
    assert (counted.learn, counted.select, counted.test) == (
        len(split.learn),
        len(split.select),
        len(split.test),
    )
    assert counted.train == len(dataset.train)
    assert dataset.classes == 1 + max(train + (test or []) + (val or []) + (other or []))


def test_stated_parts() -> None:
    dataset = load(source(train=[0, 1, 0], test=[1], val=[0, 1]), None, None, PLAIN)
    parts = roles(dataset)
    assert numbers(parts.learn.images) == [0, 1, 2]
    assert numbers(parts.test.images) == [3]
    assert numbers(parts.select.images) == [4, 5]
    assert dataset.note == "Read."
    other = source(train=[0]).images(PLAIN, None)[0]["train"]
    with pytest.raises(UserError, match="The data set has a part for validation of its own"):
        roles(dataset, dataset.train.take(np.arange(len(other))))


def test_images_for_validation_test_where_none_else_do() -> None:
    dataset = load(source(train=[0, 1] * 5, val=[0, 1]), None, None, PLAIN)
    assert numbers(dataset.test.images) == [10, 11]
    assert dataset.validation is None
    assert len(roles(dataset).select) == 2
    assert dataset.note == (
        "Read. There is no part for test: the images for validation are for test."
    )


def test_every_fifth_is_for_test_where_nothing_is_stated() -> None:
    dataset = load(source(train=[0, 1] * 5), None, None, PLAIN)
    assert numbers(dataset.test.images) == [8, 9]


def test_images_for_test_of_another_place() -> None:
    """One image a class: all are for test, and the same or others calibrate."""
    listed = of_names([f"c{n}" for n in range(9)], "classes.txt", "f")
    sample = source(train=[f"c{n}" for n in range(9)], listed=listed)
    with pytest.raises(UserError, match="Too few images for a test part: no class has five"):
        load(sample, None, None, PLAIN)
    dataset = load(sample, sample, None, PLAIN)
    assert (len(dataset.train), len(dataset.test), dataset.classes) == (9, 9, 9)
    assert "9 of the 9 test images are training images as well." in dataset.doubts
    others = source(train=["c3", "c3"], start=20)
    dataset = load(others, sample, None, PLAIN)
    assert dataset.train.labels.tolist() == [3, 3]
    assert numbers(dataset.calibration.images) == [20, 21]
    assert dataset.test.labels.tolist() == [*range(9)]
    with pytest.raises(UserError, match=r"network\.test: f: The data set has a part for test"):
        load(source(train=[0], test=[1]), source(train=[0]), None, PLAIN)


def test_classes_are_those_of_all_images() -> None:
    dataset = load(source(train=["b", "c"] * 5), source(train=["a", "c"], start=20), None, PLAIN)
    assert dataset.labelling is not None and dataset.labelling.names == ("a", "b", "c")
    assert dataset.test.labels.tolist() == [0, 2]
    assert dataset.train.labels[:2].tolist() == [1, 2]


def test_lists_of_classes_that_differ() -> None:
    one, other = (of_names([*text], "classes.txt", "f") for text in ("ab", "abc"))
    with pytest.raises(UserError, match=r"classes\.txt has 3 classes, and the data set 2"):
        load(source(train=["a"], listed=one), source(train=["c"], listed=other), None, PLAIN)
    # Each list numbers the labels of its own images.
    turned = of_names([*"ba"], "classes.txt", "f")
    dataset = load(
        source(train=["a"], listed=one), source(train=["a"], listed=turned, start=9), None, PLAIN
    )
    assert (dataset.train.labels.tolist(), dataset.test.labels.tolist()) == ([0], [1])


def test_all_images_of_a_source() -> None:
    own = source(train=["b"], test=["a"], val=["b"])
    split = load_all(own, None, None, PLAIN)
    assert split.labels.tolist() == [1, 0, 1]
    assert numbers(split.images) == [0, 1, 2]
    wider = classes_of([Labels(np.array(["a", "aa", "b"]))])
    assert load_all(own, wider, None, PLAIN).labels.tolist() == [2, 0, 2]
    with pytest.raises(UserError, match="has the label 'b', which is none of the data set's"):
        load_all(own, classes_of([Labels(np.array(["a", "c"]))]), None, PLAIN)
    # One part is taken as it is.
    alone = source(train=[0, 1])
    assert numbers(load_all(alone, None, None, PLAIN).images) == [0, 1]


def test_images_are_prepared_and_of_one_shape() -> None:
    small, large = source(train=[0] * 5), source(train=[0], shape=(3, 4, 4), start=9)
    with pytest.raises(UserError) as caught:
        load(small, large, None, PLAIN)
    assert str(caught.value) == (
        "f: The images of test are of shape (3, 4, 4), and those of train of (1, 2, 2). State "
        "network.preprocess.resize: [H, W] and network.preprocess.channels, to which all are "
        "brought."
    )
    dataset = load(small, large, None, Preparation("grey", (3, 3)))
    assert dataset.shape == (1, 3, 3)


def test_stated_classes_count() -> None:
    dataset = load(source(train=[0, 1] * 5, stated=7), None, None, PLAIN)
    assert dataset.classes == 7
    assert "No training image is of class 2, 3, 4, 5, 6." in dataset.doubts
