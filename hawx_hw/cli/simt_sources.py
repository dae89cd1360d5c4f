"""Programs of the SIMT unit as commands name them: a source, or a config; and their images."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.architectures.simt.plan import Plan
    from hawx_hw.architectures.simt.program import Program
    from hawx_hw.config.models import Config

__all__ = [
    "Image",
    "ImageOption",
    "ProgramArgument",
    "Runnable",
    "image_of",
    "plan_of",
    "runnable",
    "source_program",
    "with_image",
    "write_codes",
]

ProgramArgument = Annotated[
    str,
    typer.Argument(
        metavar="PROGRAM", help="A source by path, FILE.s; or a config, whose network is compiled."
    ),
]
ImageOption = Annotated[
    str | None,
    typer.Option(
        metavar="X",
        help="Codes (integers in [-128, 127]) in a file of numpy.save or numpy.savez that fill the "
        "activation memory, or of a config's network its input; of a config also the number of a "
        "test image. Left out: zeros, and of a config test image 0.",
    ),
]


@dataclass(frozen=True, eq=False)
class Runnable:
    """A program, and what its activation memory begins with.

    Parameters
    ----------
    program : Program
    activations : ndarray of int8, shape (words, L), or None
    plan : Plan or None
        Of a config's network.
    codes : ndarray of int8, shape (channels, height, width), or None
        The image of a config's network.
    label : int or None
        Its class, where it is one of the test images.
    """

    program: Program
    activations: np.ndarray | None
    plan: Plan | None = None
    codes: np.ndarray | None = None
    label: int | None = None


@dataclass(frozen=True, eq=False)
class Image:
    """An input of a config's network.

    Parameters
    ----------
    name : str
        As the command was given it.
    codes : ndarray of int8 or uint8
        uint8 are pixels, which the network's table turns into codes.
    label : int or None
        Its class, where it is one of the test images.
    """

    name: str
    codes: np.ndarray
    label: int | None = None


def source_program(source: str) -> Program:
    """The program of a source."""
    from hawx_hw.architectures.simt.assembler import assemble_file
    from hawx_hw.util.paths import user_path

    return assemble_file(user_path(source))


def runnable(name: str, image: str | None, build: Path, *, silent: bool) -> Runnable:
    """The program that ``name`` names, a source where it ends in ``.s``, and its image."""
    if name.lower().endswith(".s"):
        program = source_program(name)
        if image is not None and image.isdecimal() and not Path(image).exists():
            raise UserError(
                "Test images are of a config's data set, and a source has none",
                where=f"--image {image}",
                hint="Name a file of codes, or a config instead of the source.",
            )
        codes = None if image is None else _codes(image)
        return Runnable(program, None if codes is None else _words(codes, image or "", program))
    # A wrong image is refused before anything is built.
    chosen = image_of(name, "0" if image is None else image)
    return with_image(plan_of(name, build, silent=silent), chosen)


def image_of(config: str, image: str) -> Image:
    """A test image of a config by its number, or the codes of a file."""
    path, content = _simt_config(config)
    if not image.isdecimal():
        return Image(image, _codes(image))
    return Image(image, *_test_image(path, content, int(image)))


def with_image(plan: Plan, image: Image) -> Runnable:
    """The program of a config's network, with an image."""
    import numpy as np

    shape = plan.compiled.image.shape
    if image.codes.dtype == np.uint8 and image.codes.shape == shape:
        image = replace(image, codes=plan.graph.codes(image.codes))
    fits = image.codes.size == math.prod(shape)
    if image.codes.shape != shape:
        raise UserError(
            f"The network takes codes of shape {shape}, not {image.codes.shape}",
            where=f"--image {image.name}",
            hint=f"Reshape them to {shape}." if fits else "Give it the codes of one image.",
        )
    memory = plan.compiled.image.memory(image.codes)
    return Runnable(plan.program, memory, plan, image.codes, image.label)


