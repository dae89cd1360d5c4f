"""The folder of a part."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.tools.qflow.project import write_project
from tests.flows.golden import assert_golden
from tests.flows.tools.qflow.test_blif import SMALL


def test_the_folder_is_as_expected(tmp_path: Path) -> None:
    write_project(tmp_path / "small", SMALL, 0.75)
    assert_golden(tmp_path / "small", "qflow_part")


def test_a_density_is_left_out_where_none_is_given(tmp_path: Path) -> None:
    write_project(tmp_path / "small", SMALL, None)
    assert "initial_density" not in (tmp_path / "small" / "project_vars.sh").read_text()
