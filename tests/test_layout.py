"""Every module has a test file named after it."""

from __future__ import annotations

import ast
from pathlib import Path

import hawx_hw

PACKAGE = Path(hawx_hw.__file__).parent
TESTS = Path(__file__).parent


def modules() -> set[str]:
    """Modules with code in them, relative to the package; ``__init__`` files only re-export."""
    return {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    }


def test_file(module: str) -> Path:
    path = Path(module)
    return TESTS / path.parent / f"test_{path.name}"


test_file.__test__ = False  # type: ignore[attr-defined]


def test_every_module_has_a_test_file() -> None:
    missing = {module for module in modules() if not test_file(module).is_file()}
    assert sorted(missing) == []


DEFINING = {PACKAGE / "search" / "algorithms" / "__init__.py"}  # choosing one by its name


def test_package_files_define_no_functions_but_for_lazy_imports() -> None:
    """Code in an ``__init__`` file has no test file of its own: it belongs into a module."""
    for path in PACKAGE.rglob("__init__.py"):
        for statement in ast.parse(path.read_text("utf-8")).body:
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                assert statement.name == "__getattr__" or path in DEFINING, path
