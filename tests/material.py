"""Data sets, libraries and models that the repository does not hold.

The environment variable ``HAWX_TEST_MATERIAL`` names a folder with ``data/``, ``models/``,
``technology/`` and ``faults/``. A test that needs what is not there is skipped, with the reason.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hawx_hw import datasets
from hawx_hw.datasets import Dataset, mnist
from hawx_hw.errors import UserError
from hawx_hw.technology import Technology, load

__all__ = ["dataset", "material", "technology"]

_VARIABLE = "HAWX_TEST_MATERIAL"


def material(path: str) -> Path:
    """A file or folder of the material, such as ``technology/cells45.csv``; skips without it."""
    folder = os.environ.get(_VARIABLE)
    if not folder:
        pytest.skip(f"{_VARIABLE} is not set, which names the folder of {path}")
    target = Path(folder).absolute() / path
    if not target.exists():
        pytest.skip(f"{target} is missing")
    return target


def technology(name: str) -> Technology:
    """A technology, built in, installed or in the material; skips where its library is missing."""
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get(_VARIABLE):
            patch.setenv("HAWX_TECHNOLOGY", str(material("technology")))
        try:
            return load(name)
        except UserError as error:
            pytest.skip(f"{error} (or set {_VARIABLE})")


def dataset(name: str) -> Dataset:
    """A data set, in the material or where ``hawx`` finds it; skips where it is missing."""
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get(_VARIABLE):
            patch.setenv("HAWX_DATA", str(material("data")))
        if name == "mnist":  # what is missing would be downloaded
            patch.setattr(mnist, "SOURCES", ())
        try:
            return datasets.load(name)
        except UserError as error:
            pytest.skip(f"{error} (or set {_VARIABLE})")
