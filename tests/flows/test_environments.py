"""Environments of a flow's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.config.flows import FlowEnvironment
from hawx_hw.errors import UserError
from hawx_hw.flows import environments
from hawx_hw.flows.base import FlowError
from hawx_hw.flows.environments import (
    check_python,
    environment_folder,
    environment_program,
    environment_python,
    install,
    is_installed,
)
from hawx_hw.util.processes import Finished
from tests.flows.fake import DESCRIPTION

FLOW = DESCRIPTION.model_copy(update={"environment": FlowEnvironment(packages=("six==1.17.0",))})


@pytest.fixture(autouse=True)
def cache(own_cache: Path) -> Path:
    return own_cache


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What would be run; the environment gets its Python, and nothing is installed."""
    calls: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], **_: object) -> Finished:
        calls.append(tuple(command))
        if "venv" in command:
            program = Path(command[-1], "bin", "python")
            program.parent.mkdir(parents=True)
            program.touch()
        return Finished(0, "")

    monkeypatch.setattr(environments, "run", run)
    return calls


def test_a_python_that_is_too_new_is_refused(commands: list[tuple[str, ...]]) -> None:
    old = FlowEnvironment(packages=("six==1.17.0",), newest_python="3.9")
    flow = DESCRIPTION.model_copy(update={"environment": old})
    for use in (install, environment_python):
        with pytest.raises(UserError, match=r"not published for Python 3\.1\d.*Python 3\.9"):
            use(flow)
    assert commands == []
    check_python(flow, (3, 9))
    check_python(FLOW)
    check_python(DESCRIPTION)


def test_it_is_made_once(commands: list[tuple[str, ...]], cache: Path) -> None:
    assert not is_installed(FLOW)
    with pytest.raises(UserError, match=r"six==1\.17\.0.*hawx flow install fake"):
        environment_python(FLOW)
    folder = install(FLOW)
    assert folder is not None
    assert folder.is_relative_to(cache)
    assert "six==1.17.0" in commands[-1]
    assert install(FLOW) == folder
    assert len(commands) == 2
    assert is_installed(FLOW)
    assert environment_python(FLOW) == folder / "bin" / "python"
    with pytest.raises(UserError):
        environment_program(FLOW, "other")


def test_one_that_was_not_finished_is_made_anew(commands: list[tuple[str, ...]]) -> None:
    assert FLOW.environment is not None
    folder = environment_folder(FLOW.environment)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    with pytest.raises(UserError, match="not installed"):
        environment_python(FLOW)
    (folder / "rest").touch()
    install(FLOW)
    assert not (folder / "rest").exists()


def test_other_packages_are_another_environment() -> None:
    assert FLOW.environment is not None
    other = FlowEnvironment(packages=("six==1.16.0",))
    assert environment_folder(other) != environment_folder(FLOW.environment)


def test_pip_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "run", lambda *_, **__: Finished(1, "no such version\n"))
    with pytest.raises(FlowError, match="pip ended with status 1: no such version"):
        install(FLOW)
    assert not is_installed(FLOW)


def test_a_flow_without_one() -> None:
    assert is_installed(DESCRIPTION)
    assert install(DESCRIPTION) is None
