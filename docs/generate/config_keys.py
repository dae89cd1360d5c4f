"""docs/reference/config.md: every key of the config, from the models that check it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from docs.generate.tables import cell, filled, table
from hawx_hw.config.models import Config

__all__ = ["document"]

_INTRODUCTION = """\
# Keys of the config

Every key with its type, its default and its meaning; written by
`python -m docs.generate reference/config.md` from the models that check a config. `hawx schema`
prints the same for programs: editors with a YAML language server complete and check keys with
`configs/schema.json`. [Write a config](../how-to/write-a-config.md) has examples.

A key without a default must be given. In the headings, `NAME` stands for a name that you choose and
`[]` for each entry of a list. Numbers and ranges are such as `3`, `0-3` or `[0, 4-7]`.
"""

_FLOWS = """
Options of the flows; each has a section of the flow's name. [flow-options.md](../flow-options.md)
lists them.
"""

Schema = Mapping[str, Any]


def document() -> str:
    """The page."""
    schema = Config.model_json_schema()
    return _INTRODUCTION + "".join(_sections(schema))


def _sections(schema: Schema) -> Iterator[str]:
    """The sections of the config, those within a section right after it."""
    definitions = schema["$defs"]
    queue = deque([("", "", schema)])
    while queue:
        path, variant, model = queue.popleft()
        title = f"`{path}`{variant}" if path else "The file"
        yield f"\n## {title}\n"
        if path == "flows":
            yield _FLOWS
            continue
        text = filled(model.get("description", "").replace("``", "`"))
        yield f"\n{text}\n" if path and text else ""
        required = model.get("required", ())
        properties = model["properties"]
        yield "\n" + table(
            ("key", "type", "default", "meaning"),
            [
                (f"`{key}`", _kind(each, definitions), _default(each, key in required),
                 cell(each.get("description") or _described(each, definitions)))
                for key, each in _in_order(properties, required)
            ],
        )  # fmt: skip
        inner = [
            (f"{path}.{key}{suffix}".lstrip("."), _variant(definitions[name]), definitions[name])
            for key, each in _in_order(properties, required)
            for name, suffix in _references(each)
        ]
        queue.extendleft(reversed(inner))


def _in_order(properties: Schema, required: tuple[str, ...]) -> list[tuple[str, Schema]]:
    """Required keys first, else as the model has them."""
    return sorted(properties.items(), key=lambda item: item[0] not in required)


def _variant(model: Schema) -> str:
    """What is added to the heading of one of several sections of a name."""
    architecture = model["properties"].get("architecture", {}).get("const")
    return f" of `architecture: {architecture}`" if architecture else ""


def _references(each: Schema, suffix: str = "") -> list[tuple[str, str]]:
    """The models that a key may contain, with what their place adds to its path."""
    if "$ref" in each:
        return [(_name(each), suffix)]
    within = [ref for kind in ("anyOf", "oneOf") for part in each.get(kind, ())
              for ref in _references(part, suffix)]  # fmt: skip
    if isinstance(each.get("items"), dict):
        within += _references(each["items"], f"{suffix}[]")
    if isinstance(each.get("additionalProperties"), dict):
        within += _references(each["additionalProperties"], f"{suffix}.NAME")
    return within


def _name(each: Schema) -> str:
    return each["$ref"].rpartition("/")[2]


def _described(each: Schema, definitions: Schema) -> str:
    """The description of the model that a key without one contains."""
    (name, _), *_ = _references(each)
    return definitions[name].get("description", "")


def _kind(each: Schema, definitions: Schema) -> str:
    """The type of a key, in words."""
    if each.get("anyOf", [{}])[0].get("type") == "integer" and len(each["anyOf"]) > 2:
        return "numbers and ranges"
    for several in ("anyOf", "oneOf"):
        if several in each:
            kinds = [_kind(part, definitions) for part in each[several] if part != {"type": "null"}]
            return " or ".join(dict.fromkeys(kinds))
    if "$ref" in each:
        return "section"
    if "const" in each:
        return f"`{each['const']}`"
    if "enum" in each:
        return ", ".join(f"`{value}`" for value in each["enum"])
    match each.get("type"):
        case "array":
            items = each.get("items") or {}
            if not items:
                return "list"
            kind = _kind(items, definitions)
            plural = {"section": "sections", "text": "texts", "number": "numbers"}
            return f"list of {plural.get(kind, kind.replace('whole number', 'whole numbers'))}"
        case "object":
            values = each.get("additionalProperties")
            inner = f" to {_kind(values, definitions)}" if isinstance(values, dict) else ""
            return f"mapping of names{inner}"
        case "boolean":
            return "`true`, `false`"
        case "string":
            return "text"
        case "integer" | "number" as number:
            return ("whole number" if number == "integer" else "number") + _range(each)
    raise ValueError(f"no words for the type of {each}")


def _range(each: Schema) -> str:
    low = each.get("minimum", each.get("exclusiveMinimum"))
    high = each.get("maximum", each.get("exclusiveMaximum"))
    above, below = "exclusiveMinimum" in each, "exclusiveMaximum" in each
    if low is not None and high is not None and not above:
        return f", {low:,} to {'below ' if below else ''}{high:,}"
    parts = [] if low is None else [f"above {low:,}" if above else f"from {low:,}"]
    parts += [] if high is None else [f"below {high:,}" if below else f"at most {high:,}"]
    return "".join(f", {part}" for part in parts)


def _default(each: Schema, required: bool) -> str:
    if required:
        return "**required**"
    value = each.get("default")
    if value is None or isinstance(value, dict):
        return "-"
    if isinstance(value, list):
        return cell(", ".join(f"`{part}`" for part in value)) or "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
