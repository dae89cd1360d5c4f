from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hawx_hw.datasets.preparation import Preparation, grey, resized
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Flatten, Graph, Tensor
from hawx_hw.host.images import file_codes

PLAIN = Preparation()
PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)


def network(*shape: int) -> Graph:
    size = int(np.prod(shape))
    tensors = {"in": Tensor(shape, 1 / 255, -128), "out": Tensor((size,), 1 / 255, -128)}
    return Graph("g", "in", (Flatten("out", ("in",)),), tensors)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Image.fromarray(PIXELS.transpose(1, 2, 0)).save(tmp_path / "image.png")
    return tmp_path / "image.png"


def test_pixels_become_codes(path: Path) -> None:
    graph = network(3, 4, 5)
    assert np.array_equal(file_codes(path, graph, PLAIN), graph.codes(PIXELS))


def test_as_many_channels_as_the_network_takes(path: Path, tmp_path: Path) -> None:
    graph = network(1, 4, 5)
    luma = grey(PIXELS[np.newaxis])[0]
    assert np.array_equal(file_codes(path, graph, PLAIN), graph.codes(luma))
    Image.fromarray(luma[0]).save(tmp_path / "grey.png")
    graph = network(3, 4, 5)
    codes = file_codes(tmp_path / "grey.png", graph, PLAIN)
    assert np.array_equal(codes, graph.codes(np.repeat(luma, 3, axis=0)))


def test_what_the_config_states_is_done(path: Path) -> None:
    graph = network(3, 2, 2)
    codes = file_codes(path, graph, Preparation(channels="bgr", resize=(2, 2)))
    expected = resized(PIXELS[np.newaxis], (2, 2), "stretch")[0, ::-1]
    assert np.array_equal(codes, graph.codes(expected))


def test_another_size_is_refused(path: Path) -> None:
    with pytest.raises(UserError, match=r"width \(3, 4, 5\), and the network takes \(3, 5, 5\)"):
        file_codes(path, network(3, 5, 5), PLAIN)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("text")
    with pytest.raises(UserError, match="it is no PNG, JPEG or WebP"):
        file_codes(tmp_path / "text.png", network(3, 4, 5), PLAIN)
    with pytest.raises(UserError, match="No such file"):
        file_codes(tmp_path / "none.png", network(3, 4, 5), PLAIN)
