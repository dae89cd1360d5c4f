"""The C kernels, compiled once by the system's compiler and kept in the user's cache."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.datasets.folders import cache_folder
from hawx_hw.files import write_bytes

__all__ = ["VARIANTS", "CompilerError", "Variant", "library", "supported"]

_SOURCES = Path(__file__).parent / "kernels"
_TIMEOUT = 120


class CompilerError(Exception):
    """There is no C compiler, or it does not do what it should; the message says what happened."""


@dataclass(frozen=True)
class Variant:
    """The kernels for one instruction set.

    Parameters
    ----------
    name : str
    flags : tuple of str
        Of the compiler.
    feature : int
        Bit that ``hawx_features`` sets where the CPU has what is needed; 0 where any CPU has.
    """

    name: str
    flags: tuple[str, ...]
    feature: int


#: Every variant; those further down are wider.
VARIANTS = (
    Variant("baseline", ("-DVECTOR=16",), 0),
    Variant("avx2", ("-DVECTOR=32", "-mavx2", "-mfma"), 1),
    Variant(
        "avx512",
        (
            "-DVECTOR=64",
            "-mavx512f",
            "-mavx512bw",
            "-mavx512vl",
            "-mavx512dq",
            "-mfma",
            "-mprefer-vector-width=512",
        ),
        2,
    ),
)

# The kernels' floating point is exact whatever the order, and never traps.
_FLAGS = ("-std=gnu11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")


@functools.cache
def supported() -> tuple[Variant, ...]:
    """The variants that this CPU runs, the widest first.

    Raises
    ------
    CompilerError
        The compiler cannot compile.
    """
    functions = _load("features.c", ())
    functions.hawx_features.restype = ctypes.c_int64
    features = functions.hawx_features()
    return tuple(v for v in reversed(VARIANTS) if v.feature & features == v.feature)


@functools.cache
def library(variant: Variant) -> ctypes.CDLL:
    """The kernels of ``variant``, compiled if they are not in the cache yet.

    Raises
    ------
    CompilerError
        The compiler cannot compile.
    """
    return _load("kernels.c", variant.flags)


def _load(source: str, flags: Sequence[str]) -> ctypes.CDLL:
    compiler = os.environ.get("CC") or "cc"
    path = shutil.which(compiler)
    if path is None:
        raise CompilerError(f"There is no C compiler: {compiler!r} is not on the PATH")
    arguments = [*_FLAGS, *flags]
    name = f"{Path(source).stem}-{_digest(path, source, arguments)[:24]}.so"
    cache = cache_folder()
    kept = cache / "kernels" / name if cache else None
    if kept is not None and kept.is_file():
        try:
            return ctypes.CDLL(str(kept))
        except OSError:
            kept.unlink(missing_ok=True)  # another machine's, or damaged
    with tempfile.TemporaryDirectory(prefix="hawx-kernels-") as folder:
        result = Path(folder) / name
        _run([path, *arguments, str(_SOURCES / source), "-o", str(result)])
        try:
            loaded = ctypes.CDLL(str(result))  # it stays mapped when the file is gone
        except OSError as error:
            raise CompilerError(f"What {compiler} compiled cannot be loaded: {error}") from error
        if kept is not None:
            # Where the cache cannot be written: it only saves time.
            with contextlib.suppress(OSError):
                write_bytes(kept, result.read_bytes())
        return loaded


def _digest(compiler: str, source: str, arguments: Sequence[str]) -> str:
    """Of all that decides what the compiler writes: its version, the flags, the sources."""
    digest = hashlib.sha256(_run([compiler, "-v"]))
    for text in (compiler, *arguments):
        digest.update(text.encode() + b"\0")
    for path in sorted(_SOURCES.glob("*.[ch]")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _run(command: Sequence[str]) -> bytes:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompilerError(f"The C compiler cannot be run: {error}") from error
    if done.returncode:
        end = done.stdout.decode(errors="replace").strip().splitlines()[-5:]
        raise CompilerError("The C compiler failed: " + " / ".join(end))
    return done.stdout
