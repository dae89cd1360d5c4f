"""``hawx characterize-designs``: the space that is swept, the workers, and the table."""

from __future__ import annotations

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
from hawx_hw.sweep.space import Space


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What sweeps and their workers were asked for."""
    calls: list[dict] = []

    @contextmanager
    def connected(**options):
        calls.append(options)
        yield "client"

    def sweep(client, space, count, technology, **options):
        calls.append({"first": space[0], "technology": technology, **options})
        content = space[0].content
        return [{"index": n, "key": f"{n}", "area": n, "design": content} for n in range(count)]

    monkeypatch.setattr(clusters, "connected", connected)
    monkeypatch.setattr(module, "sweep", sweep)
    return calls


@pytest.fixture
def hawx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(characterize_designs)

    def run(*words: str) -> tuple[str, BaseException | None]:
        result = CliRunner().invoke(app, ("--designs", "3", *words))
        return result.stdout, result.exception if result.exit_code else None

    return run


def test_a_sweep_here(hawx, calls: list[dict]) -> None:
    printed, error = hawx("--seed", "5", "--datasets", "digits", "--images", "8", "--workers", "2")
    assert error is None
    assert "3 designs in designs.csv" in printed
    assert (
        Path("designs.csv").read_text(encoding="utf-8").startswith("index,key,area,design\n0,0,0,")
    )
    workers, sweep = calls
    assert workers == {"workers": 2, "scheduler": None, "cluster": None, "options": {}}
    assert sweep["first"] == Space(5, datasets=["digits"])[0]
    assert (sweep["technology"], sweep["images"]) == ("generic45", 8)
    assert sweep["shared_store"] is True


def test_a_batch_system(hawx, calls: list[dict]) -> None:
    words = ("--cluster", "slurm", "--option", "queue=long", "--option", "cores=2")
    printed, error = hawx(*words, "--output", "mine.csv", "--json")
    assert error is None
    assert json.loads(printed) == {"designs": 3, "output": "mine.csv"}
    workers, sweep = calls
    assert workers["options"] == {"queue": "long", "cores": 2}
    assert sweep["shared_store"] is False


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--scheduler", "tcp://x:1", "--cluster", "slurm"), "a scheduler or a batch system"),
        (("--option", "queue=long"), "Options are those of a batch system"),
        (("--cluster", "slurm", "--option", "queue"), "An option must be KEY=VALUE, not 'queue'"),
        (("--datasets", "cifar10"), "datasets must be digits, mnist or both"),
        (("--architecture", "x"), "There is no architecture 'x'"),
    ],
)
def test_what_is_refused(hawx, calls: list[dict], words: tuple[str, ...], message: str) -> None:
    _, error = hawx(*words)
    assert isinstance(error, UserError)
    assert message in str(error)
