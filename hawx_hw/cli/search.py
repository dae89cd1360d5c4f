"""``hawx search`` and ``hawx pick``: the front of designs, and one point of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.search.result import SearchResult

__all__ = ["pick", "search", "unstated_index", "with_index", "with_search"]

#: Headings and formats of the metrics that the table shows.
_METRICS = {
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
        int | None, typer.Option(help="Assignments that are evaluated on training images.")
    ] = None,
    granularity: Annotated[
        str | None, typer.Option(help="What gets a block of its own: layer, filter or kernel.")
    ] = None,
    groups: Annotated[
        int | None, typer.Option(help="Parts of a layer's filters that have the same block.")
    ] = None,
    slices: Annotated[
        str | None, typer.Option(help="What a slice of a kernel is, as in search.slices.")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="energy, power, area, latency, or multiplier_energy."),
    ] = None,
    block: Annotated[
        list[str] | None,
        typer.Option(metavar="B", help="A block beside the exact one; may stand repeatedly."),
    ] = None,
    images: Annotated[int | None, typer.Option(help="Training images of an evaluation.")] = None,
    whole: Annotated[
        bool, typer.Option("--all", help="Show points that are on the front by other metrics.")
    ] = False,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Find designs that no other beats in accuracy and energy (or power, area, latency).

    What is left out is as in the config's search. Assignments are evaluated on training images;
    test images only show what the front is worth. An interrupted search continues.
    """
    given = {
        "algorithm": algorithm,
        "budget": budget,
        "granularity": granularity,
        "groups": groups,
        "slices": slices,
        "objective": objective,
        "blocks": block,
        "images": images,
    }
    loaded, path, folder = _loaded(config, build, given)
    _run(loaded, path, folder, "search", as_json)
    if as_json:
        typer.echo(read_text(folder / "search.json"), nl=False)
    else:
        _print(loaded, folder, whole)
        named = [key for key, value in given.items() if value is not None]
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
        float | None,
        typer.Option(metavar="POINTS", help="Largest accuracy drop, in percentage points."),
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
    given = {"index": index, **({"constraints": limits} if limits else {})}
    loaded, path, folder = _loaded(config, build, given)
    _run(loaded, path, folder, "pick", as_json)
    if as_json:
        typer.echo(read_text(folder / "design.json"), nl=False)
        return
    from hawx_hw.design.design import Design
    from hawx_hw.search.retrained import load_candidates
    from hawx_hw.util.tables import print_table

    result = load_candidates(folder)
    chosen = Design.load(folder / "design.json", path.parent).origin
    assert chosen is not None
    print_table(
        _heading(result),
        [_line(chosen, result, "")],
        title=f"{folder / 'design.json'}: point {chosen}"
        + (f", memory model {result.memory_model}" if result.memory_model else ""),
        numbers=True,
    )
    named = result.named(chosen)
    typer.echo(f"To build it: hawx run {config} --index {named}, or index: {named} under search.")


def with_search(config: Config, options: dict[str, Any]) -> Config:
    """The config with some keys of its search replaced; what is None is left as it is.

    A config that has no search gets one, in place of the blocks that it gives.

    Raises
    ------
    UserError
        A value that the config could not have either.
    """
    from pydantic import ValidationError

    from hawx_hw.config.search import SearchConfig

    # What the config leaves out stays left out: only a number that is given is checked.
    before = config.search
    given = {} if before is None else before.model_dump(mode="json", exclude_unset=True)
    changed = {name: value for name, value in options.items() if value is not None}
    if "constraints" in changed:
        given["index"] = None
        # Those that are not named stay.
        changed["constraints"] = {**(given.get("constraints") or {}), **changed["constraints"]}
    given = {key: value for key, value in given.items() if key not in _unused(changed)}
    if config.search is None:
        fixed = config.blocks.default != "exact" or config.blocks.layers
        key = config.accelerator.block_key
        if fixed or key is not None:
            raise UserError(
                "This config gives its blocks; there is nothing to search",
                where="search",
                hint="Give search.blocks in place of "
                + ("blocks." if key is None else f"blocks and of accelerator.{key}."),
            )
    try:
        search = SearchConfig.model_validate({**given, **changed})
    except ValidationError as error:
        problem = error.errors()[0]
        context = problem.get("ctx", {})
        loc = (*context.get("key", "").split("."), *problem["loc"])
        key = str(next(part for part in reversed(loc) if isinstance(part, str)))
        value = "" if context.get("key") else f", not {problem['input']!r}"
        raise UserError(
            f"{problem['msg'].replace('Input should be', 'It must be')}{value}",
            where=f"--{'block' if key == 'blocks' else key}".replace("_", "-"),
            hint=context.get("hint"),
        ) from error
    return config.model_copy(update={"search": search})


