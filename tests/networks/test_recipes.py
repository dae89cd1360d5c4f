import pytest

from hawx_hw.config.zoo import ZOO
from hawx_hw.graph.pixels import DEFAULT_CODES, Preprocessing
from hawx_hw.networks.augmentation import Augmentation
from hawx_hw.networks.recipes import Recipe, default_epochs, recipe


@pytest.mark.parametrize(
    ("images", "epochs"), [(60_000, 30), (1_442, 150), (1, 150), (2_000_000, 1), (128 * 14_000, 1)]
)
def test_default_epochs(images, epochs):
    assert default_epochs(images) == epochs


def test_epochs_depend_on_the_network():
    assert default_epochs(40_000, "resnet8") == 100
    assert default_epochs(40_000, "cnn_small") == 10


def test_the_recipe_of_lenet5_is_that_of_the_shipped_checkpoints():
    assert recipe("lenet5", 1_157, 1, seed=0) == Recipe(0, 150)
    assert recipe("lenet5", 1_157, 3, seed=0) == Recipe(0, 150)


@pytest.mark.parametrize("model", ZOO)
def test_every_network_has_a_recipe(model):
    made = recipe(model, 40_000, 3, seed=7, epochs=2)
    assert (made.seed, made.epochs) == (7, 2)
    assert made.optimizer == ("AdamW" if model == "lenet5" else "SGD")


def test_photographs_are_mirrored_and_others_are_not():
    made = recipe("resnet8", 1_000, 3, seed=0)
    assert made.augmentation == Augmentation(0, 0, 0, 0, flip=True, crop=4)
    assert recipe("resnet8", 1_000, 1, seed=0).augmentation == Augmentation()


def test_the_codes_of_pixels_need_no_table():
    preprocessing = recipe("resnet8", 1_000, 3, seed=0).preprocessing
    assert preprocessing == Preprocessing(1.0, (128.0,), (128.0,))
    assert (preprocessing.table(1 / 128, 0) == DEFAULT_CODES).all()
