"""``hawx characterize-designs``: what it hands to the sweep, and what it refuses."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.cli.designs import characterize_designs
from hawx_hw.errors import UserError
from hawx_hw.sweep import clusters
from hawx_hw.sweep import sweep as module

app = typer.Typer()
app.command()(characterize_designs)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """A sweep that measures nothing; the arguments of each call."""
    given: list[dict] = []

    @contextmanager
    def connected(**options):
        given.append(options)
        yield "client"

    def sweep(client, space, designs, technology, **options):
        given.append({"client": client, "space": space, "technology": technology, **options})
        return [{"design": number, "area": 10.0 * number} for number in range(designs)]

    monkeypatch.setattr(clusters, "connected", connected)
    monkeypatch.setattr(module, "sweep", sweep)
    monkeypatch.setattr(
        module, "table", lambda records: "".join(f"{record}\n" for record in records)
    )
    return given


def hawx(*words: str) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(app, words)
    return result.stdout, result.exception if result.exit_code else None


def test_the_table_is_written(tmp_path: Path, calls: list[dict]) -> None:
    output = tmp_path / "designs.csv"
    text, error = hawx("--designs", "3", "--seed", "7", "--output", str(output))
    assert error is None
    assert text == f"3 designs in {output}\n"
    assert len(output.read_text().splitlines()) == 3
    cluster, sweep = calls
    assert cluster == {"workers": None, "scheduler": None, "cluster": None, "options": {}}
    assert (sweep["client"], sweep["technology"], sweep["images"]) == ("client", "generic45", 64)
    assert sweep["shared_store"]


def test_as_json(tmp_path: Path, calls: list[dict]) -> None:
    output = tmp_path / "designs.csv"
    text, _ = hawx("--designs", "2", "--output", str(output), "--json")
    assert json.loads(text) == {"designs": 2, "output": str(output)}


def test_a_batch_system_has_options_and_no_common_store(tmp_path: Path, calls: list[dict]) -> None:
    words = ("--cluster", "slurm", "--option", "queue=long", "--option", "cores=4")
    _, error = hawx("--designs", "1", "--output", str(tmp_path / "d.csv"), *words)
    assert error is None
    assert calls[0]["options"] == {"queue": "long", "cores": 4}
    assert not calls[1]["shared_store"]


@pytest.mark.parametrize(
    ("words", "where", "message"),
    [
        (("--scheduler", "tcp://a:1", "--cluster", "lsf"), "--cluster", "not both"),
        (("--option", "queue=long"), "--option", "Options are those of a batch system"),
        (("--cluster", "lsf", "--option", "queue"), "--option", "KEY=VALUE, not 'queue'"),
        (("--datasets", "digits,other"), "--datasets", "other"),
        (("--architecture", "other"), "--architecture", "other"),
    ],
)
def test_wrong_options(calls: list[dict], words: tuple[str, ...], where: str, message: str) -> None:
    _, error = hawx("--designs", "1", *words)
    assert isinstance(error, UserError)
    assert error.where == where
    assert message in error.what
    assert not any("client" in call for call in calls)
