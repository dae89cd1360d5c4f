"""Names of arrays in the wild, and those that leave a choice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawx_hw.datasets.array_names import ArrayNames, PartNames, part_of, resolve
from hawx_hw.datasets.reading import Reading
from hawx_hw.errors import UserError


@pytest.mark.parametrize(
    ("keys", "train", "test", "val"),
    [
        ("x y", "x y", None, None),
        ("X Y note", "X Y", None, None),
        ("x_train y_train x_test y_test", "x_train y_train", "x_test y_test", None),
        ("X_train Y_train X_val Y_val", "X_train Y_train", None, "X_val Y_val"),
        ("x y x_test y_test", "x y", "x_test y_test", None),
        ("images labels", "images labels", None, None),
        ("data target feature_names", "data target", None, None),
        (
            "train_images train_labels val_images val_labels test_images test_labels",
            "train_images train_labels",
            "test_images test_labels",
            "val_images val_labels",
        ),
        ("trainX trainY testX testY", "trainX trainY", "testX testY", None),
        ("image label valid_image valid_label", "image label", None, "valid_image valid_label"),
    ],
)
def test_usual_names(keys: str, train: str, test: str | None, val: str | None) -> None:
    def pair(text: str | None) -> PartNames | None:
        return None if text is None else PartNames(*text.split())

    expected = ArrayNames(PartNames(*train.split()), pair(test), pair(val))
    assert resolve(keys.split(), Reading(), "f") == expected
    assert resolve(reversed(keys.split()), Reading(), "f") == expected


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "x",
            "f: The archive has no array 'y'; it has x. Name the labels y or labels, or state "
            "network.reading.labels.",
        ),
        ("", "f: The archive has no array 'x'; it has none."),
        ("x_test y_test", "f: The archive has no array 'x'; it has x_test, y_test."),
        (
            "x images y",
            "f: Both 'x' and 'images' may be the images. State network.reading.images: "
            "the name of the array.",
        ),
        ("x y x_train", "f: Both 'x' and 'x_train' may be the images."),
        ("x y x_test", "f: x_test and y_test must be given together: 'x_test' has no labels."),
        (
            "x y val_labels",
            "f: The images and labels of val must be given together: 'val_labels' has no images.",
        ),
    ],
)
def test_names_that_do_not_decide(keys: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve(keys.split(), Reading(), "f")
    assert str(caught.value).startswith(message)


def test_stated_names_decide() -> None:
    keys = ["x", "images", "y", "labels", "images_test", "labels_test", "x_test"]
    assert resolve(keys, Reading(images="images", labels="labels"), "f") == ArrayNames(
        PartNames("images", "labels"), PartNames("images_test", "labels_test")
    )
    with pytest.raises(UserError, match="has no array 'pictures'"):
        resolve(keys, Reading(images="pictures", labels="y"), "f")
    own = resolve(["feats", "k", "feats_test", "k_test"], Reading(images="feats", labels="k"), "f")
    assert own.test == PartNames("feats_test", "k_test")


NAMES = st.sampled_from(["x", "y", "x_test", "y_test", "data", "Y", "val-x", "_", "", "test", "é"])


@given(st.lists(NAMES, max_size=6))
def test_any_names_give_known_keys_or_one_error(keys: list[str]) -> None:
    try:
        names = resolve(dict.fromkeys(keys), Reading(), "f")
    except UserError:
        return
    assert {key for pair in names.parts.values() for key in (pair.images, pair.labels)} <= {*keys}


def test_parts() -> None:
    assert [part_of(text) for text in ("Train", " test", "validation", "cat", "")] == [
        "train",
        "test",
        "val",
        None,
        None,
    ]
