"""The netlist of a build folder, as flows take it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.flows.mapped import mapped_netlist
from tests.flows.netlists import tiny_build


def test_the_netlist_is_the_folders(tmp_path: Path) -> None:
    build = tiny_build(tmp_path)
    mapped = mapped_netlist(build)
    assert mapped.verilog == (tmp_path / "netlist.v").read_text()
    assert [macro.path for macro in mapped.flat.macros] == ["rom"]


def test_settings_of_the_accelerator_count(tmp_path: Path) -> None:
    """They decide what synthesis makes of it."""
    with_gates = mapped_netlist(tiny_build(tmp_path / "gated"))
    without = mapped_netlist(tiny_build(tmp_path / "plain", clock_gating=False))
    assert "CLKGATETST" in with_gates.verilog
    assert "CLKGATETST" not in without.verilog


@pytest.mark.parametrize("change", ["missing", "edited"])
def test_another_netlist_is_refused(tmp_path: Path, change: str) -> None:
    build = tiny_build(tmp_path)
    path = tmp_path / "netlist.v"
    if change == "missing":
        path.unlink()
    else:
        path.write_text(path.read_text().replace("XOR2", "XNOR2"))
    with pytest.raises(UserError, match="netlist is not that of the accelerator") as caught:
        mapped_netlist(build)
    assert caught.value.where == str(path)
    assert "hawx synth" in caught.value.hint
