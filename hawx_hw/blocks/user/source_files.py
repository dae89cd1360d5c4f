"""The files of the user's own code that a module consists of."""

from __future__ import annotations

import ast
import importlib.util
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from hawx_hw.util.files import read_bytes

__all__ = ["source_files"]

#: Folders of installed code, which versions stand for.
_INSTALLED = tuple(
    Path(path).resolve()
    for path in {
        sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_PROGRAM = Path(__file__).resolve().parents[2]


def source_files(module: str) -> dict[str, Path]:
    """The file of a module, and those of all modules that it imports, but for installed ones.

    Parameters
    ----------
    module : str
        Its full name; it is imported, with all that it has used so far. Modules that are not
        imported yet are left out.

    Returns
    -------
    dict of str to Path
        By the full names of the modules.
    """
    files: dict[str, Path] = {}
    open_ones = [module]
    while open_ones:
        name = open_ones.pop()
        file = _own_file(sys.modules.get(name))
        if name not in files and file is not None:
            files[name] = file
            open_ones += _imported(file, sys.modules[name])
    return dict(sorted(files.items()))


def _own_file(module: ModuleType | None) -> Path | None:
    text = getattr(module, "__file__", None)
    if not isinstance(text, str):
        return None
    file = Path(text).resolve()
    if any(file.is_relative_to(folder) for folder in (*_INSTALLED, _PROGRAM)):
        return None
    return file if file.is_file() else None


def _imported(file: Path, module: ModuleType) -> Iterator[str]:
    """Full names that the import statements of a file may stand for, and the packages around."""
    yield from _packages(module.__name__)
    try:
        tree = ast.parse(read_bytes(file))
    except (SyntaxError, ValueError):  # a compiled module
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
                yield from _packages(alias.name)
        elif isinstance(node, ast.ImportFrom):
            # One that leaves its package fails when it runs.
            with suppress(ImportError):
                relative = "." * node.level + (node.module or "")
                source = importlib.util.resolve_name(relative, module.__package__ or None)
                yield source
                yield from _packages(source)
                yield from (f"{source}.{alias.name}" for alias in node.names)


def _packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts)))
