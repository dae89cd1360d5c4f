import re
import shutil

import pytest

from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation import build
from hawx_hw.simulation.build import build_simulation
from hawx_hw.simulation.simulators import find_simulator

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="no Icarus Verilog")
GOOD = "module hawx_accelerator(input wire clk, output wire q); assign q = clk; endmodule\n"
SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "top.v"
    path.write_text(GOOD)
    return path


def build_of(name, source, workdir):
    return build_simulation(find_simulator(name), [source], top="hawx_accelerator", workdir=workdir)


@pytest.mark.parametrize("name", SIMULATORS)
def test_same_sources_are_compiled_once(name, source, tmp_path, monkeypatch):
    workdir = tmp_path / "work"
    first = build_of(name, source, workdir)
    assert not first.reused
    assert any(first.folder.iterdir())

    monkeypatch.setattr(build, "run_tool", None)
    again = build_of(name, source, workdir)
    assert again.reused
    assert again.folder == first.folder

    monkeypatch.undo()
    source.write_text(GOOD.replace("q = clk", "q = ~clk"))
    other = build_of(name, source, workdir)
    assert not other.reused
    builds = [path.name for path in workdir.glob("[!.]*")]
    assert builds == [other.folder.name], "the old one is gone"


@pytest.mark.parametrize(
    ("name", "who"),
    [("verilator", "Verilator"), pytest.param("icarus", "Icarus Verilog", marks=needs_icarus)],
)
def test_broken_sources(name, who, source, tmp_path):
    source.write_text(GOOD.replace("endmodule", ""))
    with pytest.raises(VerificationError, match=f"^{who} failed:\n(.|\n)*top.v"):
        build_of(name, source, tmp_path / "work")
    left = [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["lock"], "nothing half-made stays"


def test_missing_source(tmp_path):
    missing = tmp_path / "nothing.v"
    with pytest.raises(UserError) as caught:
        build_of("verilator", missing, tmp_path / "work")
    assert str(caught.value) == f"The Verilog file {missing} is missing. Emit the accelerator anew."


def test_runtime_is_compiled_once_for_all_designs(source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    commands = []

    def run(command, folder, environment, who):
        commands.append(command)
        if "verilated.o" in command:
            for name in build._RUNTIME:
                (folder / f"{name}.o").write_text(name)

    monkeypatch.setattr(build, "run_tool", run)
    for number in range(2):
        source.write_text(GOOD + f"// {number}\n")
        folder = build_of("verilator", source, tmp_path / "work").folder
        assert {path.name for path in folder.glob("*.o")} == {
            f"{name}.o" for name in build._RUNTIME
        }
    assert sum("verilated.o" in command for command in commands) == 1
    stored = [path.name for path in (tmp_path / "cache" / "hawx_hw" / "verilator").iterdir()]
    assert len(stored) == 1
    assert re.fullmatch(r"[0-9a-f]{16}", stored[0])


def test_a_cache_that_cannot_be_written_costs_only_time(source, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(
        build,
        "run_tool",
        lambda command, folder, environment, who: [
            (folder / f"{name}.o").write_text(name) for name in build._RUNTIME
        ],
    )
    assert build_of("verilator", source, tmp_path / "work").folder.is_dir()
