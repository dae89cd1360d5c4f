"""docs/flow-options.md: tools and options of the flows, from the files flow.toml."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generate.tables import filled, table
from hawx_hw.config.flows import FlowDescription, FlowOption, flow_descriptions

__all__ = ["document"]

_INTRODUCTION = """\
# Flows: tools and options

Every flow with the tools that it needs and its options; written by
`python -m docs.generate flow-options.md` from the files `flows/*/flow.toml`. [flows.md](flows.md)
describes what each does and what its result is worth.

Options stand in the config below `flows:` and the flow's name, or on the command line:

```sh
hawx flow TOOL CONFIG --option NAME=VALUE
```

"""


def document() -> str:
    """The page."""
    flows = flow_descriptions().values()
    overview = table(
        ("flow", "group", "result", "what"),
        [(f"[`{f.name}`](#{f.name})", f.group, f.standing, f.title) for f in flows],
    )
    return _INTRODUCTION + overview + "".join(text for flow in flows for text in _flow(flow))


def _flow(flow: FlowDescription) -> Iterator[str]:
    yield f"\n## {flow.name}\n\n{filled(flow.description)}\n"
    if flow.needs:
        yield "\n" + table(
            ("tool", "install"), [(need.name, f"`{need.install}`") for need in flow.needs]
        )
    if flow.environment is not None:
        packages = ", ".join(f"`{package}`" for package in flow.environment.packages)
        text = f"An environment of its own, by `hawx flow install {flow.name}`: {packages}."
        yield f"\n{filled(text)}\n"
    if flow.options:
        yield "\n" + table(
            ("option", "value", "default", "meaning"),
            [
                (
                    f"`{name}`",
                    _values(option),
                    _default(option),
                    # A line of a table.
                    " ".join(option.description.split()),
                )
                for name, option in flow.options.items()
            ],
        )


def _values(option: FlowOption) -> str:
    if option.type == "choice":
        return ", ".join(f"`{choice}`" for choice in option.choices)
    if option.type == "text":
        return f"text, `{option.pattern}`".replace("|", "\\|")
    if option.type == "switch":
        return "`true`, `false`"
    kind = "whole number" if option.type == "integer" else "number"
    low, high = (None if n is None else f"{n:g}" for n in (option.minimum, option.maximum))
    if low and high:
        return f"{kind}, {low} to {high}"
    return f"{kind} from {low}" if low else f"{kind} up to {high}" if high else kind


def _default(option: FlowOption) -> str:
    if option.default is None:
        return "-"
    text = str(option.default)
    return f"`{text.lower() if option.type == 'switch' else text}`"
