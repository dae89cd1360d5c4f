"""The ``hawx`` command. Thin: it runs stages and prints; what is slow to import waits."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from hawx_hw import __version__
from hawx_hw.cli.blocks import blocks_app
from hawx_hw.cli.commands import Commands
from hawx_hw.cli.completion import enable_completion, print_completion, stages
from hawx_hw.cli.designs import characterize_designs
from hawx_hw.cli.entry import end_now, handle_signals
from hawx_hw.cli.flow import flow
from hawx_hw.cli.host import host
from hawx_hw.cli.imports import import_network
from hawx_hw.cli.init import init
from hawx_hw.cli.inspect import inspect
from hawx_hw.cli.job import run_job
from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, IndexOption, JsonOption
from hawx_hw.cli.predict import predictors_app, train_predictors
from hawx_hw.cli.profile import profile
from hawx_hw.cli.report import report
from hawx_hw.cli.retrain import retrain
from hawx_hw.cli.search import pick, search
from hawx_hw.cli.simt import assemble, disassemble, simulate
from hawx_hw.cli.step import step
from hawx_hw.cli.store import app as store_app
from hawx_hw.cli.streams import ReaderGoneError
from hawx_hw.cli.summary import summary
from hawx_hw.errors import HawxError, UserError, VerificationError, of_system
from hawx_hw.util.quiet import quieten

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.pipeline.pipeline import Pipeline

__all__ = ["app", "main"]

#: sysexits.h calls it EX_SOFTWARE.
_INTERNAL_ERROR = 70
_INTERRUPTED = "interrupted; finished stages are kept, and the next call goes on from there"
#: A signal that comes so soon after the first is the same: `timeout` sends it to the process and to
#: its group.
_SAME_SECONDS = 0.5
#: Characters of a message; what files contain may be repeated in it.
_LONGEST_MESSAGE = 2000
#: Verilog and memory images that somebody changed are not simulated, measured, or written over.
_EMITTED = ("emit",)

app = typer.Typer(
    cls=Commands,
    help="From a trained neural network to a verified accelerator.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


enable_completion()
app.add_typer(blocks_app, name="blocks")
app.add_typer(store_app, name="store")
app.command()(characterize_designs)
app.command()(train_predictors)
app.add_typer(predictors_app, name="predictors")
app.command()(profile)
app.command()(init)
app.command("import")(import_network)
app.command()(inspect)
app.command()(flow)
app.command()(report)
app.command()(summary)
app.command()(search)
app.command()(retrain)
app.command()(pick)
app.command()(assemble)
app.command()(disassemble)
app.command()(simulate)
app.command()(step)
app.command()(host)
app.command("completion")(print_completion)


class _Interrupted(BaseException):
    """A signal asks the process to end. No KeyboardInterrupt, which libraries catch and rename."""

    def __init__(self, number: int):
        self.number = number
        self.exit_status = 128 + number
        super().__init__(number)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"hawx {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks; may also stand after the command.")
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            help="Show no progress, and of a summary the verdict and the files alone; may also "
            "stand after the command.",
        ),
    ] = False,
) -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise UserError(
            "The current folder does not exist any more", hint="Change to one that does."
        ) from error


@app.command()
def run(
    config: ConfigArgument,
    until: Annotated[
        str | None,
        typer.Option(metavar="STAGE", help="The last stage to run.", autocompletion=stages),
    ] = None,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Do the whole job: quantize, score, search, emit, verify, synthesize, measure power."""

    def choose(pipeline: Pipeline) -> Sequence[str]:
        if until is None:
            return pipeline.names
        if until not in pipeline.names:
            raise UserError(
                f"There is no stage {until!r}.",
                where="--until",
                hint=f"The stages are {', '.join(pipeline.names)}.",
            )
        return pipeline.until(until)

    run_job(config, build, as_json, choose, reported=until is None, index=index)


