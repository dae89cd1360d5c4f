"""The architectures by name. Importing it imports no hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

from hawx_hw.architectures.base import Architecture
from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.simt.architecture import Simt
from hawx_hw.architectures.systolic.architecture import Systolic
from hawx_hw.errors import UserError

__all__ = ["ARCHITECTURES", "DEFAULT", "Accelerator", "architecture_named", "architecture_of"]

#: All architectures, by their names in the config.
ARCHITECTURES: dict[str, Architecture] = {each.name: each for each in (Systolic(), Simt())}
#: The architecture of a config that names none.
DEFAULT = "systolic"


def architecture_of(accelerator: AcceleratorConfig) -> Architecture:
    """The architecture that an accelerator is of."""
    return ARCHITECTURES[accelerator.architecture]


def architecture_named(name: str | None, where: str | None = None) -> Architecture:
    """The architecture of a name that a user gave.

    Parameters
    ----------
    name : str or None
        None: :data:`DEFAULT`.
    where : str or None
        Where it was given, for the error.

    Raises
    ------
    UserError
        There is none of this name.
    """
    if name is None:
        name = DEFAULT
    if name not in ARCHITECTURES:
        raise UserError(
            f"There is no architecture {name!r}",
            where=where,
            hint=f"It must be one of {', '.join(ARCHITECTURES)}.",
        )
    return ARCHITECTURES[name]


class _Union:
    """A pydantic union discriminated by ``architecture``.

    It is made of :data:`ARCHITECTURES` when a model with such a field is built.
    """

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.tagged_union_schema(
            {name: handler.generate_schema(each.config) for name, each in ARCHITECTURES.items()},
            discriminator=_name_of,
        )


def _name_of(value: Any) -> str | None:
    if isinstance(value, AcceleratorConfig):
        return value.architecture
    return cast(str | None, value.get("architecture", DEFAULT)) if isinstance(value, dict) else None


if TYPE_CHECKING:
    Accelerator = AcceleratorConfig
else:
    #: Of a model's field: the config of the architecture that the value names.
    Accelerator = Annotated[AcceleratorConfig, _Union]
