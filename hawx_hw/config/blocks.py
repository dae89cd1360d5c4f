"""The config's ``blocks``: which block computes which products, as people write it down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from hawx_hw.config.base import Model
from hawx_hw.config.indices import Indices
from hawx_hw.errors import UserError

__all__ = ["BlockName", "BlockRule", "BlocksConfig", "BlocksSetting"]

_QUOTE = 'Put names with commas into quotes within braces: {block: "array(1,0,4)"}.'


def _known_block(name: str, info: ValidationInfo) -> str:
    # Amaranth takes a quarter of a second to import, and most configs name this block alone.
    if name == "exact":
        return name
    from hawx_hw.blocks.registry import by_name

    folder: Path | None = (info.context or {}).get("folder")
    try:
        by_name(name, folder)
    except UserError as error:
        raise PydanticCustomError(
            "user_error", "{what}", {"what": error.what, "hint": error.hint or ""}
        ) from error
    return name


#: The name of a block; the context's ``folder`` is where ``python:`` looks for modules first.
BlockName = Annotated[str, AfterValidator(_known_block)]


class BlockRule(Model):
    """A block for some of the weights of a layer: for those that all its keys match."""

    block: BlockName = Field(
        description="Name of the block, such as exact, array(1,0,4) or mul8s_1KV8@v2022."
    )
    filters: Indices | None = Field(
        default=None, description="Filters, such as 3, 0-3 or [0, 4-7]. Left out: all."
    )
    share: float | None = Field(
        default=None,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="Share of the layer's filters: the next ones in order of which the rules "
        "before left weights. Instead of filters.",
    )
    input_channels: Indices | None = Field(
        default=None,
        description="Input channels of the kernel; of the map, where it was flattened. "
        "Left out: all.",
    )
    kernel_rows: Indices | None = Field(
        default=None,
        description="Rows of the kernel; of the map, where it was flattened. Left out: all.",
    )
    kernel_columns: Indices | None = Field(
        default=None,
        description="Columns of the kernel; of the map, where it was flattened. Left out: all.",
    )

    @model_validator(mode="before")
    @classmethod
    def _unquoted(cls, value: Any) -> Any:
        name = value.get("block") if isinstance(value, dict) else None
        if isinstance(name, str) and "(" in name and ")" not in name:
            what = "The name of the block ends at its first comma"
            raise PydanticCustomError("user_error", "{what}", {"what": what, "hint": _QUOTE})
        return value

    @model_validator(mode="after")
    def _either(self) -> BlockRule:
        if self.filters is not None and self.share is not None:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {"what": "A rule has filters or a share, not both", "hint": "Remove one of them."},
            )
        return self


def _one_rule(value: Any) -> Any:
    return [{"block": value}] if isinstance(value, str) else value


def _default_alone(value: Any) -> Any:
    return {"default": value} if isinstance(value, str) else value


_Rules = Annotated[
    list[BlockRule],
    Field(min_length=1),
    BeforeValidator(_one_rule, json_schema_input_type=str | list[BlockRule]),
]


#: Keys of earlier versions, and what has taken their place.
_MOVED = {
    "bias_correction": "compensation: {bias: ...}",
    "weight_remapping": "compensation: {weights: together, one_by_one or none}",
    "activation_rounding": "compensation: {activations: ...}",
}


class BlocksConfig(Model):
    """The blocks of the network's products."""

    default: BlockName = Field(
        default="exact", description="The block of every layer that layers leaves out."
    )
    layers: dict[str, _Rules] = Field(
        default={},
        description="By the layer's name a block, or a list of rules: the first that matches a "
        "weight gives its block, and every weight must match one.",
    )

    @model_validator(mode="before")
    @classmethod
    def _moved(cls, values: Any) -> Any:
        for key, other in _MOVED.items():
            if isinstance(values, dict) and key in values:
                raise PydanticCustomError(
                    "user_error",
                    "{what}",
                    {
                        "key": key,
                        "what": f"{key} is a key of the section compensation now",
                        "hint": f"Write it there, as {other}.",
                    },
                )
        return values

    @property
    def names(self) -> tuple[str, ...]:
        """The blocks that it names, each once, as they are written."""
        rules = (rule.block for rules in self.layers.values() for rule in rules)
        return tuple(dict.fromkeys((self.default, *rules)))


#: Of the config: a block's name alone stands for itself as the default.
BlocksSetting = Annotated[
    BlocksConfig, BeforeValidator(_default_alone, json_schema_input_type=str | BlocksConfig)
]
