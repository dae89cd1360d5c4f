"""Causes of traps."""

from __future__ import annotations

from hawx_hw.architectures.simt.isa import OPERATIONS
from hawx_hw.architectures.simt.traps import CAUSES, Cause


def test_every_cause_is_described() -> None:
    assert list(CAUSES) == list(Cause)
    assert all(what and value for what, value in CAUSES.values())


def test_causes_are_numbered_from_one() -> None:
    assert [int(cause) for cause in Cause] == list(range(1, len(Cause) + 1))


def test_every_cause_but_those_of_all_instructions_is_one_of_some_instruction() -> None:
    named = {cause for operation in OPERATIONS.values() for cause in operation.traps}
    assert set(Cause) - named == {Cause.ENCODING, Cause.WATCHDOG}
