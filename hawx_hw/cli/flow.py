"""``hawx flow``: from the emitted accelerator to an FPGA, to a layout, to another tool's input."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.completion import config_files, flow_names
from hawx_hw.cli.options import BUILD, BuildOption, IndexOption, JsonOption, shown_path
from hawx_hw.cli.search import unstated_index, with_index
from hawx_hw.errors import UserError, shown

if TYPE_CHECKING:
    from hawx_hw.config.flows import FlowDescription
    from hawx_hw.flows.result import FlowResult

__all__ = ["flow"]

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
#: Groups of flows that one command runs.
_GROUPS = ("fpga", "asic")


def flow(
    tool: Annotated[
        str,
        typer.Argument(
            metavar="TOOL",
            help="A flow; fpga or asic: all of a group; list: what there is; install: the "
            "environment of a flow.",
            autocompletion=flow_names,
        ),
    ],
    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            help="A config; with install: the name of a flow.",
            autocompletion=config_files,
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the flow, before the config; repeatable."),
    ] = None,
    setup_only: Annotated[
        bool, typer.Option("--setup-only", help="Write the flow's folder, and run nothing.")
    ] = False,
    label: Annotated[
        str | None,
        typer.Option(help="Sets several runs of one flow apart: the folder is TOOL.LABEL."),
    ] = None,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Take the accelerator further: bitstream, timing, layout, bundles for other tools."""
    if tool == "list":
        _list(as_json)
        return
    if config is None:
        raise UserError("Name a config.", where="CONFIG", hint=f"hawx flow {tool} lenet5.yaml")
    if tool == "install":
        _install(config)
        return
    if label is not None and not _LABEL.fullmatch(label):
        raise UserError(
            "A label has letters, digits, - and _ alone.", where="--label", hint="Try board-25f."
        )
    _run(_chosen(tool), config, option or (), setup_only, label, index, build, as_json)


def _chosen(tool: str) -> list[FlowDescription]:
    from hawx_hw.config.flows import flow_descriptions, flow_named

    if tool not in _GROUPS:
        return [flow_named(tool)]
    # What leads to silicon, then what is written for tools that take it from there.
    groups = (tool,) if tool == "fpga" else ("asic", "bundle")
    chosen = [
        each
        for group in groups
        for each in flow_descriptions().values()
        if each.group == group and each.first_class and _suits(each)
    ]
    if not chosen:
        raise UserError(
            f"No flow of {tool} can run with this Python: nothing is left.",
            where="TOOL",
            hint="hawx flow list shows what there is.",
        )
    return chosen


def _suits(flow: FlowDescription) -> bool:
    """Whether this Python can run a flow; one that it cannot is left out of its group."""
    from hawx_hw.flows.environments import check_python

    try:
        check_python(flow)
    except UserError as error:
        typer.echo(f"{flow.name} is left out: {error}", err=True)
        return False
    return True


def _run(
    flows: Sequence[FlowDescription],
    name: str,
    given: Sequence[str],
    setup_only: bool,
    label: str | None,
    index: int | None,
    build: Path,
    as_json: bool,
) -> None:
    from hawx_hw.cli.report import write_report
    from hawx_hw.config.load import find_config, load_config, located
    from hawx_hw.flows.base import FlowError
    from hawx_hw.flows.environments import environment_python
    from hawx_hw.flows.frame import flow_folder
    from hawx_hw.flows.needs import check_needs
    from hawx_hw.pipeline.flows import options_of, run_config_flow, set_up_config_flow
    from hawx_hw.pipeline.order import REPORT, pipeline_of
    from hawx_hw.util.progress import console_for

    if given and len(flows) > 1:
        raise UserError(
            "Options are of one flow.",
            where="--option",
            hint="Name the flow, or use flows: in YAML.",
        )
    path = shown_path(find_config(name))
    loaded = load_config(path)
    config = with_index(loaded, index)
    changes = dict(_assignment(text) for text in given)
    options = {each.name: options_of(config, each.name, changes) for each in flows}
    if not setup_only:
        # Before minutes go into synthesis, and for all flows at once.
        check_needs(*flows)
        for each in flows:
            if each.environment is not None:
                environment_python(each)
    folder, console = build / config.name, console_for(silent=as_json)
    results, failures = {}, []
    # A flow removes the report, which shows the flows as they were.
    reported = (folder / REPORT).is_file()
    for each in flows:
        try:
            if setup_only:
                place = set_up_config_flow(
                    config, folder, each.name, options[each.name], console,
                    base=path.parent, label=label,
                )  # fmt: skip
                typer.echo(str(place))
                continue
            result = run_config_flow(
                config, folder, each.name, options[each.name], console,
                base=path.parent, label=label,
            )  # fmt: skip
        except FlowError as error:
            # The others of the group may do.
            failures.append(f"{each.name}: {error}" if len(flows) > 1 else str(error))
            continue
        except UserError as error:
            raise located(error, path) from error
        results[each.name] = result
        if not as_json:
            _print(result, flow_folder(folder, each.name, label))
        failures += [f"{each.name}: {failure}" for failure in result.failures]
    if reported and not setup_only:
        pipeline = pipeline_of(config, folder, console, base=path.parent)
        write_report(pipeline, config, folder, name, path.parent, unstated_index(loaded, index))
    if as_json and results:
        content = {name: result.as_dict() for name, result in results.items()}
        typer.echo(json.dumps(content, indent=2, sort_keys=True))
    if failures:
        raise FlowError("; ".join(failures))


def _assignment(text: str) -> tuple[str, Any]:
    """Name and value of ``NAME=VALUE``; the value as YAML reads it."""
    from hawx_hw.util.yaml_text import YamlError, read_yaml

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(
            f"{shown(text)} is no option.", where="--option", hint="Write NAME=VALUE, no spaces."
        )
    try:
        return name, read_yaml(value)
    except YamlError:
        return name, value


def _list(as_json: bool) -> None:
    from hawx_hw.config.flows import flow_descriptions
    from hawx_hw.flows.environments import is_installed
    from hawx_hw.flows.needs import missing
    from hawx_hw.util.tables import print_table

    flows = flow_descriptions().values()
    if as_json:
        typer.echo(json.dumps([each.model_dump(mode="json") for each in flows], indent=2))
        return
    lines = []
    for each in flows:
        needs = [need.install for need in missing([each])]
        if not is_installed(each):
            needs.append(f"hawx flow install {each.name}")
        lines.append(
            (each.name, each.group, each.standing, each.title, "; ".join(needs) or "ready")
        )
    print_table(("flow", "group", "result is", "what", "to install"), lines)


def _install(name: str) -> None:
    from hawx_hw.flows.environments import install
    from hawx_hw.flows.needs import check_needs

    flows = _chosen(name)
    # Of what pip does not bring, before minutes go into what it does.
    check_needs(*flows)
    for each in flows:
        folder = install(each)
        where = "it needs no environment of its own" if folder is None else str(folder)
        typer.echo(f"{each.name}: {where}")


def _print(result: FlowResult, folder: Path) -> None:
    from hawx_hw.flows.lines import result_lines
    from hawx_hw.util.tables import print_table

    print_table(("flow", result.tool), result_lines(result, folder))
