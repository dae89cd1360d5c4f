"""Nothing is stated unless a user does."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import get_args

from hawx_hw.config.reading import ReadingConfig
from hawx_hw.datasets.reading import Layout, Numbering, Reading


def test_nothing_is_stated() -> None:
    assert set(astuple(Reading())) == {None}


def test_the_config_states_the_same() -> None:
    assert [field.name for field in fields(Reading)] == [*ReadingConfig.model_fields]
    for name, choices in (("layout", Layout), ("numbering", Numbering)):
        annotation = ReadingConfig.model_fields[name].annotation
        assert get_args(get_args(annotation)[0]) == get_args(choices)
