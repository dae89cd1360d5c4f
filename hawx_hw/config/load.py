"""Reads configs; errors name file, line and key, and give a hint."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin

from pydantic import AliasChoices, ValidationError

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES, DEFAULT
from hawx_hw.config.models import Config
from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import read_text
from hawx_hw.util.paths import user_path
from hawx_hw.util.resources import configs
from hawx_hw.util.yaml_text import YamlError, line_of, read_yaml, spelling_hint

__all__ = [
    "blame",
    "config_of",
    "config_path",
    "find_config",
    "load_config",
    "located",
    "meaning",
    "schema_text",
]

#: The key whose value decides which other keys stand beside it.
_UNION = "accelerator"

_Key = tuple[str, ...]
#: The model of the architecture that a config names, where it is known.
_Chosen = type[AcceleratorConfig] | None


def config_path(text: str, base: Path, key: str | None = None) -> Path:
    """The path that a config in the folder ``base`` means by ``text``.

    Raises
    ------
    UserError
        No file can have this name; ``key`` is its place.
    """
    return base / user_path(text, key)


@contextmanager
def blame(key: str) -> Iterator[None]:
    """Put ``key`` in front of the place of a UserError, unless that is a key of the config too."""
    try:
        yield
    except UserError as error:
        where = error.where or ""
        if where.partition(":")[0].partition(".")[0] in Config.model_fields:
            raise
        where = f"{key}: {where}" if where else key
        raise UserError(error.what, where=where, hint=error.hint) from error


def find_config(name: str) -> Path:
    """The config file of a path, or of a name in configs/.

    Raises
    ------
    UserError
        Where there is no such file, or none can have this name.
    """
    for path in (user_path(name), configs() / name, configs() / f"{name}.yaml"):
        # A pipe or a device is refused where it is read.
        if path.exists() and not path.is_dir():
            return path
    known = sorted(path.name for path in configs().glob("*.yaml"))
    close = difflib.get_close_matches(Path(name).name, known, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise UserError(
        f"There is no config {name!r}, neither as a path nor in configs/",
        hint=f"{hint}The configs there are: {', '.join(known)}.",
    )


def load_config(path: Path) -> Config:
    """Read and check a config.

    Raises
    ------
    UserError
        With file, line and key of the first thing that is wrong.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise UserError(
            f"The config cannot be read: {error.strerror or error}",
            where=str(path),
            hint="Name a YAML text file in UTF-8.",
        ) from error
    try:
        content = read_yaml(text)
    except YamlError as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        hint = error.hint or "See configs/lenet5.yaml."
        raise UserError(error.problem, where=where, hint=hint) from error
    if not isinstance(content, dict):
        raise UserError(
            "A config must be a mapping of keys to values",
            where=str(path),
            hint="See configs/lenet5.yaml.",
        )
    try:
        return Config.model_validate(content, context={"folder": path.parent})
    except ValidationError as error:
        raise _explained(error, path, text) from error


def config_of(content: Mapping[str, Any], base: Path = Path()) -> Config:
    """Check the keys of a config that no file has.

    Parameters
    ----------
    content : mapping
        As YAML has them.
    base : Path
        The folder that its relative paths start from.

    Raises
    ------
    UserError
        With the key of the first thing that is wrong.
    """
    try:
        return Config.model_validate(content, context={"folder": base})
    except ValidationError as error:
        raise _explained(error, None, "") from error


def located(error: UserError, path: Path) -> UserError:
    """``error`` with file and line, where it names a key of the config at ``path``.

    A key that is left out in the file is placed at the line of the nearest one around it.
    """
    name = (error.where or "").partition(":")[0]
    key = tuple(name.split("."))
    if _field(key) is None:
        return error
    line = _line(read_text(path), key)
    place = f"{path}:{line}" if line else str(path)
    return UserError(error.what, where=f"{place}: {error.where}", hint=error.hint)


def meaning(key: str, architecture: str = DEFAULT) -> str:
    """What a key of the config does, as the schema describes it.

    Parameters
    ----------
    key : str
        With those around it, such as ``network.model``.
    architecture : str
        Whose keys those of ``accelerator`` are.
    """
    field = _field(tuple(key.split(".")), ARCHITECTURES[architecture].config)
    if field is None:
        raise ValueError(f"Key must be one of a config, not {key!r}")
    return str(field.description or (field.annotation.__doc__ or "").partition("\n")[0])


def schema_text() -> str:
    """The JSON schema of the config, for editors."""
    return json.dumps(Config.model_json_schema(), indent=2, sort_keys=True) + "\n"


