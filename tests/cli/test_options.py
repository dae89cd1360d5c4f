"""Arguments and options as a command gets them."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption, shown_path

app = typer.Typer()


@app.command()
def show(config: ConfigArgument, build: BuildOption = BUILD, as_json: JsonOption = False) -> None:
    typer.echo(repr((config, build, as_json)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lenet5.yaml"], ("lenet5.yaml", Path("build"), False)),
        (["tiny", "--build", "other", "--json"], ("tiny", Path("other"), True)),
    ],
)
def test_values(words: list[str], expected: tuple[str, Path, bool]) -> None:
    assert CliRunner().invoke(app, words).stdout == f"{expected!r}\n"


def test_a_home_in_the_build_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["tiny", "--build", "~/results"])
    assert result.stdout == f"{('tiny', tmp_path / 'results', False)!r}\n"


def test_the_config_is_required() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "CONFIG" in result.output


def test_paths_are_shown_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "a" / "x.yaml") == Path("a/x.yaml")
    assert shown_path(tmp_path.parent / "x.yaml") == tmp_path.parent / "x.yaml"
