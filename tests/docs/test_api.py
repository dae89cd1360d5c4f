"""docs/reference/api.md: all that is public is on it, with parameters, results and errors."""

from __future__ import annotations

import importlib
import inspect
import operator
import re
from collections.abc import Iterator
from pathlib import Path

import griffe
import pytest

from docs.generate.docstrings import Roles, markdown
from hawx_hw import api
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
NAMES = re.findall(r"^::: ([\w.]+)$", PAGE, re.MULTILINE)
#: Of what a class or function is documented with nothing to raise.
RAISES_NOTHING = {"Project.accuracy", "Built", "Split.take", "HawxError", "UserError",
                  "VerificationError"}  # fmt: skip


def load(name: str) -> griffe.Object:
    """What the sources state of a name, from the file that defines it."""
    module, _, attribute = name.rpartition(".")
    defined = getattr(importlib.import_module(module), attribute)
    path = Path(inspect.getsourcefile(defined))
    read = griffe.visit(path.stem, filepath=path, code=path.read_text(encoding="utf-8"))
    return read[attribute]


def public() -> Iterator[tuple[str, griffe.Object]]:
    """The documented classes and functions, and the public methods of the classes."""
    for name in NAMES:
        each = load(name)
        yield each.name, each
        for member in each.members.values():
            if member.is_function and not member.name.startswith("_"):
                yield f"{each.name}.{member.name}", member


ALL = dict(public())


def sections(each: griffe.Object) -> dict[str, list]:
    assert each.docstring is not None, each.path
    return {
        section.kind.value: section.value
        for section in each.docstring.parse("numpy", warnings=False)
        if section.kind.value != "text"
    }


def test_all_that_the_module_promises_is_on_the_page() -> None:
    assert {f"hawx_hw.api.{name}" for name in api.__all__} <= set(NAMES)
    assert len(ALL) > 14


@pytest.mark.parametrize("name", ALL)
def test_parameters(name: str) -> None:
    module = next(each for each in NAMES if each.endswith(f".{name.partition('.')[0]}"))
    given = operator.attrgetter(name)(importlib.import_module(module.rpartition(".")[0]))
    documented = {p.name: p for p in sections(ALL[name]).get("parameters", ())}
    # Others have the arguments of Exception.
    if "__init__" in vars(given) or not inspect.isclass(given):
        parameters = [each for each in inspect.signature(given).parameters if each != "self"]
        assert parameters == list(documented)
    assert [p.name for p in documented.values() if not p.description] == []


@pytest.mark.parametrize("name", ALL)
def test_results(name: str) -> None:
    each = ALL[name]
    if each.is_function and str(each.returns) != "None":
        assert sections(each).get("returns"), f"{each.path} has no section Returns"


@pytest.mark.parametrize("name", ALL)
def test_errors(name: str) -> None:
    stated = bool(sections(ALL[name]).get("raises"))
    assert stated == (name not in RAISES_NOTHING)


@pytest.mark.parametrize("name", ALL)
def test_arrays_have_shapes(name: str) -> None:
    for parameter in sections(ALL[name]).get("parameters", ()):
        if "ndarray" in str(parameter.annotation):
            assert re.search(r"\(\w+,", parameter.description), (name, parameter.name)


def test_an_attribute_is_documented() -> None:
    for _, member in inspect.getmembers(api.Project):
        if isinstance(member, property) or type(member).__name__ == "cached_property":
            assert member.__doc__


def test_roles_become_code() -> None:
    assert (
        markdown("See :class:`~a.b.Text`, :meth:`run` and ``x``.") == "See `Text`, `run` and `x`."
    )
    module = griffe.visit("m", filepath=None, code='"""A::\n\n    x = 1\n\nOf :func:`a.f`."""')
    Roles().on_object(obj=module)
    assert module.docstring.value == "A:\n\n    x = 1\n\nOf `f`."