def _unused(changed: dict[str, Any]) -> set[str]:
    """Keys of a config that divide what the units of these options are not divided into."""
    unused = set()
    granularity, slices = changed.get("granularity"), changed.get("slices")
    if granularity not in (None, "kernel"):
        unused |= {"slices", "channel_parts"}
    if granularity == "layer":
        unused.add("groups")
    if slices not in (None, "channels"):
        unused.add("channel_parts")
    return unused


def with_index(config: Config, index: int | None) -> Config:
    """The config with the point of the front that the option ``--index`` gives, if it is given."""
    return with_search(config, {"index": index}) if index is not None else config


def unstated_index(config: Config, index: int | None) -> int | None:
    """What has to stand behind ``--index`` in commands that need the results of this one.

    Parameters
    ----------
    config : Config
        As it is in its file.
    index : int or None
        The option of this command.

    Returns
    -------
    int or None
        None where the config states the same.
    """
    stated = None if config.search is None else config.search.index
    return None if index == stated else index


def _loaded(name: str, build: Path, options: dict[str, Any]) -> tuple[Config, Path, Path]:
    from hawx_hw.config.load import find_config, load_config

    path = find_config(name)
    config = with_search(load_config(path), options)
    return config, path, build / config.name


def _run(config: Config, path: Path, folder: Path, stage: str, silent: bool) -> None:
    from hawx_hw.config.load import located
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.util.progress import console_for

    try:
        pipeline = pipeline_of(config, folder, console_for(silent=silent), base=path.parent)
        pipeline.run(pipeline.needed(stage))
    except UserError as error:
        raise located(error, path) from error


def _print(config: Config, folder: Path, whole: bool) -> None:
    from hawx_hw.search.pareto import pareto
    from hawx_hw.search.pick import by_constraints
    from hawx_hw.search.result import load_result, points_of
    from hawx_hw.util.tables import print_table

    result = load_result(folder)
    assert config.search is not None
    rules = config.search.constraints
    try:
        chosen = by_constraints(result, rules.accuracy_drop, rules.limits, rules.confidence)
    except UserError:
        chosen = None
    shown = range(len(result.front)) if whole else sorted(pareto(points_of(result)).tolist())
    if chosen is not None and chosen not in shown:
        shown = sorted([*shown, chosen])
    lines = [_line(index, result, "*" if index == chosen else "") for index in shown]
    print_table(_heading(result), lines, numbers=True)
    hidden = len(result.front) - len(lines)
    notes = [
        f"{result.evaluations} assignments on {result.images:,} training images (exact "
        f"{100 * result.exact_accuracy:.2f} %) in {result.seconds:.1f} s with {result.algorithm}."
    ]
    if result.select_images:
        notes.append(
            f"Accuracy drops are estimates from {result.select_images:,} images that no search "
            "saw, corrected for the choice of the best; between the bounds with 95 % probability."
        )
    if result.memory_model:
        notes.append(f"Energy and power count memories by the model {result.memory_model}.")
    if hidden:
        notes.append(f"{hidden} more are on the front by other metrics: --all shows them.")
    if chosen is None:
        notes.append("None meets the constraints.")
    else:
        notes.append(
            "* is what the constraints pick"
            + ("." if config.training is None else " without retraining: see hawx retrain.")
        )
    typer.echo("\n".join(notes))
    typer.echo(f"{folder / 'search.json'}")


def _heading(result: SearchResult) -> tuple[str, ...]:
    metrics = [_METRICS[name][0] for name in _METRICS if name in result.front[0].metrics]
    return (
        "point",
        "accuracy drop",
        "between",
        "predicted",
        "test accuracy",
        *metrics,
        "size",
        "blocks",
    )


def _line(index: int, result: SearchResult, mark: str) -> list[str]:
    """A point in the table; drops are in percentage points."""
    point = result.designs[index]
    predicted, estimate = point.predicted_accuracy, point.estimate
    return [
        f"{index}{mark}",
        f"{point.estimated_drop:z.2f}",
        f"{estimate.low:z.2f} to {estimate.high:z.2f}" if estimate and not point.exact else "",
        f"{100 * (result.exact_accuracy - predicted.value):z.2f}" if predicted else "",
        "" if point.test_accuracy is None else f"{100 * point.test_accuracy:.2f} %",
        *(f"{point.metrics[n]:{_METRICS[n][1]}}" for n in _METRICS if n in point.metrics),
        result.size_of(point),
        ", ".join((*point.blocks, *(("retrained",) if point.retrained else ()))),
    ]
