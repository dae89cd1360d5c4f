"""``hawx search`` and ``hawx pick``: the front of designs, and one point of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.search.result import SearchResult

__all__ = ["pick", "search", "with_search"]

#: What the table shows of a design's figures, and how.
_COLUMNS = {
    "energy_nj": ("nJ an image", ",.1f"),
    "energy_pj": ("pJ in multipliers", ",.1f"),
    "power_mw": ("mW", ",.1f"),
    "area_um2": ("um2", ",.0f"),
    "latency_us": ("us", ",.2f"),
}


def search(
    config: ConfigArgument,
    algorithm: Annotated[
        str | None, typer.Option(help="hawx, exhaustive, random, nsga2, greedy or hill_climbing.")
    ] = None,
    budget: Annotated[
        int | None, typer.Option(help="Assignments that are run on training images.")
    ] = None,
    granularity: Annotated[
        str | None, typer.Option(help="What gets a block of its own: layer, filter or kernel.")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="energy, power, area, latency, or multiplier_energy."),
    ] = None,
    block: Annotated[
        list[str] | None,
        typer.Option(metavar="B", help="A block beside the exact one; may stand repeatedly."),
    ] = None,
    images: Annotated[
        int | None, typer.Option(help="Training images that an assignment is run on.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--all", help="Show points that are on the front for other figures.")
    ] = False,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Find designs that no other beats in accuracy and energy (or power, area, latency).

    What is left out is as the config's search says. Assignments are run on training images; test
    images only tell what the front is worth. An interrupted search continues.
    """
    wanted = {
        "algorithm": algorithm,
        "budget": budget,
        "granularity": granularity,
        "objective": objective,
        "blocks": block,
        "images": images,
    }
    found, path, folder = _loaded(config, build, wanted)
    _run(found, path, folder, "search", as_json)
    if as_json:
        content = json.loads((folder / "search.json").read_text("utf-8"))
        typer.echo(json.dumps(content, indent=2, sort_keys=True))
    else:
        _print(found, folder, whole)
        named = [key for key, value in wanted.items() if value is not None]
        if named:
            typer.echo(
                f"hawx pick and hawx run go by the config: put {', '.join(named)} under its search "
                "to build from this front."
            )


