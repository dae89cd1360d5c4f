"""The division of the images of the benchmark of promises, and its table."""

import numpy as np
from promise import Run, _line, divided

from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.roles import roles


def numbers(split: Split) -> set[int]:
    return set(split.images.reshape(-1).tolist())


def test_images_are_divided_anew_and_none_has_two_roles() -> None:
    labels = np.arange(200) % 2
    images = np.arange(200, dtype=np.uint8).reshape(-1, 1, 1, 1)
    train, test = Split(images[:160], labels[:160]), Split(images[160:], labels[160:])
    dataset = Dataset("n", 2, train, train, test)
    first, again, other = (divided(dataset, seed) for seed in (0, 0, 1))
    learn, select, real = (numbers(part) for part in (first.learn, first.select, first.test))
    assert learn == numbers(roles(dataset).learn)
    assert select | real == set(range(200)) - learn and not select & real
    assert len(select) == len(real)
    assert first.select.digest == again.select.digest != other.select.digest


def test_broken_promises_are_those_that_were_made() -> None:
    runs = [Run(True, 0.4, 0.0), Run(True, 0.6, -0.02), Run(False, 0.9, 0.05)]
    line = _line((0.5, "bound"), runs)
    assert line == ("0.5", "bound", "2 of 3", "1 of 2", "0.63", "0.90", "+1.00 %")
    assert _line((0.5, "bound"), runs[2:])[2:4] == ("0 of 1", "0 of 0")
