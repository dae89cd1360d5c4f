"""What a data set looks like that was stored by mistake: doubts for a person, not errors.

Each of them may be intended. But the accuracy of a network that learns from such data, or
is measured on them, means less.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.datasets.dataset import Split

if TYPE_CHECKING:
    from hawx_hw.datasets.roles import Roles

__all__ = ["constant_accuracy", "doubts", "repeated", "select_doubts"]

#: Images whose brightest pixel is below are dark for 8 bits.
_DARK = 64
#: Pixels that use fewer values than this are a tenth of those that 8 bits have.
_TENTH = 26
#: Classes that are named where images are missing; more are counted.
_NAMED = 5
#: Shares of the test images, for two classes and for more, from which one class decides accuracy.
_LARGEST_OF_TWO, _LARGEST_OF_MANY = 0.8, 0.5


def doubts(train: Split, test: Split, classes: int, *, counted: bool) -> tuple[str, ...]:
    """What a person should know of images and labels, a sentence each; empty where all is well.

    Parameters
    ----------
    train, test : Split
    classes : int
        Number of classes; each label is below.
    counted : bool
        Whether ``classes`` is the largest label plus one, and not what the user said.
    """
    return (
        *_pixels(train, test),
        *_constant(train),
        *_labels(train, test, classes, counted),
        *_repeated(train, test),
        *_contradictory(train),
    )


def select_doubts(parts: Roles) -> tuple[str, ...]:
    """What a person should know of the images that select a design; empty where all is well.

    Parameters
    ----------
    parts : Roles
        Where none selects there is nothing to say of them.
    """
    learn, select = parts.learn, parts.select
    if not len(select):
        return ()
    brightest, own = int(learn.images.max()), int(select.images.max())
    sentences = []
    if 4 * own < brightest or 4 * brightest < own:
        sentences.append(
            f"The pixels reach {brightest} in the images to learn from and {own} in those that "
            "select: one of the two seems to be scaled otherwise."
        )
    if (missing := np.setdiff1d(learn.labels, select.labels)).size:
        sentences.append(f"No image that selects is of class {_listed(missing)}.")
    if copies := len(select) - len({_digest(image) for image in select.images}):
        sentences.append(
            f"{copies:,} of the {len(select):,} that select are copies of others of them, and a "
            "bound of the accuracy drop counts each as a new one."
        )
    for others, what in ((learn, "images to learn from"), (parts.test, "test images")):
        if count := repeated(select, others):
            sentences.append(f"{count:,} of the {len(select):,} that select are {what} as well.")
    return tuple(sentences)


def repeated(split: Split, others: Split) -> int:
    """How many images of a split are among others, bit for bit."""
    known = {_digest(image) for image in others.images}
    return sum(_digest(image) in known for image in split.images)


def constant_accuracy(test: Split) -> float:
    """The largest accuracy, in [0, 1], of a network whose answer is always the same."""
    return float(np.bincount(test.labels).max() / len(test))


def _pixels(train: Split, test: Split) -> list[str]:
    low, high = (int(end) for end in (train.images.min(), train.images.max()))
    brightest = int(test.images.max())
    if low == high:
        return [f"Every pixel of the training images is {low}."]
    if max(high, brightest) < _DARK:
        return [
            f"The pixels are from {low} to {max(high, brightest)}, of 0 to 255: 8-bit images are "
            "usually scaled to the whole range."
        ]
    least, most = min(low, int(test.images.min())), max(high, brightest)
    if most - least < _TENTH:
        return [
            f"The pixels are from {least} to {most}, a tenth of 0 to 255: 8-bit images are usually "
            "scaled to the whole range."
        ]
    if 4 * brightest < high or 4 * high < brightest:
        return [
            f"The pixels reach {high} in the training images and {brightest} in the test images: "
            "one of the two seems to be scaled otherwise."
        ]
    return []


def _constant(train: Split) -> list[str]:
    """Channels and images without a content."""
    low, high = train.images.min(axis=(2, 3)), train.images.max(axis=(2, 3))  # (n, C)
    if int(low.min()) == int(high.max()):
        return []  # of which the pixels are a doubt
    sentences = []
    channels = low.shape[1]
    for channel in range(channels):
        value = int(low[:, channel].min())
        if channels > 1 and value == int(high[:, channel].max()):
            sentences.append(
                f"Channel {channel} of {channels} is {value} in every pixel of the training images."
            )
    if blank := int((low.min(axis=1) == high.max(axis=1)).sum()):
        sentences.append(
            f"{blank:,} of the {len(train):,} training images have one value in all of their "
            "pixels."
        )
    return sentences


def _labels(train: Split, test: Split, classes: int, counted: bool) -> list[str]:
    learned = np.bincount(train.labels, minlength=classes)
    tested = np.bincount(test.labels, minlength=classes)
    present = np.flatnonzero(learned + tested)
    if len(present) == 1:
        return [f"All labels are {present[0]}: with one class there is nothing to classify."]
    least = int(present[0])
    if counted and least > 0 and len(present) == classes - least:
        return [
            f"The labels are from {least} to {classes - 1} and make {classes} classes: labels "
            f"usually begin at 0. State network.reading.numbering: "
            f"{'from_one' if least == 1 else 'in_order'}, or the number of classes."
        ]
    sentences = []
    if (missing := np.flatnonzero(learned == 0)).size:
        sentences.append(f"No training image is of class {_listed(missing)}.")
    # The same gap is not said twice.
    if (untested := np.flatnonzero((tested == 0) & (learned > 0))).size:
        sentences.append(f"No test image is of class {_listed(untested)}.")
    share = constant_accuracy(test)
    if share >= (_LARGEST_OF_TWO if len(present) == 2 else _LARGEST_OF_MANY):
        sentences.append(
            f"{100 * share:.0f} % of the test images are of class {int(tested.argmax())}: an "
            "answer that is always this one is as often right."
        )
    return sentences


def _listed(classes: np.ndarray) -> str:
    named = ", ".join(str(each) for each in classes[:_NAMED])
    rest = len(classes) - _NAMED
    return f"{named} and {rest:,} more" if rest > 0 else named


def _repeated(train: Split, test: Split) -> list[str]:
    if (count := repeated(test, train)) == 0:
        return []
    return [f"{count:,} of the {len(test):,} test images are training images as well."]


def _contradictory(train: Split) -> list[str]:
    labels: dict[bytes, set[int]] = {}
    for image, label in zip(train.images, train.labels.tolist(), strict=True):
        labels.setdefault(_digest(image), set()).add(label)
    # Where all images are one, that is the doubt.
    if len(labels) == 1 or not (count := sum(len(each) > 1 for each in labels.values())):
        return []
    images = "image stands" if count == 1 else "images stand"
    return [f"{count:,} training {images} in the data several times, with different labels."]


def _digest(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
