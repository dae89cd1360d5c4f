"""Tools in WebAssembly: compiled once, verified, and without sight of other folders."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import wasmtime

from hawx_hw.flows.fpga.wasm import main, tool_command, tool_variables
from hawx_hw.util.processes import run

#: Ends with 9 where ``there`` is a file in the current folder, and with 7 where it is not.
_PROGRAM = """
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "PATH")
  (func (export "_start")
    (call $exit (if (result i32)
      (call $stat (i32.const 3) (i32.const 0) (i32.const 0) (i32.const LENGTH) (i32.const 64))
      (then (i32.const 7)) (else (i32.const 9))))))
"""


def program(path: str) -> bytes:
    return wasmtime.wat2wasm(_PROGRAM.replace("PATH", path).replace("LENGTH", str(len(path))))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one tool; the current folder is beside it."""
    folder = tmp_path / "packages" / "hawx_fake_tools"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "look.wasm").write_bytes(program("there"))
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every compilation."""
    sizes: list[int] = []
    module = wasmtime.Module

    class Module(module):
        def __init__(self, engine: wasmtime.Engine, content: bytes):
            sizes.append(len(content))
            super().__init__(engine, content)

    monkeypatch.setattr(wasmtime, "Module", Module)
    return sizes


def test_it_is_compiled_once_and_its_status_is_passed_on(
    package: Path, compilations: list[int]
) -> None:
    assert main("hawx_fake_tools", "look", []) == 7
    (Path.cwd() / "there").touch()
    assert main("hawx_fake_tools", "look", []) == 9
    assert len(compilations) == 1


def test_another_tool_of_the_same_name_is_compiled_again(
    package: Path, compilations: list[int]
) -> None:
    assert main("hawx_fake_tools", "look", []) == 7
    (Path.cwd() / "elsewhere").touch()
    (package / "look.wasm").write_bytes(program("elsewhere"))
    assert main("hawx_fake_tools", "look", []) == 9
    assert len(compilations) == 2


def test_machine_code_that_changed_is_compiled_again(
    package: Path, compilations: list[int], tmp_path: Path
) -> None:
    main("hawx_fake_tools", "look", [])
    [cached] = (tmp_path / "cache" / "fpga").iterdir()
    content = bytearray(cached.read_bytes())
    content[len(content) // 2] ^= 8
    cached.write_bytes(content)
    assert main("hawx_fake_tools", "look", []) == 7
    assert len(compilations) == 2


def test_a_file_beside_the_current_folder_is_not_seen(package: Path) -> None:
    (Path.cwd().parent / "secret").touch()
    (package / "look.wasm").write_bytes(program("../secret"))
    assert main("hawx_fake_tools", "look", []) == 7


def test_a_package_that_is_missing_is_an_error(package: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="hawx_no_such_tools is missing"):
        main("hawx_no_such_tools", "look", [])


def test_the_command_runs_it_in_a_process_of_its_own(package: Path) -> None:
    command = tool_command("hawx_fake_tools", "look", "--option", "file")
    assert command[0] == sys.executable
    assert command[-4:] == ["hawx_fake_tools", "look", "--option", "file"]
    done = run(command, tool="look", limit=60, variables=tool_variables())
    assert (done.status, done.output) == (7, "")
