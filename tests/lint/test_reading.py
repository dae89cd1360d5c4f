"""The package reads files through hawx_hw.util.files, which never waits for a pipe."""

from __future__ import annotations

import ast

import pytest

from tests.lint.check_words import ROOT, tracked_files

METHODS = {"read_text", "read_bytes"}
#: Letters of the modes in which a file is not only read.
WRITING = set("wax+")


def reads(source: str) -> list[int]:
    """The lines that read a file by a method of its path, or open one to read it."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr in METHODS or (node.func.attr == "open" and _reads(node)))
    ]


def _reads(call: ast.Call) -> bool:
    arguments = [*call.args, *(k.value for k in call.keywords if k.arg == "mode")]
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in (
        "os",
        "gzip",
        "webbrowser",
    ):
        return False
    if any(ast.unparse(argument).startswith("io.BytesIO(") for argument in arguments):
        return False  # what was read before
    modes = [a.value for a in arguments if isinstance(a, ast.Constant)]
    return not any(isinstance(mode, str) and WRITING & set(mode) for mode in modes)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("path.read_text('utf-8')", [1]),
        ("(a / b).read_bytes()", [1]),
        ("path.open()", [1]),
        ("path.open('rb')", [1]),
        ("path.open('wb')", []),
        ("os.open(path, 0)", []),
        ("webbrowser.open(address)", []),
        ("Image.open(path)", [1]),
        ("Image.open(io.BytesIO(content), formats=FORMATS)", []),
        ("read_text(path)", []),
    ],
)
def test_the_rule(call: str, expected: list[int]) -> None:
    assert reads(call) == expected


def test_no_module_reads_in_another_way() -> None:
    files = [path for path in tracked_files() if path.startswith("hawx_hw/")]
    calls = [
        f"{path}:{line}"
        for path in files
        if path.endswith(".py")
        for line in reads((ROOT / path).read_text("utf-8"))
    ]
    assert calls == []
