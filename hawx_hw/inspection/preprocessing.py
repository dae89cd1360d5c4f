"""Whether the float network would be better off with another preprocessing than the config's.

Wrong preprocessing rarely stops a network. It costs a few points of accuracy, or nothing but the
effect of the biases. So the usual preprocessings are tried on labelled images, and one of them is
called better where that is certain: where it is right on clearly more images; where the outputs are
so far apart as no training by cross-entropy makes them, and with it they are not; and of the other
order of the channels, where its cross-entropy is clearly less. Of other preprocessings that shows
nothing: larger values make any network more certain. And where a batch normalization recorded what
it got in training, a better preprocessing must come nearer to that: a network that is broken
somewhere else may be right more often with a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.special import logsumexp

from hawx_hw.datasets.dataset import Split
from hawx_hw.graph.pixels import INPUT_SCALE, Preprocessing
from hawx_hw.importing.float_graph import INPUT, FloatGraph, evaluate_layer
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.inspection.recorded import RecordedMatch
from hawx_hw.inspection.result import PreprocessingTrial

__all__ = ["LARGEST_MARGIN", "Candidate", "candidates", "margins", "trials"]

#: exp(-100) is the probability of the second class at this distance of the two largest outputs:
#: cross-entropy, which stops pulling them apart at about 20, leads no training there.
LARGEST_MARGIN = 100.0
#: Deviations by which an alternative must be right more often. Of equally good ones, each is so by
#: chance once in 740 times, and about ten are tried.
_DEVIATIONS = 3.0
#: And at least on so large a share of the images: less is no matter of preprocessing.
_LEAST_GAIN = 0.02
#: Images on which an alternative must be as good before it is tried on all.
_FIRST_IMAGES = 64


@dataclass(frozen=True)
class Candidate:
    """A preprocessing to try.

    Parameters
    ----------
    what : str
        In words.
    setting : str
        The YAML of ``network.preprocess`` that has this effect.
    preprocessing : Preprocessing
    reverse : bool
        Whether the order of the channels is reversed.
    """

    what: str
    setting: str
    preprocessing: Preprocessing
    reverse: bool = False


def _usual(channels: int) -> Iterator[Candidate]:
    """The usual preprocessings, the most usual first."""

    def candidate(what: str, setting: str, *values: float | tuple[float, ...]) -> Candidate:
        scale, *others = values
        assert isinstance(scale, float)
        given = [each if isinstance(each, tuple) else (each,) for each in others]
        return Candidate(what, setting, Preprocessing(scale, *given))

    yield candidate("pixels of 0 to 1", "{scale: 0.00392156862745098}", INPUT_SCALE)
    yield candidate("pixels of -1 to 1", "{scale: 0.00784313725490196, mean: 1}", 2 / 255, 1.0)
    yield candidate("pixels of 0 to 255", "{scale: 1}", 1.0)
    if channels == 1:
        yield candidate(
            "the mean and deviation of MNIST", "{mean: 0.1307, std: 0.3081}",
            INPUT_SCALE, 0.1307, 0.3081,
        )  # fmt: skip
    if channels == 3:
        yield candidate(
            "the means and deviations of ImageNet",
            "{mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}",
            INPUT_SCALE, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225),
        )  # fmt: skip
        yield candidate(
            "the means and deviations of CIFAR-10",
            "{mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616]}",
            INPUT_SCALE, (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616),
        )  # fmt: skip
        # Of Caffe's networks, which take BGR.
        yield candidate(
            "the means of ImageNet in 0 to 255", "{scale: 1, mean: [123.68, 116.779, 103.939]}",
            1.0, (123.68, 116.779, 103.939),
        )  # fmt: skip


def candidates(
    given: Preprocessing, channels: int, reversed_order: str = "bgr"
) -> Sequence[Candidate]:
    """Other preprocessings than the given one, the likeliest first.

    Parameters
    ----------
    given : Preprocessing
        The config's, or the network's own.
    channels : int
        Of the images; with three of them their order may be the wrong one.
    reversed_order : str
        What the config must name the other order: ``rgb`` or ``bgr``.
    """
    values = given.values()
    others = [
        each
        for each in _usual(channels)
        if not _alike(np.broadcast_to(values, (channels, 256)), each.preprocessing.values())
    ]
    if channels != 3:
        return others
    turned = f"channels: {reversed_order}"
    own = Candidate("channels in reverse order", f"{{{turned}}}", given, reverse=True)
    return (
        own,
        *others,
        *(
            Candidate(
                f"{each.what}, channels in reverse order",
                f"{{{turned}, {each.setting.strip('{}')}}}",
                each.preprocessing,
                reverse=True,
            )
            for each in others
        ),
    )


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two preprocessings differ by less than rounding to 8 bits does."""
    step = (one[:, -1:] - one[:, :1]) / 255
    return bool((np.abs(one - other) < 2 * step).all())


def margins(outputs: np.ndarray) -> np.ndarray:
    """The distance of the two largest outputs of each image; 0 where there is one output.

    Parameters
    ----------
    outputs : ndarray of float
        ``(images, outputs)``
    """
    if outputs.shape[1] < 2:
        return np.zeros(len(outputs))
    two = np.partition(outputs, -2, axis=1)[:, -2:]
    result: np.ndarray = two[:, 1] - two[:, 0]
    return result


