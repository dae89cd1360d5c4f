"""``hawx host``: images through an accelerator on a board."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.options import BUILD, JsonOption
from hawx_hw.errors import VerificationError
from hawx_hw.util.paths import user_path

if TYPE_CHECKING:
    from hawx_hw.host.session import Identity, Inference, Session
    from hawx_hw.pipeline.hosted_build import HostedBuild

__all__ = ["host"]

#: Logits that are printed.
_LARGEST = 10


def host(
    port: Annotated[
        str, typer.Argument(metavar="PORT", help="A serial port, such as /dev/ttyUSB0 or COM3.")
    ],
    image: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X",
            help="The number of a test image, or a PNG, JPEG or WebP file; repeatable. Left out: "
            "the board is only identified.",
        ),
    ] = None,
    build: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The build folder of the design, such as build/lenet5; left out: the one in "
            "build/ that the board's design is of.",
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Compare results and cycles with the integer model."),
    ] = False,
    registers: Annotated[
        bool, typer.Option("--registers", help="Print all registers at the end.")
    ] = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="Send no parameters where the board has some, even if those of another build.",
        ),
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Reset the accelerator first; parameters are lost.")
    ] = False,
    baud: Annotated[
        int, typer.Option(min=1, help="Of the UART, as the host top was built.")
    ] = 115200,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds that an answer or an inference may take.")
    ] = 5.0,
    as_json: JsonOption = False,
) -> None:
    """Send images to an accelerator on a board, behind the host top, and print what it answers."""
    from hawx_hw.host.connection import Connection
    from hawx_hw.host.session import Session
    from hawx_hw.pipeline.hosted_build import HostedBuild, find_build
    from hawx_hw.util.progress import ProgressDisplay, console_for

    chosen = None if build is None else HostedBuild.read(user_path(build, "--build"))
    with (
        Connection(port, baud=baud, timeout=timeout) as connection,
        ProgressDisplay(console_for(silent=as_json)) as progress,
    ):
        session = Session(connection, timeout=timeout)
        identity = session.identify()
        if chosen is None:
            chosen = find_build(BUILD, identity.config_hash, port)
        chosen.check(identity, port)
        # A wrong image is refused before anything is sent.
        images = [(name, *chosen.image(name)) for name in image or ()]
        session.prepare(identity, reset=reset)
        # Ten bits a byte.
        with progress.task("loading the parameters", estimate=10 * identity.parameter_bytes / baud):
            loaded = _load(session, identity, chosen, keep=keep)
        report: dict[str, Any] = {
            "port": port,
            "build": str(chosen.folder),
            "title": chosen.program.title,
            "config_hash": chosen.program.config_hash,
            "parameters_sent": loaded,
            "images": [],
        }
        for name, codes, label in images:
            with progress.task(f"image {name}", estimate=10 * identity.image_bytes / baud):
                inference = session.infer(_packet(codes), identity)
            entry = {"image": name, "label": label, **_result(inference, chosen)}
            if compare:
                entry["differences"] = _differences(inference, chosen, codes)
            report["images"].append(entry)
        if registers:
            report["registers"] = _registers(session, chosen)
    if as_json:
        typer.echo(json.dumps(report, indent=2, sort_keys=True))
    else:
        _print(report)
    _check(report["images"])


def _load(session: Session, identity: Identity, build: HostedBuild, *, keep: bool) -> bool:
    """Load the parameters, where they are not built in; returns whether it did.

    The accelerator's hash is that of the config, not of the weights: nothing that can be asked
    shows whether the parameters on the board are those of this build.
    """
    if not identity.parameter_bytes or (session.loaded and keep):
        return False
    session.load(build.packet())
    return True


def _packet(codes: Any) -> bytes:
    from hawx_hw.host.tops import packets

    return packets(codes[None])[0]


def _result(inference: Inference, build: HostedBuild) -> dict[str, Any]:
    from hawx_hw.host.results import classify

    result = classify(inference.result, build.graph)
    return {
        "class": result.label,
        "cycles": inference.cycles,
        "codes": result.codes.tolist(),
        "logits": [round(float(each), 6) for each in result.logits.ravel()],
    }


def _differences(inference: Inference, build: HostedBuild, codes: Any) -> list[str]:
    """What differs from the integer model, in words."""
    import numpy as np

    from hawx_hw.graph.reference import run
    from hawx_hw.host.results import classify

    observed = classify(inference.result, build.graph).codes
    plan = build.plan
    expected = run(plan.graph, codes[None], plan.assignment)[0]
    wrong = np.argwhere(observed != expected)
    differences = []
    if len(wrong):
        place = tuple(map(int, wrong[0]))
        where = ", ".join(map(str, place))
        differences.append(
            f"{len(wrong):,} of {expected.size:,} codes differ, the first at {where}: "
            f"{observed[place]}, not {expected[place]}"
        )
    if inference.cycles != build.program.cycles.core:
        differences.append(f"{inference.cycles:,} cycles, not {build.program.cycles.core:,}")
    return differences


def _registers(session: Session, build: HostedBuild) -> dict[str, int]:
    from hawx_hw import __version__
    from hawx_hw.gateware.register_map import accelerator_registers

    plan = build.plan
    every = accelerator_registers(
        plan.signature(),
        constants=plan.constants(),
        config_hash=build.config_hash,
        version=__version__,
    )
    values = {}
    for register in every:
        for index in range(register.count):
            name = register.name.upper() + (f"[{index}]" if register.count > 1 else "")
            values[name] = session.read_at(register.address + 4 * index)
    return values


def _print(report: dict[str, Any]) -> None:
    from hawx_hw.util.tables import print_table

    typer.echo(f"{report['port']}: {report['title']}, design {report['config_hash']}")
    typer.echo(f"build folder {report['build']}")
    if report["parameters_sent"]:
        typer.echo("parameters loaded")
    for entry in report["images"]:
        typer.echo()
        typer.echo(_line(entry))
        if entry["class"] is not None:
            logits = sorted(enumerate(entry["logits"]), key=lambda each: (-each[1], each[0]))
            text = ", ".join(f"{number}: {value:.3f}" for number, value in logits[:_LARGEST])
            typer.echo(f"  logits {text}{', ...' if len(logits) > _LARGEST else ''}")
    if "registers" in report:
        typer.echo()
        print_table(
            ("register", "value", "decimal"),
            [(name, f"0x{value:08x}", f"{value:,}") for name, value in report["registers"].items()],
        )


def _line(entry: dict[str, Any]) -> str:
    parts = [f"{entry['cycles']:,} cycles"]
    if entry["class"] is not None:
        label = "" if entry["label"] is None else f" (label {entry['label']})"
        parts.insert(0, f"class {entry['class']}{label}")
    if "differences" in entry:
        parts.append("; ".join(entry["differences"]) or "equal to the integer model")
    return f"image {entry['image']}: {', '.join(parts)}"


def _check(entries: list[dict[str, Any]]) -> None:
    """Raise VerificationError where a comparison failed."""
    for entry in entries:
        if entry.get("differences"):
            raise VerificationError(
                f"Image {entry['image']}: the board and the integer model disagree: "
                f"{entry['differences'][0]}."
            )
