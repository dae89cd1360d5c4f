"""Images of a file, as codes for the accelerator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.datasets.image_files import decode, quiet_decoder
from hawx_hw.datasets.preparation import Preparation
from hawx_hw.errors import UserError, of_system
from hawx_hw.util.files import read_bytes

if TYPE_CHECKING:
    from hawx_hw.graph.graph import Graph

__all__ = ["file_codes"]

_BYTES_MAX = 256 << 20


def file_codes(path: Path, graph: Graph, preparation: Preparation) -> np.ndarray:
    """The codes of an image in a PNG, JPEG or WebP file.

    Parameters
    ----------
    path : Path
    graph : Graph
        The network that takes it.
    preparation : Preparation
        What the config does to images. An image of another number of channels than the network
        takes becomes grey, or the same in three channels.

    Returns
    -------
    ndarray of int8, shape (channels, height, width)

    Raises
    ------
    UserError
        It cannot be read, or is of another size.
    """
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise UserError(f"The file has more than {_BYTES_MAX:,} bytes.", where=str(path))
        content = read_bytes(path)
    except OSError as error:
        raise of_system(error) from error
    with quiet_decoder():
        pixels = decode(content, str(path)).pixels[np.newaxis]
    shape = graph.tensors[graph.input].shape
    if preparation.channels is None and len(shape) == 3 and pixels.shape[1] != shape[0]:
        preparation = replace(preparation, channels="grey" if shape[0] == 1 else "rgb")
    pixels = preparation.apply(pixels, str(path))
    if pixels.shape[1:] != shape:
        raise UserError(
            f"The image has channels, height and width {pixels.shape[1:]}, and the network takes "
            f"{shape}.",
            where=str(path),
            hint="Resize it, or state network.preprocess.resize in the config.",
        )
    return graph.codes(pixels)[0]
