import zipfile

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.datasets import Options
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.datasets.reading import Reading
from hawx_hw.errors import UserError


def save(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def x(*shape):
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


Y = np.arange(20) % 2


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.npz"


@pytest.mark.parametrize(
    ("shape", "extra", "expected"),
    [
        ((20, 6, 7), {}, (1, 6, 7)),
        ((20, 3, 6, 7), {}, (3, 6, 7)),
        ((20, 6, 7, 3), {}, (3, 6, 7)),
        ((20, 1, 6, 7), {}, (1, 6, 7)),
        ((20, 6, 7, 8), {"layout": "NCHW"}, (6, 7, 8)),
        ((20, 6, 7, 8), {"layout": "NHWC"}, (8, 6, 7)),
        ((20, 3, 6, 2), {"layout": "NHWC"}, (2, 3, 6)),
    ],
)
def test_layouts(path, shape, extra, expected):
    images = x(*shape)
    dataset = datasets.load(save(path, x=images, y=Y, **extra))
    assert dataset.shape == expected
    assert dataset.name == "mine.npz"
    assert dataset.classes == 2
    # Channel c of the first image, wherever the channels stand.
    first = images[0] if images.ndim == 4 else images[:1]
    if images.ndim == 4 and expected != first.shape:
        first = first.transpose(2, 0, 1)
    np.testing.assert_array_equal(dataset.train.images[0], first)


def test_split_within_classes(path):
    dataset = datasets.load(save(path, x=x(20, 4, 4), y=Y))
    assert dataset.test.labels.tolist() == [0, 1, 0, 1]
    assert len(dataset.train) == len(dataset.calibration) == 16


def test_own_test_part_and_classes(path):
    dataset = datasets.load(
        save(path, x=x(20, 4, 4), y=Y, x_test=x(3, 4, 4), y_test=np.array([4, 0, 1]), classes=7)
    )
    assert (len(dataset.train), len(dataset.test), dataset.classes) == (20, 3, 7)


@pytest.mark.parametrize("own_test", [False, True])
def test_validation_images_need_no_test_part(path, own_test):
    images = x(3, 4, 4)
    more = {"x_test": x(2, 4, 4), "y_test": Y[:2]} if own_test else {}
    save(path, x=images, y=Y[:3], **more)
    split = datasets.load_validation("mine.npz", base=path.parent)
    assert split.labels.tolist() == [0, 1, 0, 0, 1][: len(split)]
    assert len(split) == 3 + 2 * own_test
    np.testing.assert_array_equal(split.images[:3, 0], images)
    if not own_test:
        with pytest.raises(UserError, match="Too few images for a test part"):
            datasets.load("mine.npz", base=path.parent)


def test_relative_to_base(path):
    save(path, x=x(20, 4, 4), y=Y)
    assert datasets.load("mine.npz", base=path.parent).name == "mine.npz"


GOOD = {"x": x(20, 4, 4), "y": Y}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": GOOD["x"]}, "The archive has no array 'y'; it has x."),
        (
            {"x": GOOD["x"].astype(np.float32) - 1, "y": Y},
            "x: the numbers are from -1 to ",
        ),
        ({"x": x(20, 4), "y": Y}, "The images of x are flattened: its shape is (20, 4)."),
        (
            {"x": x(20, 4, 4, 4, 4), "y": Y},
            "x must be of shape (n, H, W), (n, C, H, W) or (n, H, W, C), not",
        ),
        ({"x": x(0, 4, 4), "y": Y[:0]}, "y has no label."),
        ({"x": x(20, 0, 4), "y": Y}, "x holds no pixel: its shape is (20, 0, 4)."),
        ({"x": x(20, 3, 4, 3), "y": Y}, "cannot be derived from its shape"),
        ({"x": x(20, 9, 9, 9), "y": Y}, "cannot be derived from its shape"),
        (GOOD | {"layout": "HWC"}, "layout must be 'NCHW' or 'NHWC', not 'HWC'."),
        (GOOD | {"y": Y[:5]}, "y must hold one label for each of 20 images, not shape (5,)."),
        (GOOD | {"y": Y * 0.5}, "y must hold whole numbers, not float64."),
        (GOOD | {"y": Y - 1}, "y must hold labels from 0 on, not -1 to 0."),
        (GOOD | {"y": Y + 5000}, "The label 5001 is larger than expected."),
        (GOOD | {"classes": 1}, "The label 1 is not below classes = 1."),
        (GOOD | {"classes": 2.5}, "classes must be one positive whole number, not 2.5."),
        (GOOD | {"classes": 0}, "classes must be one positive whole number, not 0."),
        ({"x": x(4, 4, 4), "y": Y[:4]}, "Too few images for a test part"),
        (
            GOOD | {"x_test": x(2, 4, 4)},
            "x_test and y_test must be given together: 'x_test' has no labels.",
        ),
        (
            GOOD | {"x_test": x(2, 5, 4), "y_test": Y[:2]},
            "The images of test are of shape (1, 5, 4), and those of train of (1, 4, 4).",
        ),
        (
            {"x": np.array([{}]), "y": Y},
            "The archive cannot be read: Object arrays cannot be loaded",
        ),
    ],
)
def test_bad_archives(path, arrays, message):
    with pytest.raises(UserError) as caught:
        datasets.load(save(path, **arrays))
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_missing_file(path):
    with pytest.raises(UserError, match=r"mine\.npz: There is no such file\."):
        datasets.load(str(path))


