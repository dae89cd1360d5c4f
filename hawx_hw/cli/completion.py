"""Completion on Tab: what may stand for each argument, and ``hawx completion``.

Shells start ``hawx`` anew at each Tab: nothing here imports what is slow to import.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from hawx_hw.config.zoo import MODEL_FILES, ZOO
from hawx_hw.errors import UserError, shown
from hawx_hw.util.resources import configs, flows

__all__ = [
    "config_files",
    "datasets",
    "enable_completion",
    "flow_names",
    "models",
    "print_completion",
    "sections",
    "stages",
]

_SHELLS = ("bash", "zsh", "fish")
#: Tests compare these with what they name.
_STAGES = (
    *("quantize", "accelerator", "profile", "search", "retrain", "pick"),
    *("assign", "predict", "emit", "verify", "synth", "power", "references"),
)
_SECTIONS = (
    *("network", "search", "accelerator", "prediction", "cycles", "synthesis"),
    *("power", "comparison", "flows", "files", "all"),
)
_DATASETS = ("cifar10", "digits", "mnist")
_CONFIGS = (".yaml", ".yml")
_IMAGES = (".npz", ".csv")


def enable_completion() -> None:
    """Answer shells that ask for completion, by the variable that their scripts set."""
    if "_HAWX_COMPLETE" in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()


def print_completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help=f"One of {', '.join(_SHELLS)}.")],
) -> None:
    """Print the script that completes commands, options, configs and stages on Tab."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    if shell not in _SHELLS:
        raise UserError(
            f"There is no completion for the shell {shown(shell)}",
            where="SHELL",
            hint=f"It is one of {', '.join(_SHELLS)}.",
        )
    script = get_completion_script(prog_name="hawx", complete_var="_HAWX_COMPLETE", shell=shell)
    typer.echo(script)


def config_files(incomplete: str) -> list[str]:
    """Configs by path, and by name those that come with hawx."""
    shipped = [] if os.sep in incomplete else [path.name for path in configs().glob("*.yaml")]
    return _matching([*_files(incomplete, _CONFIGS), *shipped], incomplete)


def models(incomplete: str) -> list[str]:
    """Networks of the zoo, and files."""
    return _matching([*ZOO, *_files(incomplete, MODEL_FILES)], incomplete)


def datasets(incomplete: str) -> list[str]:
    """Data sets with a name, and files."""
    return _matching([*_DATASETS, *_files(incomplete, _IMAGES)], incomplete)


def flow_names(incomplete: str) -> list[str]:
    """Flows, groups of flows, and what else ``hawx flow`` does."""
    tools = (path.parent.name for path in flows().glob("*/flow.toml"))
    return _matching([*tools, "fpga", "asic", "list", "install"], incomplete)


def sections(incomplete: str) -> list[str]:
    """Sections of a summary."""
    return _matching(_SECTIONS, incomplete)


def stages(incomplete: str) -> list[str]:
    """Stages of a run."""
    return _matching(_STAGES, incomplete)


def _files(incomplete: str, endings: tuple[str, ...]) -> list[str]:
    """Files of these endings in the folder of what is typed; folders are left to the shell."""
    typed = incomplete.rpartition(os.sep)[0] + os.sep if os.sep in incomplete else ""
    try:
        names = [
            each.name for each in os.scandir(Path(typed or ".").expanduser()) if each.is_file()
        ]
    except OSError:
        return []
    return [f"{typed}{name}" for name in names if name.lower().endswith(endings)]


def _matching(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})
