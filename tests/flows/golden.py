"""Golden files: what a flow writes, compared with what it is expected to write.

The expected files are in ``tests/flows/golden/<name>/``. After a change on purpose they are written
anew, and read in the diff of the commit::

    HAWX_RENEW_GOLDEN=1 python -m pytest tests/flows

A test that renews is reported as skipped, so that no run that compares nothing looks like success.
"""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

__all__ = ["RENEW", "assert_golden", "difference"]

GOLDEN = Path(__file__).parent / "golden"
#: Environment variable; ``1`` writes the expected files anew.
RENEW = "HAWX_RENEW_GOLDEN"
#: Names of all files of a folder, one a line; those that are not compared appear here alone.
LISTING = "files.txt"


def assert_golden(
    folder: Path, name: str, compared: Sequence[str] = ("*",), *, golden: Path = GOLDEN
) -> None:
    """Fail with a unified diff where ``folder`` is not as expected.

    Parameters
    ----------
    folder : Path
        What the flow wrote. The names of all its files are compared, in its subfolders too.
    name : str
        Of the folder with the expected files.
    compared : sequence of str
        Patterns, as ``fnmatch`` has them, of the files whose text is compared; ``*`` matches ``/``.
        Leave out what others test, such as the accelerator's own Verilog.
    golden : Path
        Where the expected folders are.
    """
    written = {
        str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    texts = {LISTING: "".join(f"{file}\n" for file in written)} | {
        file: path.read_bytes().decode()
        for file, path in written.items()
        if any(fnmatch(file, pattern) for pattern in compared)
    }
    unused = [
        pattern for pattern in compared if not any(fnmatch(file, pattern) for file in written)
    ]
    assert not unused, f"{folder} has no files {', '.join(unused)}"
    if os.environ.get(RENEW) == "1":
        _renew(golden / name, texts)
        pytest.skip(f"{golden / name} was written anew")
    differences = difference(golden / name, texts)
    assert not differences, f"{differences}\n{RENEW}=1 writes the expected files anew."


def difference(expected: Path, texts: dict[str, str]) -> str:
    """Unified diff of a folder of expected files and of texts by file name; empty where equal."""
    before = {
        str(path.relative_to(expected)): path.read_bytes().decode()
        for path in sorted(expected.rglob("*"))
        if path.is_file()
    }
    lines: list[str] = []
    for file in sorted({*before, *texts}):
        old, new = before.get(file), texts.get(file)
        if old == new:
            continue
        lines.append(f"{file} is {'new' if old is None else 'missing' if new is None else 'other'}")
        lines += difflib.unified_diff(
            _lines(old),
            _lines(new),
            f"expected/{file}" if old is not None else "/dev/null",
            f"written/{file}" if new is not None else "/dev/null",
            lineterm="",
        )
    return "\n".join(lines)


def _lines(text: str | None) -> list[str]:
    # The end of each line counts, and so does a last line without one.
    return [] if text is None else [repr(line)[1:-1] for line in text.splitlines(keepends=True)]


def _renew(expected: Path, texts: dict[str, str]) -> None:
    shutil.rmtree(expected, ignore_errors=True)
    for file, text in texts.items():
        path = expected / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
