"""Labels: whatever form they have, the same images are of the same class, by one rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawx_hw.datasets.class_list import of_names
from hawx_hw.datasets.labels import Classes, Labels, classes_of, plain_labels
from hawx_hw.errors import UserError


def numbered(array: object, **options: object) -> tuple[Classes, list[int]]:
    labels = plain_labels(np.asarray(array), "y", "f")
    classes = classes_of([labels], where="f", **options)  # type: ignore[arg-type]
    return classes, classes.number(labels, "y", "f").tolist()


CLASSES = st.lists(st.integers(0, 12), min_size=1, max_size=30)


@given(CLASSES, st.data())
def test_every_form_of_numbers(values: list[int], data: st.DataObject) -> None:
    expected = np.array(values)
    forms = {
        "int64": expected,
        "uint8": expected.astype(np.uint8),
        "float32": expected.astype(np.float32),
        "big-endian": expected.astype(">i2"),
        "(n, 1)": expected[:, np.newaxis],
        "texts": expected.astype(str),
        "bytes": expected.astype("S"),
        "padded texts": np.array([f"{value:05}" for value in values]),
    }
    form = data.draw(st.sampled_from([*forms]))
    classes, result = numbered(forms[form])
    assert result == values
    assert (classes.count, classes.counted, classes.names) == (max(values) + 1, True, ())
    from_one, result = numbered(forms[form].astype(int) + 1, numbering="from_one")
    assert (result, from_one.count) == (values, max(values) + 1)


@given(CLASSES, st.integers(13, 20), st.sampled_from([np.uint8, np.float64, bool]))
def test_one_hot_states_the_number_of_classes(values: list[int], width: int, kind: type) -> None:
    classes, result = numbered(np.eye(width)[values].astype(kind))
    assert result == values
    assert (classes.count, classes.counted) == (width, False)


@given(st.lists(st.sampled_from(["cat", "dog", "Zebra", "ant", "10 x", "é"]), min_size=1))
def test_texts_are_sorted(values: list[str]) -> None:
    classes, result = numbered(values)
    assert classes.names == tuple(sorted(set(values)))
    assert [classes.names[number] for number in result] == values


@given(st.lists(st.integers(-5, 10**15), min_size=1, max_size=20))
def test_in_order_closes_gaps(values: list[int]) -> None:
    order = sorted(set(values))
    for form in (values, [str(value) for value in values]):
        classes, result = numbered(form, numbering="in_order")
        assert result == [order.index(value) for value in values]
        assert classes.names == tuple(map(str, order))


def test_names_beside_numbers_are_texts() -> None:
    """Otherwise the numbers would be classes, and the texts the next ones."""
    classes, result = numbered(["1", "2", "ten"])
    assert (classes.names, result) == (("1", "2", "ten"), [0, 1, 2])


def test_all_parts_count() -> None:
    parts = [Labels(np.array(texts)) for texts in (["b", "c"], ["a"])]
    classes = classes_of(parts, names=["d"])
    assert classes.names == ("a", "b", "c", "d")
    assert classes.number(parts[0], "y", "f").tolist() == [1, 2]
    assert classes_of([Labels(np.array([1])), Labels(np.array([4]))]).count == 5
    # A folder without images is a class.
    assert classes_of([Labels(np.array(["0", "1"]))], names=["2"]).count == 3


def test_a_list_of_classes() -> None:
    listed = of_names(["dog", "cat", "7"], "classes.txt", "f")
    classes, result = numbered(["cat", "0", "7", "dog"], listed=listed)
    assert (result, classes.count, classes.counted) == ([1, 0, 2, 0], 3, False)
    assert numbered([2, 0], listed=listed)[1] == [2, 0]
    assert numbered([2, 1], listed=listed, numbering="from_one")[1] == [1, 0]


@pytest.mark.parametrize(
    ("array", "options", "note"),
    [
        ([0, 1, 2], {}, ""),
        ([1, 2, 3], {"numbering": "from_one"}, "Labels 1 to 3 are classes 0 to 2."),
        ([3, 9, 5], {"numbering": "in_order"}, "Classes in the order of labels: 3 0, 5 1, 9 2."),
        (["b", "a"], {}, "Classes in the order of labels: a 0, b 1."),
        (
            [chr(97 + i) for i in range(12)],
            {},
            "Classes in the order of labels: a 0, b 1, c 2, d 3, e 4, f 5, g 6, h 7, i 8, j 9 "
            "and 2 more.",
        ),
        (
            ["b"],
            {"listed": of_names(["b", "a"], "classes.txt", "f")},
            "Classes as classes.txt lists them: b 0, a 1.",
        ),
    ],
)
def test_how_labels_became_classes_is_reported(
    array: list[object], options: dict[str, object], note: str
) -> None:
    assert numbered(array, **options)[0].note == note


def test_names_in_notes_are_one_line() -> None:
    names = ["a\nb\x1b[2J", "c" * 90]
    note = numbered(names)[0].note
    assert note == f"Classes in the order of labels: a\\nb\\x1b[2J 0, {'c' * 40}... 1."


LISTED = of_names(["a", "b"], "classes.txt", "f")


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        ([0.5, 1], {}, "f: y must hold whole numbers, not float64."),
        ([np.nan, 1], {}, "f: y must hold whole numbers, not float64."),
        ([[0, 1], [1, 1]], {}, "f: y of shape (2, 2) must be one-hot: a single 1 for each image"),
        ([[0.3, 0.7]], {}, "f: y of shape (1, 2) must be one-hot"),
        ([[["a"]]], {}, "f: y must hold one label for each image, not shape (1, 1, 1)."),
        ([["a", "b"]], {}, "f: y must hold one label for each image, not shape (1, 2)."),
        (3, {}, "f: y must hold one label for each image, not shape ()."),
        ([1j], {}, "f: y must hold whole numbers or texts, not complex128."),
        ([b"\xff"], {}, "f: y has a label that is no text in UTF-8."),
        ([2.0**63], {}, "f: y has the label 9.22"),
        (
            [-1, 1],
            {},
            "f: y must hold labels from 0 on, not -1 to 1. State network.reading."
            "numbering: in_order",
        ),
        ([0, 1], {"numbering": "from_one"}, "f: y must hold labels from 1 on, not 0 to 1."),
        ([1000], {}, "f: The label 1000 is larger than expected. Correct y, state the classes"),
        (
            ["a", "b"],
            {"numbering": "from_one"},
            "network.reading.numbering: f: The label 'a' is no number.",
        ),
        (
            ["a", "c"],
            {"listed": LISTED},
            "f: classes.txt has no class 'c'. Its 2 classes begin with a, b.",
        ),
        ([2], {"listed": LISTED}, "f: The label 2 is not below classes = 2."),
        (
            [1],
            {"listed": LISTED, "numbering": "in_order"},
            "network.reading.numbering: classes.txt numbers the classes",
        ),
        ([1], {"listed": LISTED, "stated": 3}, "f: classes.txt has 2 classes, and 3 are stated."),
        (["a", "b", "c"], {"stated": 2}, "f: The label 2 is not below classes = 2."),
        ([1], {"stated": 70_000}, "f: classes must be at most 65,536, not 70,000."),
        (
            [f"n{i}" for i in range(1001)],
            {},
            "f: There are 1,001 different labels, more than 1,000. State the list of classes",
        ),
    ],
)
def test_labels_that_are_none(array: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as caught:
        numbered(array, **options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("classes", "array", "message"),
    [
        (
            classes_of([Labels(np.array(["a", "b"]))]),
            ["c"],
            "f: y has the label 'c', which is none of the data set's. Its 2 labels begin with a, "
            "b.",
        ),
        (
            classes_of([Labels(np.array([0, 1]))]),
            ["c"],
            "f: y has the label 'c', and those of the data set are numbers.",
        ),
        (classes_of([Labels(np.array([0, 1]))]), [2], "f: The label 2 is not below classes = 2."),
        (classes_of([Labels(np.array([0, 1]))]), [-1], "f: y must hold labels from 0 on"),
    ],
)
def test_labels_that_the_data_set_has_not(classes: Classes, array: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        classes.number(plain_labels(np.asarray(array), "y", "f"), "y", "f")
    assert str(caught.value).startswith(message)


def test_parts_of_different_kinds() -> None:
    with pytest.raises(UserError, match="Some labels are numbers, and 'a' is none"):
        classes_of([Labels(np.array([1])), Labels(np.array(["a"]))])
    # Names of folders that are numbers are the labels of an archive.
    parts = Labels(np.array([1, 2])), Labels(np.array(["0", "03"]))
    classes = classes_of(parts)
    assert classes.count == 4
    assert [classes.number(part, "y", "f").tolist() for part in parts] == [[1, 2], [0, 3]]
