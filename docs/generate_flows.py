"""Writes docs/flow-options.md from the files flow.toml: python docs/generate_flows.py"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from hawx_hw.config.flows import FlowDescription, FlowOption, flow_descriptions
from hawx_hw.util.files import write_text

__all__ = ["document"]

#: Characters of a line.
_WIDTH = 120
_INTRODUCTION = """\
# Flows: tools and options

Every flow with the tools that it needs and its options; written by `python docs/generate_flows.py`
from the files `flows/*/flow.toml`. [flows.md](flows.md) describes what each does and what its
result is worth.

Options stand in the config below `flows:` and the flow's name, or on the command line:

```sh
hawx flow TOOL CONFIG --option NAME=VALUE
```

"""


def document() -> str:
    """The page."""
    flows = flow_descriptions().values()
    overview = _table(
        ("flow", "group", "result", "what"),
        [(f"[`{f.name}`](#{f.name})", f.group, f.standing, f.title) for f in flows],
    )
    return _INTRODUCTION + overview + "".join(text for flow in flows for text in _flow(flow))


def _flow(flow: FlowDescription) -> Iterator[str]:
    yield f"\n## {flow.name}\n\n{_filled(flow.description)}\n"
    if flow.needs:
        yield "\n" + _table(
            ("tool", "install"), [(need.name, f"`{need.install}`") for need in flow.needs]
        )
    if flow.environment is not None:
        packages = ", ".join(f"`{package}`" for package in flow.environment.packages)
        text = f"An environment of its own, by `hawx flow install {flow.name}`: {packages}."
        yield f"\n{_filled(text)}\n"
    if flow.options:
        yield "\n" + _table(
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


def _filled(text: str) -> str:
    return fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


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


def _table(heading: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    every = [heading, ["---"] * len(heading), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in every)


if __name__ == "__main__":
    write_text(Path(__file__).parent / "flow-options.md", document())
