"""The files of the user's own code that a module consists of."""

from __future__ import annotations

import ast
import importlib.util
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from hawx_hw.util.files import read_bytes

__all__ = ["future_source_files", "source_files"]

#: Folders of installed code, which versions stand for.
_INSTALLED = tuple(
    Path(path).resolve()
    for path in {
        sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_PROGRAM = Path(__file__).resolve().parents[1]


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
            open_ones += _imported(file, name, sys.modules[name].__package__)
    return dict(sorted(files.items()))


def future_source_files(module: str, places: Sequence[Path]) -> dict[str, Path]:
    """The files that :func:`source_files` would give if the module were imported; it is not.

    Parameters
    ----------
    module : str
        Its full name.
    places : sequence of Path
        Folders where modules are searched first; then where Python finds packages.

    Returns
    -------
    dict of str to Path
        By the full names of the modules; empty where there is no such module.
    """
    files: dict[str, Path] = {}
    open_ones = [module]
    while open_ones:
        name = open_ones.pop()
        if name in files:
            continue
        file = _own(_searched(name, places))
        if file is not None:
            files[name] = file
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            open_ones += _imported(file, name, package)
    return dict(sorted(files.items()))


def _searched(name: str, places: Sequence[Path]) -> Path | None:
    """The file of a module, from the first of some folders that has it."""
    first, *inner = name.split(".")
    folders = [place / first for place in places]
    with suppress(ImportError, ValueError):  # a module that has no description
        specification = importlib.util.find_spec(first)
        if specification is not None:
            locations = specification.submodule_search_locations
            if locations is not None:
                folders += [Path(location) for location in locations]
            elif specification.origin is not None:
                folders.append(Path(specification.origin).with_suffix(""))
    for folder in folders:
        path = folder.joinpath(*inner)
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return file
    return None


def _own_file(module: ModuleType | None) -> Path | None:
    text = getattr(module, "__file__", None)
    return _own(Path(text)) if isinstance(text, str) else None


def _own(path: Path | None) -> Path | None:
    """The file, unless it is installed code or is not there."""
    if path is None:
        return None
    file = path.resolve()
    if any(file.is_relative_to(folder) for folder in (*_INSTALLED, _PROGRAM)):
        return None
    return file if file.is_file() else None


def _imported(file: Path, module: str, package: str | None) -> Iterator[str]:
    """Full names that the import statements of a file may stand for, and the packages around."""
    yield from _packages(module)
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
                source = importlib.util.resolve_name(relative, package or None)
                yield source
                yield from _packages(source)
                yield from (f"{source}.{alias.name}" for alias in node.names)


def _packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts)))
