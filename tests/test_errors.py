"""The errors that a user sees."""

from __future__ import annotations

import errno
import re

import pytest

from hawx_hw.errors import HawxError, UserError, VerificationError, of_system, printable, shown


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UserError("No such file."), "No such file."),
        (UserError("No such file", where="a.yaml:3: key"), "a.yaml:3: key: No such file"),
        (
            UserError("No such file.", where="a.yaml", hint="Name another."),
            "a.yaml: No such file. Name another.",
        ),
        (UserError("No such file", hint="Name another."), "No such file. Name another."),
    ],
)
def test_what_is_wrong_where_and_what_to_do(error: UserError, text: str) -> None:
    assert str(error) == text


def test_the_parts_of_an_error_can_be_read() -> None:
    error = UserError("Wrong", where="key", hint="Correct it.")
    assert (error.what, error.where, error.hint) == ("Wrong", "key", "Correct it.")


@pytest.mark.parametrize(
    ("error", "status"), [(UserError("u"), 2), (VerificationError("v"), 1), (HawxError("h"), 1)]
)
def test_exit_statuses(error: HawxError, status: int) -> None:
    assert isinstance(error, HawxError)
    assert error.exit_status == status


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        (3.5, "3.5"),
        ({"a": [1, {"b": {}}]}, "{'a': [1, {...}]}"),
        ("ab" * 10_000, r"'[ab]+\.\.\.[ab]+'"),
        (10**1000, r"10*\.\.\.0*"),
        (list(range(10**5)), r"\[0, 1, 2, 3, 4, 5, \.\.\.\]"),
    ],
    ids=range(6),
)
def test_values_are_shown_in_short(value: object, text: str) -> None:
    assert len(shown(value)) <= 100
    assert shown(value) == text or re.fullmatch(text, shown(value))


def test_an_error_of_the_system() -> None:
    error = of_system(OSError(errno.EACCES, "Permission denied", "a/b"))
    assert (error.what, error.where, error.hint) == ("Permission denied", "a/b", None)
    assert str(of_system(OSError(errno.ENOSPC, "No space left", "from", None, "to"))) == (
        "to: No space left. Make room, or choose other folders with --build, HAWX_CACHE and TMPDIR."
    )
    assert str(of_system(OSError())) == "OSError"
    assert str(of_system(TimeoutError("too late"))) == "too late"


def test_texts_of_files_in_a_line() -> None:
    assert printable("a b\n\x1b[2Jé") == "a b\\n\\x1b[2Jé"
    assert printable("x" * 9, 4) == "xxxx..."
