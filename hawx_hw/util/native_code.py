"""C code, compiled once by the system's compiler and kept in the user's cache."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from hawx_hw.util.caches import read_cached, write_cached
from hawx_hw.util.files import read_bytes
from hawx_hw.util.locations import cache_folder
from hawx_hw.util.processes import ToolError, run
from hawx_hw.util.scratch import scratch_folder

__all__ = ["CompilerError", "load"]

_TIMEOUT = 120
_FLAGS = ("-std=gnu11", "-fPIC", "-shared")


class CompilerError(Exception):
    """There is no C compiler, or it fails; the message states what happened."""


def load(source: Path, flags: Sequence[str] = (), text: str | None = None) -> ctypes.CDLL:
    """A library of C functions, compiled if it is not in the cache yet.

    Parameters
    ----------
    source : Path
        The C file; all ``.c`` and ``.h`` files beside it count for whether it is up to date.
    flags : sequence of str
        Options of the compiler, besides those for a library of GNU C11.
    text : str or None
        More C: ``source`` may include it as ``"generated.h"``.

    Raises
    ------
    CompilerError
        The compiler is missing or cannot compile.
    """
    compiler = os.environ.get("CC") or "cc"
    path = shutil.which(compiler)
    if path is None:
        raise CompilerError(f"There is no C compiler: {compiler!r} is not on the PATH")
    arguments = [*_FLAGS, *flags]
    name = f"{source.stem}-{_digest(path, source, arguments, text)[:24]}.so"
    cache = cache_folder("kernels")
    cached = cache / name if cache else None
    with scratch_folder("kernels") as folder:
        # Never the cached file itself: one that is cut while it is mapped ends the process.
        library = folder / name
        content = read_cached(cached)
        if content is not None:
            library.write_bytes(content)
            with contextlib.suppress(OSError):  # another machine's
                return ctypes.CDLL(str(library))  # it stays mapped when the file is gone
        if text is not None:
            (folder / "generated.h").write_text(text, "utf-8")
        _run([path, *arguments, f"-I{folder}", str(source), "-o", str(library)], folder)
        try:
            loaded = ctypes.CDLL(str(library))
        except OSError as error:
            raise CompilerError(f"What {compiler} compiled cannot be loaded: {error}") from error
        write_cached(cached, read_bytes(library))
        return loaded


def _digest(compiler: str, source: Path, arguments: Sequence[str], text: str | None) -> str:
    """SHA-256 of all that decides the compiler's output: its version, the options, the sources."""
    digest = hashlib.sha256(_run([compiler, "-v"]).encode())
    for part in (compiler, source.name, *arguments, text or ""):
        digest.update(os.fsencode(part) + b"\0")
    for path in sorted(source.parent.glob("*.[ch]")):
        digest.update(read_bytes(path))
    return digest.hexdigest()


def _run(command: Sequence[str], scratch: Path | None = None) -> str:
    try:
        done = run(command, tool="The C compiler", limit=_TIMEOUT, temporary=scratch)
    except ToolError as error:
        raise CompilerError(f"The C compiler cannot be run: {error}") from error
    if done.status:
        end = done.output.strip().splitlines()[-5:] or [f"it {done.ending}"]
        raise CompilerError("The C compiler failed: " + " / ".join(end))
    return done.output
