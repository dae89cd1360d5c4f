"""The architectures by name, and the section of the config that each has."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

from hawx_hw.architectures.registry import (
    ARCHITECTURES,
    DEFAULT,
    Accelerator,
    architecture_named,
    architecture_of,
)
from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.errors import UserError


def test_every_architecture_goes_by_its_name() -> None:
    for name, architecture in ARCHITECTURES.items():
        assert architecture.name == name
        assert architecture.config.model_fields["architecture"].default == name
        assert architecture_named(name) is architecture
        assert architecture_of(architecture.config()) is architecture


def test_the_default() -> None:
    assert architecture_named(None) is ARCHITECTURES[DEFAULT]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        architecture_named("wavefront", "--architecture")
    assert str(caught.value) == (
        "--architecture: There is no architecture 'wavefront'. "
        f"It must be one of {', '.join(ARCHITECTURES)}."
    )


ADAPTER: TypeAdapter = TypeAdapter(Accelerator)


@pytest.mark.parametrize("value", [{"rows": 3}, {"architecture": "systolic", "rows": 3}])
def test_a_section_is_of_the_architecture_that_it_names(value: dict) -> None:
    assert ADAPTER.validate_python(value) == SystolicConfig(rows=3)


def test_a_config_stays_what_it_is() -> None:
    config = SystolicConfig(rows=3)
    assert ADAPTER.validate_python(config) == config


@pytest.mark.parametrize("value", [{"architecture": "wavefront"}, 7, None])
def test_a_section_of_no_architecture_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(value)


def test_importing_it_imports_no_hardware() -> None:
    code = "import sys, hawx_hw.architectures.registry; sys.exit('amaranth' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
