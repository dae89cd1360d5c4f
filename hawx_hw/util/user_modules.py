"""Objects of the user's own Python modules: ``python:MODULE:OBJECT``."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError, shown
from hawx_hw.util.user_code import call

__all__ = ["load_object", "search_folders", "split_name"]

_PATH = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_NAME = re.compile(rf"python:({_PATH}):({_PATH})", re.ASCII)
_MISSING = object()


def split_name(name: str) -> tuple[str, str] | None:
    """Module and object of ``python:MODULE:OBJECT``; None for another text."""
    match = _NAME.fullmatch(name)
    return None if match is None else (match[1], match[2])


def search_folders(folder: Path | None) -> list[Path]:
    """Where modules are searched before Python's own search path: ``folder``, the current one."""
    return [place.resolve() for place in (folder, Path.cwd()) if place is not None]


def load_object(name: str, folder: Path | None, usage: str) -> Any:
    """The object of a name ``python:MODULE:OBJECT``; the module is imported in this process.

    Parameters
    ----------
    name : str
        Such that :func:`split_name` gives its parts.
    folder : Path or None
        The config's folder, where modules are searched first; then the current folder, then
        Python's own search path.
    usage : str
        Hint for a module or an object that is not there.

    Raises
    ------
    UserError
        The module cannot be imported or has no such object.
    """
    parts = split_name(name)
    if parts is None:
        raise ValueError(f"Name must be python:MODULE:OBJECT, not {name!r}")
    module, path = parts
    result = _module(name, module, search_folders(folder))
    for part in path.split("."):
        result = call(name, f"{path} cannot be read", getattr, result, part, _MISSING)
        if result is _MISSING:
            raise UserError(f"{module} has no object {path!r}", where=name, hint=usage)
    return result


def _module(name: str, module: str, places: list[Path]) -> Any:
    """Import the module, from the first of some folders that has it.

    The folders come last in the search path: a ``queue.py`` beside a config must not become what
    a library imports later. They remain, because a block may import more when it is used.
    """
    for place in places:
        if str(place) not in sys.path:
            sys.path.append(str(place))
    importlib.invalidate_caches()
    first = module.partition(".")[0]
    if first not in sys.modules and importlib.util.find_spec(first) is None:
        raise UserError(
            f"There is no Python module {shown(first)}",
            where=name,
            hint=f"Save it as {first}.py beside the config, or install it.",
        )
    result = call(name, f"The module {module} cannot be imported", importlib.import_module, module)
    parts = module.split(".")
    candidates = (
        file
        for place in places
        for file in (
            place.joinpath(*parts).with_suffix(".py"),
            place.joinpath(*parts, "__init__.py"),
        )
    )
    expected = next((file for file in candidates if file.is_file()), None)
    actual = getattr(result, "__file__", None)
    if expected is not None and (actual is None or Path(actual).resolve() != expected.resolve()):
        raise UserError(
            f"{expected.name} is not imported, because Python has another module {module}"
            f"{'' if actual is None else f', {actual}'}",
            where=name,
            hint="Rename your file.",
        )
    return result