@app.command()
def emit(
    config: ConfigArgument,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Write the accelerator's Verilog, and what that needs."""
    run_job(config, build, as_json, lambda pipeline: pipeline.needed("emit"), index=index)


@app.command()
def verify(
    config: ConfigArgument,
    images: Annotated[
        int | None, typer.Option(min=0, help="Images to compare. [default: as in the config]")
    ] = None,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Compare the Verilog with the integer model, image by image."""
    if images == 0:
        raise VerificationError("Zero images were asked for: nothing would be compared.")

    def override(loaded: Config) -> Config:
        if images is None:
            return loaded
        changed = loaded.verify.model_copy(update={"images": images})
        return loaded.model_copy(update={"verify": changed})

    run_job(
        config,
        build,
        as_json,
        lambda pipeline: pipeline.needed("verify"),
        override,
        protected=_EMITTED,
        index=index,
    )


@app.command()
def predict(
    config: ConfigArgument,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Predict area, power and longest path without synthesis, with 90 % intervals."""
    run_job(config, build, as_json, lambda pipeline: pipeline.needed("predict"), index=index)


@app.command()
def synth(
    config: ConfigArgument,
    technology: Annotated[
        str | None,
        typer.Option(metavar="T", help="Name or liberty file. [default: as in the config]"),
    ] = None,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Synthesize the accelerator: cells, area, longest path."""

    def override(loaded: Config) -> Config:
        if technology is None:
            return loaded
        from hawx_hw.util.paths import user_path

        # A path on the command line starts from the current folder, one in a config from its own.
        path = user_path(technology, "--technology")
        name = str(path.resolve()) if path.exists() else technology
        return loaded.model_copy(update={"technology": name})

    run_job(
        config,
        build,
        as_json,
        lambda pipeline: pipeline.needed("predict", "synth"),
        override,
        protected=_EMITTED,
        index=index,
    )


@app.command()
def power(
    config: ConfigArgument,
    images: Annotated[
        int | None, typer.Option(min=1, help="Images to run. [default: as in the config]")
    ] = None,
    index: IndexOption = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Power and energy of the synthesized accelerator, from the toggles that real images make."""

    def override(loaded: Config) -> Config:
        if images is None:
            return loaded
        changed = loaded.power.model_copy(update={"images": images})
        return loaded.model_copy(update={"power": changed})

    run_job(
        config,
        build,
        as_json,
        lambda pipeline: pipeline.needed("power", "references"),
        override,
        protected=_EMITTED,
        index=index,
    )


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="A network of the zoo.")] = "lenet5",
    dataset: Annotated[
        str, typer.Option(help="As network.dataset; or a config, for its data set.")
    ] = "digits",
    output: Annotated[
        Path | None,
        typer.Option(
            help="The checkpoint; left out: <model>_<dataset>.safetensors.", metavar="FILE"
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the data; left out: by its size.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of first weights, batches and distortions.")
    ] = 0,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the network, such as width=8; repeatable."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="cpu, cuda, ...; left out: a GPU if torch sees one, else cpu."),
    ] = None,
    threads: Annotated[
        int, typer.Option(min=1, help="Of the processor; weights depend on it in the last digits.")
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Train a network; an interrupted training goes on when called again."""
    from hawx_hw.cli.train import train_network
    from hawx_hw.util.progress import console_for

    output = output or Path(f"{model}_{Path(dataset).stem}.safetensors")
    record = train_network(
        model,
        dataset,
        output=output,
        options=option or (),
        epochs=epochs,
        seed=seed,
        device=device,
        threads=threads,
        console=console_for(silent=as_json),
    )
    if as_json:
        typer.echo(json.dumps(record.as_json(), indent=2, sort_keys=True))
    else:
        typer.echo(
            f"{output}: {100 * record.test_accuracy:.2f} % of {record.test_images} test images "
            f"of {record.dataset} are right"
        )


@app.command()
def schema() -> None:
    """Print the JSON schema of the config."""
    from hawx_hw.config.load import schema_text

    typer.echo(schema_text(), nl=False)


@app.command()
def doctor(
    required: Annotated[
        bool, typer.Option("--required", help="Fail if something is missing that runs need.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List every tool: its version, what it unlocks, how to install it."""
    from hawx_hw.cli import doctor as tools

    findings = tools.examine()
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        from hawx_hw.util.tables import print_table

        print_table(
            ("tool", "version", "unlocks", "to install"),
            [
                (f.name, f.version or "missing", f.unlocks, "" if f.version else f.install)
                for f in findings
            ],
        )
    if required:
        tools.check_required(findings)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process.

    The exit status is 0, 1 for a failed verification, 2 for what the user can correct, 70 for an
    error of this program, 128 plus the signal's number after SIGINT, SIGTERM or SIGHUP, and 141
    where the reader of standard output has gone.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    quieten("--quiet" in words)
    _interruption.begin()
    warnings.showwarning = _show_warning
    try:
        _run([word for word in words if word not in ("--debug", "--quiet")], debug)
    except _Interrupted as interruption:
        _end(_INTERRUPTED, interruption.exit_status, debug)


def _run(words: Sequence[str], debug: bool) -> NoReturn:
    try:
        app(words, prog_name="hawx")
    except SystemExit as end:
        # Of the command line itself: --help, --version, wrong arguments.
        status = end.code if isinstance(end.code, int) else 0
    except HawxError as error:
        _end(str(error), error.exit_status, debug)
    except OSError as error:
        # No room, no permission, a name that is too long: the message is the system's.
        _end(str(of_system(error)), UserError.exit_status, debug)
    except MemoryError:
        _end("There is not enough memory for this.", UserError.exit_status, debug)
    except Exception as error:
        _end(
            f"internal error: {type(error).__name__}: {error} (--debug shows the traceback; "
            "please report it)",
            _INTERNAL_ERROR,
            debug,
        )
    else:
        status = 0
    _end(None, status, debug)


class _Interruption:
    """What the first signal and those after it do."""

    def __init__(self) -> None:
        self._happened = -math.inf
        self._ending = False
        self._report_unraisable = sys.unraisablehook
        #: The signal that came first.
        self.number: int | None = None

    def begin(self) -> None:
        """Wait for the first."""
        self._ending, self.number = False, None
        self._report_unraisable, sys.unraisablehook = sys.unraisablehook, self._unraisable
        handle_signals(_interrupt)

    def happen(self, number: int, frame: FrameType | None) -> None:
        """End the children, and the work by an exception; the second time the process at once."""
        if self._ending:
            if time.monotonic() < self._happened + _SAME_SECONDS:
                return
            end_now(number, frame)
        self._ending, self._happened, self.number = True, time.monotonic(), number
        processes = sys.modules.get("hawx_hw.util.processes")
        if processes is not None:
            # Threads that wait for them would hold up the end.
            processes.end_all()
        raise _Interrupted(number)

    def _unraisable(self, problem: sys.UnraisableHookArgs) -> None:
        """Interrupt once more where the signal came while an object was removed.

        Python drops what is raised there.
        """
        if not isinstance(problem.exc_value, _Interrupted):
            self._report_unraisable(problem)
            return
        self._ending = False
        again = threading.Timer(0.05, os.kill, (os.getpid(), problem.exc_value.number))
        again.daemon = True
        again.start()

    def finish(self) -> None:
        """From here on there is nothing that a signal could leave half-done."""
        self._ending, self._happened = True, -math.inf
        sys.unraisablehook = self._report_unraisable


_interruption = _Interruption()


def _interrupt(number: int, frame: FrameType | None) -> None:
    _interruption.happen(number, frame)


def _end(message: str | None, status: int, debug: bool) -> NoReturn:
    """Write out what was printed, then the message, and end the process."""
    if _interruption.number is not None:
        # Whatever became of it: a thread that waited for a child, a library that caught it.
        message, status = _INTERRUPTED, 128 + _interruption.number
    if debug and message is not None:
        import traceback

        traceback.print_exc()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except HawxError as error:
        if message is None:
            message, status = str(error), error.exit_status
    if message is not None and status != ReaderGoneError.exit_status:
        print(f"hawx: {_printable(message)}", file=sys.stderr)  # noqa: T201 (the one place for errors)
    _interruption.finish()
    sys.exit(status)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Write a warning as errors are written, without the place in the code."""
    print(f"hawx: warning: {_printable(str(message))}", file=sys.stderr)  # noqa: T201


def _printable(message: str) -> str:
    """One line of bounded length, without characters that a terminal takes for commands."""
    if len(message) > _LONGEST_MESSAGE:
        half = _LONGEST_MESSAGE // 2
        message = f"{message[:half]} ... {message[-half:]}"
    return "".join(
        " " if each == "\n" else each if each.isprintable() else ascii(each)[1:-1]
        for each in message
    )
