"""Recipes: how each network of the zoo is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.networks.augmentation import Augmentation

__all__ = ["Recipe", "default_epochs", "recipe"]

_MOST_EPOCHS = 150


@dataclass(frozen=True)
class Recipe:
    """Everything that determines the weights, except the network, the data and the machine.

    Parameters
    ----------
    seed : int
        Seed of the initial weights, the order of images and their distortion.
    epochs : int
        Passes over the training images, >= 1.
    batch : int
        Images a step.
    optimizer : {"AdamW", "SGD"}
        SGD with Nesterov's momentum.
    learning_rate : float
        Largest learning rate; it rises linearly over the share ``warm_up`` of the steps, and falls
        to zero along half a cosine over all of them.
    momentum : float
        Of SGD; AdamW does not use it.
    warm_up, weight_decay : float
    label_smoothing : float
        Share of the expected probability that all classes have alike, in [0, 1).
    channels_last : bool
        Order of the images in memory. It decides speed, and the last digits of sums.
    augmentation : Augmentation
    preprocessing : Preprocessing
        What the network takes of a pixel; after the augmentation.
    """

    seed: int
    epochs: int
    batch: int = 128
    optimizer: str = "AdamW"
    learning_rate: float = 0.003
    momentum: float = 0.9
    warm_up: float = 0.05
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    channels_last: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)


#: A pixel of 128 is zero: its code is the zero point, and the codes are those without a table.
_CENTERED = Preprocessing(1.0, (128.0,), (128.0,))
#: Photographs may be mirrored; they are neither rotated nor interpolated.
_PHOTOGRAPHS = Augmentation(0.0, 0.0, 0.0, 0.0, flip=True, crop=4)

_SGD = Recipe(
    0,
    1,
    optimizer="SGD",
    learning_rate=0.1,
    weight_decay=5e-4,
    channels_last=True,
    preprocessing=_CENTERED,
)
#: Recipe and steps of each network; the rest have those of ``resnet20``.
_RECIPES: dict[str, tuple[Recipe, int]] = {
    "lenet5": (Recipe(0, 1), 14_000),
    "cnn_small": (replace(_SGD, learning_rate=0.05), 3_000),
    # Small for its data: it learns little more than it can remember, and needs little decay.
    "resnet8": (replace(_SGD, weight_decay=2e-4), 31_300),
    "resnet20": (replace(_SGD, weight_decay=2e-4), 62_600),
    "vgg11": (replace(_SGD, learning_rate=0.05, label_smoothing=0.1), 47_000),
    "resnet18": (replace(_SGD, label_smoothing=0.1), 47_000),
    "efficientnet_lite0": (replace(_SGD, weight_decay=4e-5, label_smoothing=0.1), 62_600),
}


def recipe(
    model: str, images: int, channels: int, *, seed: int, epochs: int | None = None
) -> Recipe:
    """The recipe of a network of the zoo.

    Parameters
    ----------
    model : str
        A name of the zoo.
    images : int
        Number of training images.
    channels : int
        Of an image. Images of three channels are taken for photographs, which may be mirrored;
        others are rotated, scaled and sheared a little. LeNet-5 has the latter for all.
    seed : int
    epochs : int or None
        None: :func:`default_epochs`.
    """
    base, _ = _RECIPES.get(model, _RECIPES["resnet20"])
    if model != "lenet5" and channels == 3:
        base = replace(base, augmentation=_PHOTOGRAPHS)
    return replace(
        base, seed=seed, epochs=default_epochs(images, model) if epochs is None else epochs
    )


def default_epochs(images: int, model: str = "lenet5") -> int:
    """Epochs for the network's number of steps on ``images`` training images; at most 150."""
    _, steps = _RECIPES.get(model, _RECIPES["resnet20"])
    return min(math.ceil(steps / math.ceil(images / Recipe.batch)), _MOST_EPOCHS)
