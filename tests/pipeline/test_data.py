from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import codes
from hawx_hw.pipeline.data import image_codes, load_dataset


@pytest.fixture
def context(tmp_path: Path) -> SimpleNamespace:
    """A context of a data set of 30 images of 1 x 4 x 4, of which each fifth is for test."""
    images = np.random.default_rng(2).integers(0, 256, (30, 4, 4)).astype(np.uint8)
    np.savez(tmp_path / "own.npz", x=images, y=np.arange(30) % 2)
    task = SimpleNamespace(update=lambda done, total: None)
    return SimpleNamespace(
        config=SimpleNamespace(network=SimpleNamespace(dataset="own.npz")),
        base=tmp_path,
        progress=SimpleNamespace(task=lambda label, estimate=None: nullcontext(task)),
    )


def test_the_configs_data_set(context: SimpleNamespace) -> None:
    dataset = load_dataset(context)
    assert (len(dataset.train), len(dataset.test)) == (24, 6)


def test_an_error_names_the_key(context: SimpleNamespace) -> None:
    context.config.network.dataset = "gone.npz"
    with pytest.raises(UserError) as caught:
        load_dataset(context)
    assert caught.value.where is not None and "network.dataset" in caught.value.where


def test_codes_of_test_images(context: SimpleNamespace) -> None:
    test = load_dataset(context).test
    np.testing.assert_array_equal(image_codes(context, 6, key="verify.images"), codes(test.images))
    three = image_codes(context, 3, key="verify.images")
    np.testing.assert_array_equal(three, codes(test.images[[0, 2, 4]]))


def test_more_images_than_there_are(context: SimpleNamespace) -> None:
    with pytest.raises(UserError) as caught:
        image_codes(context, 7, key="verify.images")
    assert str(caught.value) == (
        "verify.images: There are only 6 test images, not 7. Ask for 6 or fewer."
    )