def test_an_npy_is_not_an_npz(path):
    with path.open("wb") as file:
        np.save(file, Y)
    with pytest.raises(UserError, match=r"The file is not an \.npz archive"):
        datasets.load(str(path))


def test_what_is_no_array_in_an_archive(path):
    np.savez(path, y=Y)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x.npy", b"no array")
    with pytest.raises(UserError, match=r"What the archive holds as 'x' is no array\."):
        datasets.load(str(path))


@pytest.mark.parametrize("compress", [False, True])
def test_no_damage_escapes(path, compress):
    """Whatever byte is altered or cut off: a data set, or one UserError."""
    (np.savez_compressed if compress else np.savez)(path, **GOOD)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for position in [*range(0, len(whole), 7), *range(40)]:
        damaged = bytearray(whole)
        if position % 3:
            damaged[position] ^= 1 << int(rng.integers(8))
        else:
            del damaged[position:]
        path.write_bytes(damaged)
        try:
            datasets.load(str(path))
        except UserError:
            refused += 1
    assert refused > 50


def test_any_usual_names_and_labels(path):
    images, names = x(40, 3, 5, 5), np.array(["dog", "cat"])[np.arange(40) % 2]
    save(path, train_images=images, train_labels=names[:, np.newaxis], test_images=images[:4],
         test_labels=names[:4], val_images=images[4:6], val_labels=names[4:6])  # fmt: skip
    dataset = datasets.load("mine.npz", base=path.parent)
    assert dataset.train.labels.tolist() == [1, 0] * 20
    assert (len(dataset.test), len(dataset.validation)) == (4, 2)
    assert dataset.note == "Classes in the order of labels: cat 0, dog 1."
    # Images for validation of a file are of the same classes.
    save(path.with_name("more.npz"), x=images[:2], y=np.array(["dog", "dog"]))
    more = datasets.load_validation("more.npz", base=path.parent, dataset=dataset)
    assert more.labels.tolist() == [1, 1]


def test_names_of_classes(path):
    arrays = {"images": x(20, 4, 4) / 255, "labels": Y, "class_names": np.array(["a", "b", "c"])}
    dataset = datasets.load(save(path, **arrays))
    assert (dataset.classes, dataset.labelling.names) == (3, ("a", "b", "c"))
    assert dataset.note == (
        "Classes as class_names lists them: a 0, b 1, c 2. Numbers from 0 to 1 are pixels from 0 "
        "to 255."
    )
    renamed = arrays | {"classes": arrays["class_names"].astype("S"), "labels": Y.astype(str)}
    renamed.pop("class_names")
    assert datasets.load(save(path, **renamed)).labelling.names == ("a", "b", "c")


def test_what_a_config_states(path):
    images = x(20, 3, 5, 3)
    save(path, a=images.reshape(20, -1) * 2.0 - 1, b=Y + 1, note="x")
    options = Options(
        reading=Reading("a", "b", "NHWC", (3, 5, 3), (-1.0, 509.0), "from_one"),
        preparation=Preparation("bgr"),
    )
    dataset = datasets.load(str(path), options=options)
    every = datasets.load_validation(str(path), dataset=dataset, options=options)
    np.testing.assert_array_equal(every.images, images.transpose(0, 3, 1, 2)[:, ::-1])
    assert every.labels.tolist() == Y.tolist()
    assert datasets.sizes(str(path), options=options) == (len(dataset.train), len(dataset.test))
    # A stated layout counts before that of the archive.
    save(path, x=images, y=Y, layout="NCHW")
    assert datasets.load(str(path)).shape == (3, 5, 3)
    assert datasets.load(str(path), options=Options(reading=Reading(layout="NHWC"))).shape == (
        3, 3, 5,
    )  # fmt: skip