def pick(
    config: ConfigArgument,
    index: Annotated[
        int | None, typer.Option(help="Number of the point. Left out: by the constraints.")
    ] = None,
    accuracy_drop: Annotated[
        float | None, typer.Option(metavar="POINTS", help="Most points of accuracy to lose.")
    ] = None,
    energy_nj: Annotated[float | None, typer.Option(help="Most energy an image.")] = None,
    power_mw: Annotated[float | None, typer.Option(help="Most power.")] = None,
    area_um2: Annotated[float | None, typer.Option(help="Most area without memories.")] = None,
    latency_us: Annotated[float | None, typer.Option(help="Most time an image.")] = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Turn a point of the front into design.json; searches first, if that was not done."""
    limits = {
        "accuracy_drop": accuracy_drop,
        "energy_nj": energy_nj,
        "power_mw": power_mw,
        "area_um2": area_um2,
        "latency_us": latency_us,
    }
    limits = {name: value for name, value in limits.items() if value is not None}
    if index is not None and limits:
        raise UserError(
            "A point is picked by its number or by constraints, not both", where="--index"
        )
    wanted = {"index": index, **({"constraints": limits} if limits else {})}
    found, path, folder = _loaded(config, build, wanted)
    _run(found, path, folder, "pick", as_json)
    content = json.loads((folder / "design.json").read_text("utf-8"))
    if as_json:
        typer.echo(json.dumps(content, indent=2, sort_keys=True))
        return
    from hawx_hw.search.result import load_result
    from hawx_hw.util.tables import print_table

    result = load_result(folder / "search.json")
    chosen = content["index"]
    print_table(
        _heading(result),
        [_row(chosen, result, "")],
        title=f"{folder / 'design.json'}: point {chosen}",
        numbers=True,
    )
    typer.echo(f"To build it: hawx run {config} --index {chosen}, or index: {chosen} under search.")


def with_search(config: Config, wanted: dict[str, Any]) -> Config:
    """The config with some keys of its search replaced; what is None is left as it is.

    A config that has no search gets one, in place of the blocks that it gives.

    Raises
    ------
    UserError
        A value that the config could not have either.
    """
    from pydantic import ValidationError

    from hawx_hw.config.search import SearchConfig

    given = {} if config.search is None else config.search.model_dump(mode="json")
    changed = {name: value for name, value in wanted.items() if value is not None}
    if "constraints" in changed:
        given["index"] = None
        # Those that are not named stay.
        changed["constraints"] = {**(given.get("constraints") or {}), **changed["constraints"]}
    if config.search is None:
        fixed = config.blocks.default != "exact" or config.blocks.layers
        key = config.accelerator.block_key
        if fixed or key is not None:
            raise UserError(
                "This config gives its blocks; there is nothing to search",
                where="search",
                hint="Give search.blocks in place of blocks and of blocks by PE.",
            )
    try:
        search = SearchConfig.model_validate({**given, **changed})
    except ValidationError as error:
        problem = error.errors()[0]
        key = str(next(part for part in reversed(problem["loc"]) if isinstance(part, str)))
        raise UserError(
            f"{problem['msg'].replace('Input should be', 'It must be')}, not {problem['input']!r}",
            where=f"--{'block' if key == 'blocks' else key}".replace("_", "-"),
            hint=problem.get("ctx", {}).get("hint"),
        ) from error
    return config.model_copy(update={"search": search})


def _loaded(name: str, build: Path, wanted: dict[str, Any]) -> tuple[Config, Path, Path]:
    from hawx_hw.config.load import find_config, load_config

    path = find_config(name)
    found = with_search(load_config(path), wanted)
    return found, path, build / found.name


def _run(config: Config, path: Path, folder: Path, stage: str, silent: bool) -> None:
    from hawx_hw.config.load import located
    from hawx_hw.pipeline.order import STAGES
    from hawx_hw.pipeline.pipeline import Pipeline
    from hawx_hw.util.progress import console_for

    try:
        pipeline = Pipeline(config, folder, STAGES, console_for(silent=silent), base=path.parent)
        pipeline.run(pipeline.needed(stage))
    except UserError as error:
        raise located(error, path) from error


def _print(config: Config, folder: Path, whole: bool) -> None:
    from hawx_hw.search.front import pareto
    from hawx_hw.search.pick import by_constraints
    from hawx_hw.search.result import load_result, points_of
    from hawx_hw.util.tables import print_table

    result = load_result(folder / "search.json")
    assert config.search is not None
    limits = config.search.constraints.model_dump(exclude={"accuracy_drop"}, exclude_none=True)
    drop = config.search.constraints.accuracy_drop
    try:
        chosen = by_constraints(result, drop, limits)
    except UserError:
        chosen = None
    shown = range(len(result.front)) if whole else sorted(pareto(points_of(result)).tolist())
    if chosen is not None and chosen not in shown:
        shown = sorted([*shown, chosen])
    rows = [_row(index, result, "*" if index == chosen else "") for index in shown]
    print_table(_heading(result), rows, numbers=True)
    hidden = len(result.front) - len(rows)
    lines = [
        f"{result.evaluations} assignments on {result.images:,} training images (exact "
        f"{100 * result.exact_accuracy:.2f} %) in {result.seconds:.1f} s with {result.algorithm}; "
        f"hypervolume {result.hypervolume:.6g}."
    ]
    if hidden:
        lines.append(f"{hidden} more are on the front for other figures: --all shows them.")
    if chosen is None:
        lines.append("None keeps to the constraints.")
    else:
        lines.append("* is what the constraints pick.")
    typer.echo("\n".join(lines))
    typer.echo(f"{folder / 'search.json'}")


def _heading(result: SearchResult) -> tuple[str, ...]:
    costs = [_COLUMNS[name][0] for name in _COLUMNS if name in result.front[0].cost]
    return ("point", "points lost", "predicted", "test accuracy", *costs, "array", "blocks")


def _row(index: int, result: SearchResult, mark: str) -> list[str]:
    found = result.front[index]
    told = found.predicted_accuracy
    blocks = ", ".join(found.assignment["blocks"])
    return [
        f"{index}{mark}",
        f"{found.lost:.2f}",
        f"{100 * (result.exact_accuracy - told['value']):.2f}" if told else "",
        "" if found.test_accuracy is None else f"{100 * found.test_accuracy:.2f} %",
        *(f"{found.cost[name]:{_COLUMNS[name][1]}}" for name in _COLUMNS if name in found.cost),
        f"{found.shape['rows']} x {found.shape['columns']}" if found.shape else "",
        blocks or "exact",
    ]
