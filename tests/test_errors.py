"""The errors that a user sees."""

from __future__ import annotations

import pytest

from hawx_hw.errors import HawxError, UserError, VerificationError


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
