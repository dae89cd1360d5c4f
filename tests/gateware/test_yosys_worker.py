"""Amaranth's Yosys, with a cache that is verified and never needed."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime

from hawx_hw.gateware import yosys_worker
from hawx_hw.gateware.yosys_worker import machine_code, main
from hawx_hw.util.caches import read_cached, write_cached
from hawx_hw.util.environment import python_command, python_path
from hawx_hw.util.processes import run

#: Stands for Yosys, which takes seconds to compile: ends with status 7.
_PROGRAM = """
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") i32.const 7 call $exit))
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "yosys.wasm").write_bytes(wasmtime.wat2wasm(_PROGRAM))
    monkeypatch.setattr(yosys_worker, "_source", lambda: tmp_path / "yosys.wasm")
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every compilation."""
    sizes = []
    module = wasmtime.Module

    class Module(module):
        def __init__(self, engine: wasmtime.Engine, content: bytes):
            sizes.append(len(content))
            super().__init__(engine, content)

    monkeypatch.setattr(wasmtime, "Module", Module)
    return sizes


def test_it_is_compiled_once(cache: Path, compilations: list[int]) -> None:
    assert main([]) == main([]) == 7
    assert len(compilations) == 1


def test_another_yosys_is_compiled_again(cache: Path, compilations: list[int]) -> None:
    assert main([]) == 7
    other = _PROGRAM.replace("const 7", "const 11")
    (cache.parent / "yosys.wasm").write_bytes(wasmtime.wat2wasm(other))
    assert main([]) == 11


def test_machine_code_that_changed_is_compiled_again(cache: Path, compilations: list[int]) -> None:
    machine_code(wasmtime.Engine())
    [cached] = (cache / "yosys").iterdir()
    content = bytearray(cached.read_bytes())
    content[len(content) // 2] ^= 8
    cached.write_bytes(content)
    assert main([]) == 7
    assert len(compilations) == 2
    assert read_cached(cached) is not None


def test_machine_code_of_another_machine_is_compiled_again(
    cache: Path, compilations: list[int]
) -> None:
    machine_code(wasmtime.Engine())
    [cached] = (cache / "yosys").iterdir()
    write_cached(cached, b"of another machine")
    assert main([]) == 7
    assert len(compilations) == 2


def test_without_a_cache(cache: Path, compilations: list[int]) -> None:
    cache.write_text("no folder", "utf-8")
    assert main([]) == main([]) == 7
    assert len(compilations) == 2


def test_yosys_itself() -> None:
    done = run(
        python_command("hawx_hw.gateware.yosys_worker", "-V"),
        tool="Yosys",
        limit=60,
        variables=python_path(),
    )
    assert (done.status, done.output[:19]) == (0, "Amaranth Yosys 0.50")
