"""Each folder of ``flows/`` has its module."""

from __future__ import annotations

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


def test_a_name_that_is_none() -> None:
    with pytest.raises(UserError, match="no flow 'nothing'"):
        flow_of("nothing")
