"""Options of flows as data."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hawx_hw.config import flows
from hawx_hw.config.flows import (
    FlowOption,
    FlowsConfig,
    flow_descriptions,
    flow_named,
    options_model,
    with_options,
)
from hawx_hw.errors import UserError

TEXT = """
title = "Bitstream"
description = "For a board."
group = "fpga"
standing = "real"
stage = "emit"
limit_minutes = 5

[[needs]]
name = "router"
program = "router"
install = "apt-get install router"

[environment]
packages = ["six==1.17.0"]

[options.board]
type = "choice"
choices = ["small", "large"]
default = "small"
description = "The board."

[options.clock_mhz]
type = "number"
minimum = 1
maximum = 400
description = "Clock; left out: the board's."

[options.images]
type = "integer"
default = 2
minimum = 0
description = "Images."

[options.part]
type = "text"
pattern = "[a-z]+"
default = "pe"
description = "Part."

[options.slow]
type = "switch"
default = false
description = "Slow."
"""


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "flow.toml").write_text(TEXT)
    monkeypatch.setattr(flows, "flows", lambda: tmp_path)
    flow_descriptions.cache_clear()
    yield flow_named("fake")
    flow_descriptions.cache_clear()


def test_a_description_is_read_whole(flow) -> None:
    assert flow.name == "fake"
    assert flow.limit_minutes == 5
    assert flow.needs[0].program == "router"
    assert flow.environment.packages == ("six==1.17.0",)
    assert list(flow.options) == ["board", "clock_mhz", "images", "part", "slow"]
    options = options_model(flow)()
    assert options.model_dump() == {
        "board": "small", "clock_mhz": None, "images": 2, "part": "pe", "slow": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("board", "huge", "'small' or 'large', not 'huge'"),
        ("clock_mhz", 0, "greater than or equal to 1"),
        ("clock_mhz", 500, "less than or equal to 400"),
        ("images", 1.5, "integer"),
        ("images", "2", "integer"),
        ("part", "a; rm", "pattern"),
        ("slow", 1, "boolean"),
        ("other", 1, "has no option 'other'"),
    ],
)
def test_values_are_checked(flow, name: str, value: object, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        with_options(flow, options_model(flow)(), {name: value})
    assert caught.value.hint


def test_given_options_replace_those_of_the_config(flow) -> None:
    of_config = options_model(flow)(board="large", images=7)
    changed = with_options(flow, of_config, {"images": 3, "clock_mhz": 25})
    assert (changed.board, changed.images, changed.clock_mhz) == ("large", 3, 25)


@pytest.mark.parametrize(
    "keys",
    [
        {"type": "choice", "description": ""},
        {"type": "text", "description": ""},
        {"type": "switch", "description": "", "choices": ("a",)},
        {"type": "date", "description": ""},
    ],
)
def test_a_declaration_that_makes_no_sense(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FlowOption.model_validate(keys)


def test_no_such_flow() -> None:
    with pytest.raises(UserError, match="There is no flow 'nothing'"):
        flow_named("nothing")


def test_every_flow_has_its_section_with_its_defaults() -> None:
    config = FlowsConfig()
    for name, description in flow_descriptions().items():
        section = getattr(config, name)
        defaults = {key: option.default for key, option in description.options.items()}
        assert section.model_dump() == defaults
        for option in description.options.values():
            assert option.description
