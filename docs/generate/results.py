"""docs/reference/json.md: the JSON files of a run, from the models that read and write them."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import hawx_hw
from docs.generate.docstrings import markdown
from docs.generate.tables import cell, filled, table
from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.pipeline.order import STAGES
from hawx_hw.report.result import SummaryResult
from hawx_hw.util.results import Record, Result

__all__ = ["document", "fields_of", "meanings_of", "records_of"]

_INTRODUCTION = """\
# JSON files

What the stages of a run write into `build/NAME/`, key by key; written by
`python -m docs.generate reference/json.md` from the models that read and write the files. Every
file has `schema`, the version of its keys, beside `stage`, `config` (a hash of the settings that
reach the stage) and `versions` (of tools and libraries). A key with a default is left out of the
file where it has that value.

For programs of your own, [`summary.json`](summary.md) is the one to
read: its keys are always there.

"""


#: Modules that declare results.
_MODULES = ("result", "drawing_result", "program", "references", "choice_result", "profiling")
#: Units, by the part of a key that names them.
_UNITS = {
    "bits": "bits", "bytes": "bytes", "cycles": "cycles", "ff": "fF", "fj": "fJ",
    "images": "images", "kib": "KiB", "mhz": "MHz", "mm": "mm", "mw": "mW",
    "nj": "nJ", "ns": "ns", "nw": "nW",
    "pf": "pF", "pj": "pJ", "seconds": "s", "um": "um", "um2": "um2", "us": "us", "uw": "uW",
    "volts": "V",
}  # fmt: skip
_WORDS = {
    Any: "any", NoneType: "null", str: "text", int: "whole number", float: "number",
    bool: "boolean", object: "any",
}  # fmt: skip


def document() -> str:
    """The page."""
    order = [stage.name for stage in STAGES]
    kinds = sorted(_results(), key=lambda kind: (*_place(kind, order), kind.FILE))
    overview = table(
        ("file", "stage", "content", "schema"),
        [
            (f"[`{kind.FILE}`](#{_anchor(kind.FILE)})", f"`{kind.STAGE}`", _content(kind),
             str(kind.SCHEMA))
            for kind in kinds
        ],
    )  # fmt: skip
    described: set[type] = set()
    return _INTRODUCTION + overview + "".join(_file(kind, described) for kind in kinds)


#: What is made of what by commands that are no stages.
_OTHERS = {
    "flow": "What came of a flow to FPGA or silicon.",
    "proofs": "Proofs of the blocks of an accelerator, by `hawx blocks prove --of CONFIG`.",
}


def _place(kind: type[Result], order: list[str]) -> tuple[int]:
    return (order.index(kind.STAGE) if kind.STAGE in order else len(order),)


def _content(kind: type[Result]) -> str:
    """What a file's stage makes of what, from the first line of its module."""
    module = next((stage.run.__module__ for stage in STAGES if stage.name == kind.STAGE), None)
    if module is None:
        return _OTHERS[kind.STAGE]
    text = importlib.import_module(module).__doc__ or ""
    return cell(text.partition("\n\n")[0].replace("->", "→"))


def _anchor(file: str) -> str:
    return re.sub(r"[^\w-]", "", file.lower())


def _results() -> Iterator[type[Result]]:
    """The files of all rooms, but the one that the user guide describes."""
    for module in pkgutil.walk_packages(hawx_hw.__path__, "hawx_hw."):
        if module.name.rpartition(".")[2] in _MODULES:
            importlib.import_module(module.name)
    yield from (each for each in _subclasses(Result) if each is not SummaryResult)


def _subclasses(kind: type[Result]) -> Iterator[type[Result]]:
    for each in kind.__subclasses__():
        if hasattr(each, "FILE") and each.__module__.startswith("hawx_hw."):
            yield each
        yield from _subclasses(each)


def _file(kind: type[Result], described: set[type]) -> str:
    """The section of a file, with the records in it that no section before describes."""
    text = f"\n## `{kind.FILE}`\n"
    queue: list[type] = [kind]
    while queue:
        record = queue.pop(0)
        if record in described:
            continue
        described.add(record)
        if record is not kind:
            text += f"\n### {record.__name__}\n"
        text += f"\n{filled(_summary(record))}\n"
        lines = list(_lines(record))
        if lines:
            text += "\n" + table(("key", "type", "unit", "meaning"), lines)
        queue += [inner for kind in fields_of(record).values() for inner in records_of(kind)]
    return text


def fields_of(record: type) -> Mapping[str, Any]:
    """The keys of a record, with the type of each."""
    if dataclasses.is_dataclass(record):
        hints = get_type_hints(record)
        return {field.name: hints[field.name] for field in dataclasses.fields(record)}
    return {field.alias or name: field.annotation for name, field in record.model_fields.items()}


def _lines(record: type) -> Iterator[tuple[str, str, str, str]]:
    meanings = meanings_of(record)
    for key, annotation in fields_of(record).items():
        kind = _kind(annotation)
        unit = next((_UNITS[part] for part in key.split("_")[::-1] if part in _UNITS), "")
        yield (
            f"`{key}`",
            kind,
            unit if "number" in kind else "",
            cell(meanings.get(key) or _of_records(annotation)),
        )


def _of_records(annotation: Any) -> str:
    """The first sentence of the record that a key without a meaning of its own contains."""
    for record in records_of(annotation):
        return re.split(r"(?<=[.:;]) ", _summary(record))[0]
    return ""


def _summary(record: type) -> str:
    """What stands before the parameters in a docstring, its markup as that of Markdown."""
    text = re.split(r"\n\n(?=Parameters\n---)", inspect.getdoc(record) or "")[0]
    return markdown(" ".join(text.split()))


def meanings_of(record: type) -> Mapping[str, str]:
    """The meaning of every field, from the docstrings of a record and of those it extends."""
    meanings: dict[str, str] = {}
    for kind in reversed(record.__mro__):
        text = (inspect.cleandoc(kind.__doc__) if kind.__doc__ else "").partition(
            "Parameters\n----------\n"
        )[2]
        names: list[str] = []
        for line in text.partition("\n\n\n")[0].splitlines():
            head = re.match(r"([\w, ]+?) : ", line)
            if line and not line.startswith(" "):
                names = head[1].split(", ") if head else []
            else:
                for name in names:
                    meanings[name] = f"{meanings.get(name, '')} {line.strip()}".strip()
    return {name: markdown(text) for name, text in meanings.items()}


def _kind(annotation: Any) -> str:
    """The type as the file has it; records lead to their section."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is AcceleratorConfig:
        return "[section `accelerator`](config.md) of a config"
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_kind(each) for each in arguments)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return f"list of {len(arguments)}: {', '.join(_kind(each) for each in arguments)}"
    if origin in (tuple, list):
        return f"list of {_kind(arguments[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"mapping to {_kind(arguments[1])}"
    if hasattr(annotation, "__value__"):
        return _kind(annotation.__value__)
    if _is_record(annotation):
        file = getattr(annotation, "FILE", None)
        anchor = _anchor(file) if file else annotation.__name__.lower()
        return f"[{annotation.__name__}](#{anchor})"
    return _WORDS[annotation]


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and (
        issubclass(annotation, Record) or dataclasses.is_dataclass(annotation)
    )


def records_of(annotation: Any) -> Iterator[type]:
    """The records that a type contains."""
    if _is_record(annotation):
        yield annotation
    for each in get_args(annotation):
        yield from records_of(each)