def write_codes(path: Path, codes: np.ndarray) -> None:
    """Write codes as numpy.save does."""
    import numpy as np

    from hawx_hw.util.files import write_bytes

    content = io.BytesIO()
    np.save(content, codes)
    write_bytes(path, content.getvalue())


def plan_of(name: str, build: Path, *, silent: bool) -> Plan:
    """The design of a config, which is brought up to date.

    Raises
    ------
    UserError
        It is of another architecture.
    """
    from hawx_hw.architectures.simt.plan import Plan as SimtPlan
    from hawx_hw.config.load import blame, located
    from hawx_hw.design.design import Design
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.pipeline.inputs import ASSIGNED, DESIGN
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.util.progress import console_for

    path, config = _simt_config(name)
    folder = build / config.name
    try:
        pipeline = pipeline_of(config, folder, console_for(silent=silent), base=path.parent)
        pipeline.run(pipeline.needed("assign", "pick"))
        with blame("network.model"):
            design = Design.load(folder / DESIGN, path.parent)
            plan = design.plan(load_graph(folder / ASSIGNED), path.parent)
    except UserError as error:
        raise located(error, path) from error
    assert isinstance(plan, SimtPlan)
    return plan


def _simt_config(name: str) -> tuple[Path, Config]:
    """The config of a SIMT unit, and where it is."""
    from hawx_hw.architectures.simt.config import SimtConfig
    from hawx_hw.config.load import find_config, load_config

    if name.lower().endswith(".s"):
        raise UserError(
            "This is a source, not a config",
            where=name,
            hint=f"hawx assemble {name} lists its program.",
        )
    path = find_config(name)
    config = load_config(path)
    if not isinstance(config.accelerator, SimtConfig):
        raise UserError(
            f"An accelerator of architecture {config.accelerator.architecture} has no program",
            where=f"{path}: accelerator.architecture",
            hint="Write architecture: simt.",
        )
    return path, config


def _test_image(path: Path, config: Config, number: int) -> tuple[np.ndarray, int]:
    """Pixels and class of a test image of a config's data set."""
    from hawx_hw.config.load import located
    from hawx_hw.pipeline.data import dataset_of

    try:
        test = dataset_of(config, path.parent).test
    except UserError as error:
        raise located(error, path) from error
    if number >= len(test):
        raise UserError(
            f"There are only {len(test):,} test images", where=f"--image {number}",
            hint=f"Write a number from 0 to {len(test) - 1}.",
        )  # fmt: skip
    return test.images[number], int(test.labels[number])


def _codes(name: str) -> np.ndarray:
    """The codes of a file."""
    import numpy as np

    from hawx_hw.architectures.simt.directives import read_integers
    from hawx_hw.util.paths import user_path

    array = read_integers(user_path(name, "--image"))
    if not array.ndim or not array.size:
        raise UserError(
            "This array is empty" if array.ndim else "This is a single number, not an array",
            where=f"--image {name}",
            hint="Give it the codes of an image, or leave the option out.",
        )
    if not -128 <= array.min() <= array.max() <= 127:
        raise UserError(
            "Codes must be in [-128, 127]",
            where=f"--image {name}",
            hint="The code of a pixel in [0, 255] is 128 less.",
        )
    return array.astype(np.int8)


def _words(codes: np.ndarray, name: str, program: Program) -> np.ndarray:
    """Codes as words of a program's activation memory, one after the other."""
    import numpy as np

    unit = program.unit
    words = -(-codes.size // unit.word)
    if words > unit.activation_words:
        raise UserError(
            f"{codes.size} codes are {words} words, more than {unit.activation_words}",
            where=f"--image {name}",
            hint="Give .unit more activation_words.",
        )
    image = np.zeros(words * unit.word, dtype=np.int8)
    image[: codes.size] = codes.ravel()
    return image.reshape(words, unit.word)
