"""The SIMT unit behind the interface."""

from pathlib import Path

import pytest

from hawx_hw.architectures.base import Architecture
from hawx_hw.architectures.registry import ARCHITECTURES, architecture_named
from hawx_hw.architectures.simt.architecture import Simt
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import Plan
from hawx_hw.architectures.simt.quantities import FEATURES, QUANTITIES
from hawx_hw.errors import UserError
from tests.search.small import small_graph

SIMT = ARCHITECTURES["simt"]

#: Checked by mypy: nothing of the interface is missing.
_: Architecture = Simt()


def test_it_is_found_by_its_name() -> None:
    assert architecture_named("simt") is SIMT
    assert isinstance(SIMT, Simt)


def test_what_predictors_learn_from() -> None:
    assert SIMT.features is FEATURES
    assert SIMT.quantities is QUANTITIES


def test_samples_are_configs_that_can_be_planned() -> None:
    accelerator = SIMT.sample([0.5] * SIMT.dimensions)
    assert isinstance(accelerator, SimtConfig)
    SIMT.check(accelerator, Path())
    mixed = SIMT.mix_blocks(accelerator, "exact", "drum(k=4)", 0.5)
    SIMT.check(mixed, Path())
    planned = SIMT.plan(small_graph(), mixed, {})
    assert isinstance(planned, Plan)
    assert [block.name for block in planned.blocks] == ["exact", "drum(k=4)"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lanes": 8, "cluster": 3}, "^accelerator.cluster: cluster must divide lanes, 8, not 3"),
        ({"multipliers": 8, "lanes": 9}, "^accelerator.multipliers: 9 lanes are more than 8 mult"),
        ({"multipliers": 16, "cluster": 11}, "^accelerator.multipliers: No unit of about 16 lanes"),
        ({"multipliers": 8, "weight_banks": 3}, "^accelerator.weight_banks: .* power of two"),
        ({"lane_blocks": [{"blocks": ["exakt"]}]}, "^accelerator.lane_blocks.0.blocks"),
    ],
)
def test_numbers_that_do_not_go_together_are_refused(keys: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        SIMT.check(SimtConfig.model_validate(keys), Path())
