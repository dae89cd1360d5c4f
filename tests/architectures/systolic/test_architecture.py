"""The systolic array behind the interface."""

from pathlib import Path

import pytest

from hawx_hw.architectures.registry import ARCHITECTURES, architecture_named
from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.quantities import FEATURES, QUANTITIES
from hawx_hw.errors import UserError
from tests.search.small import small_graph

SYSTOLIC = ARCHITECTURES["systolic"]


def test_it_is_found_by_its_name() -> None:
    assert architecture_named("systolic") is architecture_named(None) is SYSTOLIC
    with pytest.raises(UserError, match=r"--architecture: There is no architecture 'wavefront'"):
        architecture_named("wavefront", "--architecture")


def test_what_predictors_learn_from() -> None:
    assert SYSTOLIC.features is FEATURES
    assert SYSTOLIC.quantities is QUANTITIES


def test_samples_are_configs_that_can_be_planned() -> None:
    accelerator = SYSTOLIC.sample([0.5] * SYSTOLIC.dimensions)
    assert isinstance(accelerator, SystolicConfig)
    SYSTOLIC.check(accelerator, Path())
    mixed = SYSTOLIC.mix_blocks(accelerator, "exact", "drum(k=4)", 0.5)
    SYSTOLIC.check(mixed, Path())
    planned = SYSTOLIC.plan(small_graph(), mixed, {})
    assert isinstance(planned, Plan)
    assert [block.name for block in planned.blocks] == ["exact", "drum(k=4)"]


def test_numbers_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(UserError, match=r"^accelerator.slice_columns"):
        SYSTOLIC.check(SystolicConfig(columns=8, slice_columns=3), Path())