def trials(
    layers: FloatGraph, split: Split, outputs: np.ndarray, reversed_order: str = "bgr"
) -> tuple[PreprocessingTrial, ...]:
    """Try the usual preprocessings.

    Parameters
    ----------
    layers : FloatGraph
        With the given preprocessing.
    split : Split
        Images and labels, at least one.
    outputs : ndarray of float32
        ``(images, outputs)``: of the given preprocessing.
    reversed_order : str
        See :func:`candidates`.

    Returns
    -------
    tuple of PreprocessingTrial
        The likeliest first. Those that are no better on the first images are tried no further.
    """
    given = _Answers.of(outputs, split.labels)
    distance = _distance(layers, split.images)
    tried = candidates(layers.preprocessing, split.images.shape[1], reversed_order)
    return tuple(_trial(layers, candidate, split, given, distance) for candidate in tried)


def _distance(layers: FloatGraph, images: np.ndarray) -> float | None:
    """How far the first layer with recorded statistics is from them; None where there is none."""
    first = next((layer for layer in layers.layers if layer.statistics is not None), None)
    if first is None or first.statistics is None:
        return None
    match = RecordedMatch(first.statistics)
    for start in range(0, len(images), _FIRST_IMAGES):
        values = {INPUT: layers.inputs(images[start : start + _FIRST_IMAGES], np.float32)}
        with torch.inference_mode():
            for layer in layers.layers:
                inputs = [values[name] for name in layer.inputs]
                if layer is first:
                    match.add(evaluate_layer(layer, inputs, clamped=False))
                    break
                values[layer.name] = evaluate_layer(layer, inputs)
    return match.shift + float(np.log(match.spread))


def _applied(
    layers: FloatGraph, candidate: Candidate, images: np.ndarray
) -> tuple[FloatGraph, np.ndarray]:
    """The layers and the images as the candidate has them."""
    images = images[:, ::-1] if candidate.reverse else images
    return replace(layers, preprocessing=candidate.preprocessing), images


def _outputs(layers: FloatGraph, candidate: Candidate, images: np.ndarray) -> np.ndarray:
    layers, images = _applied(layers, candidate, images)
    return np.concatenate(list(ImportedNetwork(layers).outputs(images)))


@dataclass(frozen=True, eq=False)
class _Answers:
    """What a network answers to images.

    Parameters
    ----------
    right : ndarray of bool
        ``(images,)``
    losses : ndarray of float64
        ``(images,)``: cross-entropies.
    margin : float
        Median distance of the two largest outputs.
    """

    right: np.ndarray
    losses: np.ndarray
    margin: float

    @classmethod
    def of(cls, outputs: np.ndarray, labels: np.ndarray) -> _Answers:
        """The answers by the outputs, float32 ``(images, outputs)``."""
        chosen = outputs[np.arange(len(labels)), labels].astype(np.float64)
        losses = logsumexp(outputs.astype(np.float64), axis=1) - chosen
        right = outputs.argmax(axis=1) == labels
        return cls(right, losses, float(np.median(margins(outputs))))


def _trial(
    layers: FloatGraph,
    candidate: Candidate,
    split: Split,
    given: _Answers,
    distance: float | None,
) -> PreprocessingTrial:
    outputs = _outputs(layers, candidate, split.images[:_FIRST_IMAGES])
    own = _Answers.of(outputs, split.labels[: len(outputs)])
    as_good = own.right.sum() >= given.right[: len(outputs)].sum()
    if as_good and len(outputs) < len(split):
        rest = _outputs(layers, candidate, split.images[len(outputs) :])
        own = _Answers.of(np.concatenate([outputs, rest]), split.labels)
    only_order = candidate.preprocessing == layers.preprocessing
    better = len(own.right) == len(split) and _is_better(own, given, only_order=only_order)
    if better and distance is not None:
        nearer = _distance(*_applied(layers, candidate, split.images))
        better = nearer is not None and nearer < distance
    return PreprocessingTrial(
        what=candidate.what,
        setting=candidate.setting,
        images=len(own.right),
        accuracy=float(own.right.mean()),
        margin=own.margin,
        better=better,
    )


def _is_better(own: _Answers, given: _Answers, *, only_order: bool) -> bool:
    """Whether a candidate is clearly better than the given preprocessing.

    Parameters
    ----------
    own, given : _Answers
        To the same images.
    only_order : bool
        Whether they differ in the order of the channels alone.
    """
    gained = int((own.right & ~given.right).sum())
    lost = int((given.right & ~own.right).sum())
    deviation = np.sqrt(max(gained + lost, 1))
    if gained - lost >= max(_DEVIATIONS * deviation, _LEAST_GAIN * len(own.right)):
        return True
    if only_order:
        less = given.losses - own.losses
        return gained >= lost and less.mean() > _DEVIATIONS * less.std() / np.sqrt(len(less))
    return given.margin > LARGEST_MARGIN >= own.margin and gained - lost > -_DEVIATIONS * deviation
