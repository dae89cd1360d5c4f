"""Tools that are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.config.flows import FlowNeed
from hawx_hw.errors import UserError
from hawx_hw.flows.needs import check_needs, is_there, missing
from tests.flows.fake import DESCRIPTION


def need(name: str, **ways: str) -> FlowNeed:
    return FlowNeed(name=name, install=f"apt-get install {name} common", **ways)


def test_each_way_to_look(tmp_path: Path) -> None:
    assert is_there(need("a", module="hawx_hw"))
    assert not is_there(need("a", module="no_such_module_of_python"))
    assert is_there(need("a", program="make"))
    assert not is_there(need("a", program="no-such-program"))
    assert is_there(need("a", file=str(tmp_path)))
    assert not is_there(need("a", file=str(tmp_path / "no")))
    with pytest.raises(ValueError, match="one of module, program and file"):
        need("a")


def test_all_that_is_missing_is_in_one_line_for_each_installer() -> None:
    tools = (
        need("one", program="no-such-one"),
        need("two", program="no-such-two"),
        FlowNeed(name="three", module="no_such_three", install="pip install three"),
        need("make", program="make"),
    )
    first = DESCRIPTION.model_copy(update={"needs": tools[:2]})
    second = DESCRIPTION.model_copy(update={"needs": tools[1:], "name": "second"})
    assert [each.name for each in missing([first, second])] == ["one", "two", "three"]
    with pytest.raises(UserError) as caught:
        check_needs(first, second)
    assert str(caught.value) == (
        "one, two, three are not installed, which fake, second needs. Install with: "
        "apt-get install one common two; pip install three"
    )
    check_needs(DESCRIPTION)
