"""``hawx store`` and the checks of ``hawx characterize-designs``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.cli.designs import characterize_designs
from hawx_hw.cli.store import app
from hawx_hw.errors import UserError
from hawx_hw.synthesis.modules import synthesize_module
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load

TEXT = "module inverter(input a, output y); assign y = ~a; endmodule\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("HAWX_STORE", str(tmp_path / "store.sqlite"))
    return Store(tmp_path / "store.sqlite")


def hawx(*words: str, command: typer.Typer = app):
    result = CliRunner().invoke(command, words)
    return result.stdout, result.exception if result.exit_code else None


def test_an_entry_is_shown_with_all_that_it_came_from(store: Store) -> None:
    module = synthesize_module({"i.v": TEXT}, "inverter", load("generic45"), store=store)
    key = module.key
    text, error = hawx("show", key[:12])
    assert error is None
    assert key in text
    assert "assign y = ~a" in text
    assert "technology generic45" in text
    assert "result.modules.hawx_module.INV: 1" in text
    assert module.netlist.report().cells == 1
    content = json.loads(hawx("show", key, "--json")[0])
    assert content["inputs"]["library"] == load("generic45").digest
    assert json.loads(hawx("stats", "--json")[0])["kinds"]["module"]["entries"] == 1
    assert "module" in hawx("stats")[0]


def test_prune(store: Store) -> None:
    for number in range(3):
        store.put("metrics", {"number": number}, number + 1)
    _, error = hawx("prune")
    assert isinstance(error, UserError)
    assert hawx("prune", "--older-than", "1")[0] == "0 entries removed\n"
    assert hawx("prune", "--kind", "other")[0] == "0 entries removed\n"
    assert hawx("prune", "--all")[0] == "3 entries removed\n"


@pytest.mark.parametrize("words", [("stats",), ("prune", "--all"), ("show", "abcdef")])
def test_a_store_that_cannot_be_used(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store.sqlite").mkdir()
    monkeypatch.setenv("HAWX_STORE", str(tmp_path / "store.sqlite"))
    _, error = hawx(*words)
    assert isinstance(error, UserError)
    assert str(error).startswith(
        f"{tmp_path / 'store.sqlite'}: The store cannot be used: unable to open database file. "
    )


def test_no_such_entry(store: Store) -> None:
    for key, message in (("abcd", "No entry begins with 'abcd'"), ("x", "four hexadecimal")):
        error = hawx("show", key)[1]
        assert isinstance(error, UserError)
        assert message in str(error)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--scheduler", "tcp://x:1", "--cluster", "slurm"), "not both"),
        (("--option", "queue=long"), "Options are those of a batch system"),
        (("--cluster", "slurm", "--option", "queue"), "must be KEY=VALUE, not 'queue'"),
        (("--cluster", "pbs"), "There is no batch system 'pbs'"),
        (("--datasets", "cifar10"), "datasets must be digits, mnist or both"),
    ],
)
def test_sweeps_that_make_no_sense(words: tuple[str, ...], message: str) -> None:
    command = typer.Typer()
    command.command()(characterize_designs)
    error = hawx("--designs", "1", "--json", *words, command=command)[1]
    assert isinstance(error, UserError)
    assert message in str(error)
