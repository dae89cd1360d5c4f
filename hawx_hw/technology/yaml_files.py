"""Reads a YAML file of a technology, and names file, line and key of what is wrong."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import read_text
from hawx_hw.util.yaml_text import YamlError, line_of, read_yaml, spelling_hint

__all__ = ["checked", "read_mapping"]

_Model = TypeVar("_Model", bound=BaseModel)


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises
    ------
    UserError
        The file cannot be read, or holds something else.
    """
    try:
        content = read_yaml(read_text(path))
    except OSError as error:
        raise UserError(
            f"The technology cannot be read: {error.strerror or error}", where=str(path)
        ) from error
    except YamlError as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        raise UserError(error.problem, where=where, hint=error.hint) from error
    if not isinstance(content, dict):
        raise UserError("A technology must be a mapping of keys to values", where=str(path))
    return content


def checked(model: type[_Model], content: dict[str, Any], path: Path) -> _Model:
    """``content`` as ``model``.

    Raises
    ------
    UserError
        With file, line and key of the first thing that is wrong.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        # Unknown keys first: they often explain why another one is missing.
        problem = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        # The names of a union's branches are no keys.
        key = _in_file(list(problem["loc"]), content)
        line = line_of(read_text(path), key)
        where = f"{path}:{line}: {'.'.join(map(str, key))}" if key else str(path)
        if problem["type"] == "extra_forbidden":
            known = _known(model, key[:-1])
            close = difflib.get_close_matches(str(key[-1]), known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
            raise UserError("There is no such key", where=where, hint=hint) from error
        if problem["type"] == "missing":
            missing = str(problem["loc"][-1])
            raise UserError(f"The key {missing} is missing", where=where) from error
        what = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        spelling = spelling_hint(problem["input"], problem["type"].partition("_")[0])
        several = problem["type"] == "value_error" and isinstance(problem["input"], dict | list)
        # A problem between several values names them itself.
        given = "" if several else f", not {shown(problem['input'])}"
        raise UserError(f"{what}{given}", where=where, hint=spelling) from error


def _in_file(location: list[int | str], content: Any) -> tuple[int | str, ...]:
    """The part of ``location`` that leads somewhere in the file."""
    key: list[int | str] = []
    for part in location:
        if isinstance(content, dict) and part in content:
            content = content[str(part)]
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part]
        else:
            break
        key.append(part)
    return tuple(key)


def _known(model: type[BaseModel], key: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand at a place."""
    kind: Any = model
    for part in key:
        if isinstance(part, str):
            kind = kind.model_fields[part].annotation
            kind = next((a for a in getattr(kind, "__args__", ()) if _is_model(a)), kind)
    return sorted(kind.model_fields) if _is_model(kind) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
