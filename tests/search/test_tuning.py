"""Every number that tunes a search is documented, and changes it."""

import re
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from hawx_hw.search.algorithms.hawx import search
from hawx_hw.search.tuning import SearchTuning
from tests.search.algorithms.additive import filters, problem


def test_every_field_is_documented():
    names = re.findall(r"^    ([a-z_, ]+) : ", SearchTuning.__doc__, re.MULTILINE)
    documented = [name for line in names for name in line.split(", ")]
    assert documented == [field.name for field in fields(SearchTuning)]


def test_it_does_not_change_by_itself():
    with pytest.raises(FrozenInstanceError):
        SearchTuning().luck = 3.0
    assert replace(SearchTuning(), luck=3.0) != SearchTuning()


def test_a_search_goes_by_the_tuning_of_its_problem():
    sizes = []
    for first in (3, 6):
        tuning = SearchTuning(first_evaluations=first, least_gain=1.0, scored=500)
        given = problem(filters(), None, tuning=tuning)
        search(given)
        sizes.append(given.evaluator.evaluations)
    assert sizes == [3, 6]
