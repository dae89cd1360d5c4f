"""What every architecture's section of the config has in common."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hawx_hw.architectures.config import AcceleratorConfig


def test_the_verilog_does_not_depend_on_the_clock() -> None:
    config = AcceleratorConfig(architecture="any", clock_mhz=123.0)
    assert config.hardware() == {
        "architecture": "any",
        "activation_kib": None,
        "parameter_kib": None,
        "parameters": "rom",
        "block_implementation": "smallest",
    }


def test_an_older_key_is_still_read() -> None:
    config = AcceleratorConfig.model_validate(
        {"architecture": "any", "block_architecture": "fastest"}
    )
    assert config.block_implementation == "fastest"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("activation_kib", 0),
        ("parameter_kib", -1),
        ("parameters", "flash"),
        ("block_implementation", "best"),
        ("clock_mhz", 0.0),
        ("clock_mhz", 100_001.0),
        ("clock_mhz", float("nan")),
        ("rows", 8),  # of some architectures only
    ],
)
def test_values_out_of_range_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        AcceleratorConfig.model_validate({"architecture": "any", key: value})


def test_no_key_fixes_the_blocks_by_default() -> None:
    assert AcceleratorConfig(architecture="any").block_key is None
