"""Where files outside the build folder lie: every environment variable and every cache folder.

No other module reads a variable of :data:`VARIABLES` or forms a path in the user's cache.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

from hawx_hw.errors import UserError

__all__ = [
    "CACHES",
    "VARIABLES",
    "cache_folder",
    "data_folders",
    "predictors_folder",
    "required_cache_folder",
    "store_file",
    "technology_folders",
    "time_limit_factor",
]

#: Environment variables of the user's, with what they name; docs/reference/runs.md lists them.
VARIABLES: Mapping[str, str] = {
    "HAWX_CACHE": "folder for everything that is cached between runs, in place of the user's cache",
    "HAWX_DATA": "folder with data sets, searched before the cache",
    "HAWX_PREDICTORS": "folder with predictors of your own, searched before those of the package",
    "HAWX_STORE": "SQLite file of synthesized modules, in place of synthesis.sqlite in the cache",
    "HAWX_TECHNOLOGY": "folders with technologies and liberty files, listed as PATH lists them",
    "HAWX_TIME_LIMITS": "factor on the time limits of the tools that hawx runs, such as 10",
}
#: Folders in the cache, with their contents.
CACHES: Mapping[str, str] = {
    "blocks": "imported blocks",
    "environments": "Python environments of flows",
    "fpga": "compiled tools for FPGAs",
    "images": "decoded images of folders",
    "kernels": "compiled C code",
    "mnist": "downloaded files of MNIST",
    "scratch": "scratch files",
    "simulations": "checksums of the simulations that were compiled here",
    "verilator": "compiled parts of Verilator that all simulations share",
    "yosys": "the Yosys that writes Verilog, compiled",
}


def cache_folder(kind: str | None = None) -> Path | None:
    """A folder in the user's cache, or the cache itself; it need not exist.

    The cache is ``$HAWX_CACHE``, or ``hawx_hw`` in the system's folder for caches, which is
    ``$XDG_CACHE_HOME`` or ``~/.cache`` on Linux.

    Parameters
    ----------
    kind : str or None
        One of :data:`CACHES`.

    Returns
    -------
    Path or None
        None where the user has no home, or one that does not exist: it is not made for a cache.
    """
    if kind is not None and kind not in CACHES:
        raise ValueError(f"kind must be one of {', '.join(CACHES)}, not {kind!r}")
    given = _given("HAWX_CACHE")
    cache = _default_cache() if given is None else given.absolute()
    if cache is None:
        return None
    return cache / kind if kind else cache


def _default_cache() -> Path | None:
    from platformdirs import user_cache_path

    try:
        cache = user_cache_path("hawx_hw", appauthor=False)
    except RuntimeError:
        return None
    # Older versions leave a ~ that stands for nothing.
    return cache if cache.is_absolute() and not _is_in_missing_home(cache) else None


def _is_in_missing_home(path: Path) -> bool:
    try:
        home = Path.home()
    except RuntimeError:
        return False
    return path.is_relative_to(home) and not home.is_dir()


def required_cache_folder(kind: str) -> Path:
    """As :func:`cache_folder`, where the work cannot go on without.

    Raises
    ------
    UserError
        The user has no home.
    """
    folder = cache_folder(kind)
    if folder is None:
        raise UserError(
            f"There is no folder for {CACHES[kind]}: there is no home folder.",
            hint="Set HAWX_CACHE to a folder.",
        )
    return folder


def data_folders() -> list[Path]:
    """Folders to look for data sets in, in order; they need not exist.

    ``$HAWX_DATA``, then the cache.
    """
    return [folder for folder in (_given("HAWX_DATA"), cache_folder()) if folder is not None]


def predictors_folder() -> Path | None:
    """The folder of the user's own predictors, ``$HAWX_PREDICTORS``; None where that is not set."""
    return _given("HAWX_PREDICTORS")


def store_file() -> Path | None:
    """The SQLite file of synthesized modules; None where the user has no home.

    It is the file that ``$HAWX_STORE`` names, or ``synthesis.sqlite`` in the cache.
    """
    given, cache = _given("HAWX_STORE"), cache_folder()
    return given.absolute() if given else cache / "synthesis.sqlite" if cache else None


def technology_folders() -> list[Path]:
    """Folders of the user's own technologies and liberty files, which HAWX_TECHNOLOGY lists."""
    parts = os.environ.get("HAWX_TECHNOLOGY", "").split(os.pathsep)
    return [_expanded(part, "HAWX_TECHNOLOGY") for part in parts if part]


def time_limit_factor() -> float:
    """What HAWX_TIME_LIMITS multiplies the time limits of tools with; 1 where it is not set.

    Raises
    ------
    UserError
        It is no number above 0.
    """
    given = os.environ.get("HAWX_TIME_LIMITS") or "1"
    try:
        factor = float(given)
    except ValueError:
        factor = math.nan
    if not 0 < factor < math.inf:
        raise UserError(
            f"The factor on time limits must be a number above 0, not {given!r}.",
            where="HAWX_TIME_LIMITS",
            hint="Write 10, or unset it.",
        )
    return factor


def _given(variable: str) -> Path | None:
    given = os.environ.get(variable)
    return _expanded(given, variable) if given else None


def _expanded(path: str, variable: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise UserError(
            f"There is no home folder for {path!r}.", where=variable, hint="Write an absolute path."
        ) from None
