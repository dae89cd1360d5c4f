"""Memories of a design, by elaboration, compared with those that the plan counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build
from hawx_hw.flows.memories.instances import Memory, design_memories


@pytest.mark.parametrize(
    ("architecture", "loadable"), [("systolic", False), ("systolic", True), ("simt", False)]
)
def test_they_are_those_that_the_plan_counts(
    architecture: str, loadable: bool, shared_build: Callable[..., Build]
) -> None:
    build = shared_build(architecture, loadable=loadable)
    actual = Counter(
        (m.kind, m.width, m.depth) for m in design_memories(build.sources, build.program.top)
    )
    expected: Counter[tuple[str, int, int]] = Counter()
    for use in build.plan().accesses():
        expected[use.macro, use.width, use.depth] += use.count
    # The shell's memories are the same in all architectures, and no part of a plan.
    assert expected <= actual
    assert set(actual - expected) <= {key for key in actual if key[0] == "hawx_sdp_ram"}


def test_a_path_leads_to_the_instance(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text(
        "module top; middle m (); endmodule\n"
        "module middle; hawx_rom #(.WIDTH(5), .DEPTH(3), .ADDRESS_WIDTH(2)) macro (); endmodule\n"
        "module hawx_rom #(parameter WIDTH = 8, DEPTH = 16, ADDRESS_WIDTH = 4) (); endmodule\n",
        "utf-8",
    )
    expected = [Memory("m.macro", "hawx_rom", 5, 3, 2)]
    assert design_memories([tmp_path / "a.v"], "top") == expected
    assert expected[0].bits == 15


def test_errors_of_the_verilog_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text("module top; missing m (); endmodule\n", "utf-8")
    with pytest.raises(UserError, match="unknown module 'missing'"):
        design_memories([tmp_path / "a.v"], "top")
    (tmp_path / "a.v").write_text("module top; endmodule\n", "utf-8")
    with pytest.raises(UserError, match="no top module other"):
        design_memories([tmp_path / "a.v"], "other")
