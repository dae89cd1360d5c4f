"""Scripts of Yosys in a process of its own."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.fpga.yosys import script_command
from hawx_hw.util.environment import python_path
from hawx_hw.util.processes import Finished, run


def execute(folder: Path, script: str) -> Finished:
    (folder / "x.ys").write_text(script)
    return run(
        script_command("x.ys"), tool="Yosys", limit=120, folder=folder, variables=python_path()
    )


def test_a_script_runs_in_its_folder_and_comments_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text("module a(input x, output y); assign y = x; endmodule\n")
    script = "# a comment\n\nread_verilog a.v\ntee -o names.txt select -list a/x a/y\n"
    assert execute(tmp_path, script).status == 0
    names = (tmp_path / "names.txt").read_text().split()
    assert {"a/x", "a/y"} <= set(names)


def test_what_yosys_refuses_is_a_failure_with_its_message(tmp_path: Path) -> None:
    done = execute(tmp_path, "read_verilog missing.v\nwrite_json never.json\n")
    assert done.status != 0
    assert "missing.v" in done.output
    assert not (tmp_path / "never.json").exists()