def _explained(error: ValidationError, path: Path | None, text: str) -> UserError:
    # Unknown keys first: they often explain why another one is missing.
    problems = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    problem = problems[0]
    # Checks of more than one key name that of the problem in their context.
    named = (problem.get("ctx") or {}).get("key")
    loc = named.split(".") if named else problem["loc"]
    key = tuple(str(part) for part in loc if part != "")
    chosen = None
    # pydantic puts the architecture between the union's key and those of its model.
    if key[:1] == (_UNION,) and problem["loc"][1:]:
        chosen = ARCHITECTURES[key[1]].config
        key = (key[0], *key[2:])
    line = _line(text, key, chosen)
    place = "" if path is None else f"{path}:{line}: " if line else f"{path}: "
    where = f"{place}{'.'.join(key)}"
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "user_error":
        return UserError(context["what"], where=where, hint=context["hint"])
    value = problem["input"]
    message = re.sub(r"^(Input should be|String should|List should)", _must, problem["msg"])
    message = message.partition(" after validation")[0]
    if kind == "union_tag_invalid":
        key, value = (*key, "architecture"), value["architecture"]
        where = f"{where}.architecture"
        *others, last = map(repr, ARCHITECTURES)
        message = f"must be {' or '.join([', '.join(others), last])}"
    if kind == "extra_forbidden":
        known = _keys(key[:-1], chosen)
        close = difflib.get_close_matches(key[-1], known, n=1)
        guess = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
        return UserError("There is no such key", where=where, hint=guess)
    if kind == "missing":
        return UserError(
            "This key is missing", where=where, hint=f"Add it. {_about(key, chosen)}".strip()
        )
    spelling = spelling_hint(value, kind.partition("_")[0])
    hint = " ".join(part for part in (spelling, _about(key, chosen)) if part) or None
    if kind == "value_error":
        return UserError(str(context["error"]), where=where, hint=hint)
    if kind in ("model_type", "union_tag_not_found"):
        message = f"must be a mapping with the keys {', '.join(_keys(key, chosen))}"
        hint = "Indent its keys below it, or leave it out."
    if kind == "string_pattern_mismatch":
        message = f"must match {context['pattern']}"
    return UserError(f"{message}, not {shown(value)}", where=where, hint=hint)


def _must(beginning: re.Match[str]) -> str:
    return "must be" if beginning[0].endswith("be") else "must"


def _line(text: str, key: _Key, chosen: _Chosen = None) -> int | None:
    """The line of a key, which may be written by an older name; or of what it stands in."""
    names = [(part, *_older_names(key[: at + 1], chosen)) for at, part in enumerate(key)]
    lines = (line_of(text, written) for written in itertools.product(*names))
    # What stands deeper stands further down.
    return max((line for line in lines if line is not None), default=None)


def _older_names(key: _Key, chosen: _Chosen) -> tuple[str, ...]:
    alias = getattr(_field(key, chosen), "validation_alias", None)
    choices = alias.choices if isinstance(alias, AliasChoices) else []
    return tuple(str(name) for name in choices if name != key[-1])


def _field(key: _Key, chosen: _Chosen = None) -> Any:
    """The pydantic field of a key, or None."""
    return _walk(key, chosen)[0]


def _walk(key: _Key, chosen: _Chosen) -> tuple[Any, Any]:
    """The pydantic field of a key and the type of what stands there; (None, None) for no key.

    Where the architecture is not known, the first counts that has the key.
    """
    kind: Any = Config
    field = None
    for part in key:
        if kind is AcceleratorConfig:
            kinds = [chosen] if chosen else [each.config for each in ARCHITECTURES.values()]
            kind = next((each for each in kinds if part in each.model_fields), kind)
        if get_origin(kind) is list and part.isdigit():
            (kind,) = get_args(kind)
            continue
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
            kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
            continue
        field = getattr(kind, "model_fields", {}).get(part)
        if field is None:
            return None, None
        kind = field.annotation
        if get_origin(kind) is UnionType and NoneType in get_args(kind):
            kind = next(choice for choice in get_args(kind) if choice is not NoneType)
    return field, kind


def _keys(prefix: _Key, chosen: _Chosen) -> list[str]:
    kind = _walk(prefix, chosen)[1]
    if kind is AcceleratorConfig:
        kind = chosen or ARCHITECTURES[DEFAULT].config
    return sorted(getattr(kind, "model_fields", {}))


def _about(key: _Key, chosen: _Chosen) -> str:
    field = _field(key, chosen)
    if field is None:
        return ""
    keys = getattr(field.annotation, "model_fields", {})
    return field.description or (f"Its keys are: {', '.join(sorted(keys))}." if keys else "")
