"""Names the likely culprits: rules over what was measured, each with its threshold and reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.sanity import constant_accuracy
from hawx_hw.inspection.measurement import LayerMeasurement, Measurement
from hawx_hw.inspection.preprocessing import LARGEST_MARGIN
from hawx_hw.inspection.result import Culprit, LayerReport, PreprocessingTrial
from hawx_hw.inspection.versions import Versions
from hawx_hw.inspection.weights import OutlierWeights, outlier_weights

__all__ = ["LEAST_IMAGES", "Evidence", "diagnose"]

#: Fewer images prove nothing: a mean over 32 is off by a sixth of the deviation, as a rule.
LEAST_IMAGES = 32
#: Means off by half a recorded deviation, and deviations off by half. On 256 test images no layer
#: of VGG-11 or ResNet-20 for CIFAR-10 is off by more than 0.15, and a factor of 1.21; with other
#: scales of the pixels the first one is off by a factor of 2.5 to 57.
_SHIFT, _SPREAD = 0.5, 1.5
#: A channel of so many dB has 3 bits left. Rounding to 8 bits usually leaves the median channel of
#: a layer 35 dB and more.
_FEW_DB = 20.0
#: The median channel has so small a share of the codes: 16 of 256.
_FEW_CODES = 1 / 16
#: Images a class, and by how much more another numbering of the classes must be right. Of random
#: answers to so many images the best numbering is right on 0.15 more, of two classes rarely on 0.4.
_IMAGES_A_CLASS, _RENUMBERED = 10, 0.4
#: Share of the channels that varied in real numbers, and that rounding made constant.
_LOST_CHANNELS = 0.25
#: Share of a layer's values beyond its codes. The range of least squared error cuts off some
#: thousandths at most, unless the calibration images were others.
_SATURATED = 0.01
#: Blocks whose noise takes so many bits matter; half of the values of a ReLU are zero with or
#: without an error, so that even an error that is the same everywhere has half of its power in the
#: mean.
_BLOCKS_DB, _BIAS_SHARE = 20.0, 0.3
#: Without a mean error, noise averages out over the next layers, up to about here.
_COARSE_DB = 10.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rules look at.

    Parameters
    ----------
    versions : Versions
    split : Split
        The images and their labels.
    measurement : Measurement
        Of these images.
    layers : sequence of LayerReport
        The same in numbers, in the same order.
    margin : float
        Median distance of the two largest outputs of the float network.
    trials : sequence of PreprocessingTrial
    bias_correction : bool
        Whether the config asks for it.
    """

    versions: Versions
    split: Split
    measurement: Measurement
    layers: Sequence[LayerReport]
    margin: float
    trials: Sequence[PreprocessingTrial]
    bias_correction: bool = True

    def pairs(self) -> Iterator[tuple[LayerReport, LayerMeasurement]]:
        """Each layer in numbers, and as measured."""
        yield from zip(self.layers, self.measurement.layers, strict=True)


def diagnose(evidence: Evidence) -> tuple[Culprit, ...]:
    """The likely culprits, causes before what may follow from them.

    None where there are fewer than :data:`LEAST_IMAGES` images.
    """
    if len(evidence.split) < LEAST_IMAGES:
        return ()
    rules = (_inputs, _dead, _weights, _ranges, _saturation, _blocks)
    return tuple(culprit for rule in rules for culprit in rule(evidence))


def _inputs(evidence: Evidence) -> Iterator[Culprit]:
    """Preprocessing; layers that are not those that were trained; labels; a network of no use."""
    off = [(at, layer) for at, layer in enumerate(_recorded(evidence)) if _is_off(layer)]
    better = [trial for trial in evidence.trials if trial.better]
    first_is_off = bool(off) and off[0][0] == 0
    if better or first_is_off:
        yield _preprocessing(evidence, off[0][1] if first_is_off else None, better)
        return
    if off:
        layer = off[0][1]
        yield Culprit(
            kind="statistics",
            layer=layer.name,
            what=f"From the layer {layer.label} on the network computes other values than in its "
            f"training: {_distance(layer)}. The layers before it do not.",
            hint="Something between differs from the network that was trained: a layer, its "
            "padding or stride, or weights of another checkpoint.",
        )
    yield from _labels(evidence) or _network(evidence)


def _recorded(evidence: Evidence) -> list[LayerReport]:
    return [layer for layer in evidence.layers if layer.statistics is not None]


def _is_off(layer: LayerReport) -> bool:
    match = layer.statistics
    return match is not None and (match.shift > _SHIFT or match.spread > _SPREAD)


def _distance(layer: LayerReport) -> str:
    match = layer.statistics
    assert match is not None
    return (
        f"its median channel is off by {match.shift:.2g} deviations in the mean, and by a factor "
        f"of {match.spread:.2g} in the deviation, from what batch normalization recorded"
    )


def _preprocessing(
    evidence: Evidence, layer: LayerReport | None, better: Sequence[PreprocessingTrial]
) -> Culprit:
    reasons = []
    if layer is not None:
        reasons.append(f"in the layer {layer.label} {_distance(layer)}")
    if evidence.margin > LARGEST_MARGIN:
        reasons.append(
            f"the two largest outputs of the float network are {evidence.margin:,.0f} apart in the "
            "median, which no training makes them"
        )
    hint = (
        "Set network.preprocess to what the network was trained with; or else its first layer is "
        "another."
    )
    if better:
        best = _simplest_of_best(better)
        right = (evidence.measurement.real.argmax(axis=1) == evidence.split.labels).mean()
        reasons.append(
            f"with {best.what} it is right on {100 * best.accuracy:.1f} % of the images, now on "
            f"{100 * right:.1f} %"
            + (
                f", and its outputs are {best.margin:.0f} apart"
                if evidence.margin > LARGEST_MARGIN
                else ""
            )
        )
        hint = f"Try network.preprocess: {best.setting}."
    return Culprit(
        kind="preprocessing",
        layer=None if layer is None else layer.name,
        what=f"The images are prepared otherwise than in training: {'; '.join(reasons)}.",
        hint=hint,
    )


def _simplest_of_best(better: Sequence[PreprocessingTrial]) -> PreprocessingTrial:
    """The first of those that are as good as the best, but for chance; the likeliest is first."""
    images = better[0].images
    best = max(trial.accuracy for trial in better)
    deviation = np.sqrt(max(best * (1 - best), 1 / images) / images)
    return next(trial for trial in better if trial.accuracy >= best - 2 * deviation)


def _labels(evidence: Evidence) -> list[Culprit]:
    """Classes that the network numbers otherwise than the data set."""
    answers, labels = evidence.measurement.real.argmax(axis=1), evidence.split.labels
    classes = evidence.measurement.real.shape[1]
    if len(labels) < _IMAGES_A_CLASS * classes or labels.max() >= classes:
        return []
    pairs = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(pairs, (labels, answers), 1)
    order = linear_sum_assignment(pairs, maximize=True)
    right, renumbered = pairs.trace() / len(labels), pairs[order].sum() / len(labels)
    if renumbered < right + _RENUMBERED:
        return []
    answered = ", ".join(f"{label} as {answer}" for label, answer in zip(*order) if label != answer)
    return [
        Culprit(
            kind="labels",
            layer=None,
            what=f"The float network is right on {100 * right:.1f} % of the images, and would be "
            f"on {100 * renumbered:.1f} % if its classes were numbered otherwise: it answers "
            f"{answered}.",
            hint="Number the data set's classes in the order of the network's training.",
        )
    ]


def _network(evidence: Evidence) -> Iterator[Culprit]:
    real = evidence.measurement.real.argmax(axis=1)
    right = float((real == evidence.split.labels).mean())
    constant = constant_accuracy(evidence.split)
    chance = 2 * np.sqrt(constant * (1 - constant) / len(real))
    if constant < 1 and right <= constant + chance:
        yield Culprit(
            kind="network",
            layer=None,
            what=f"The float network itself is right on {100 * right:.1f} % of the images, no more "
            f"than one answer for all of them ({100 * constant:.1f} %), but for chance.",
            hint="Its weights, the order of its classes or its preprocessing are of another "
            "network: neither integers nor blocks are at fault.",
        )


def _dead(evidence: Evidence) -> Iterator[Culprit]:
    """The first layer whose output is the same for all images."""
    for layer, measured in evidence.pairs():
        if layer.dead + layer.constant < layer.channels:
            continue
        in_float = bool(measured.codes.real_constant.all())
        where = "in the float network too" if in_float else "in the integer network only"
        yield Culprit(
            kind="dead",
            layer=layer.name,
            what=f"The layer {layer.label} has the same output for all images, {where}: nothing of "
            "an image passes it.",
            hint="Its weights or biases are wrong, or what it gets is: check the checkpoint and "
            "network.preprocess."
            if in_float
            else "Its range is too large for its values: see its other numbers, or calibrate on "
            "other images (network.calibration_images).",
        )
        return


def _weights(evidence: Evidence) -> Iterator[Culprit]:
    for layer, measured in evidence.pairs():
        outliers = _harmful_outliers(evidence.versions, measured)
        if outliers is None:
            continue
        count, all_filters = len(outliers.filters), layer.channels
        yield Culprit(
            kind="weights",
            layer=layer.name,
            what=f"In {count} of {all_filters} filters of the layer {layer.label} one weight sets "
            f"the range of all: in filter {outliers.filter} the one that reads channel "
            f"{outliers.channel} leaves {outliers.codes:.2g} of 127 codes to the others (root mean "
            "square).",
            hint="Often the channel that it reads is always the same, and a batch normalization "
            "that was folded made the weight large: remove that channel, or train with weight "
            "decay.",
        )


def _harmful_outliers(versions: Versions, measured: LayerMeasurement) -> OutlierWeights | None:
    """Filters with an outlier whose outputs have few bits left; None where there is none."""
    weight = getattr(versions.layer(measured.node), "weight", None)
    outliers = None if weight is None else outlier_weights(weight)
    if outliers is None:
        return None
    ratios = measured.int8.alone.channel_db[outliers.filters]
    ratios = ratios[~np.isnan(ratios)]
    return outliers if len(ratios) and np.median(ratios) < _FEW_DB else None


def _ranges(evidence: Evidence) -> Iterator[Culprit]:
    for layer, measured in evidence.pairs():
        codes = measured.codes
        if _harmful_outliers(evidence.versions, measured) is not None:
            continue
        lost = int((codes.constant & ~codes.real_constant).sum())
        few = layer.typical_used < _FEW_CODES and (layer.typical_db or np.inf) < _FEW_DB
        varying = layer.channels - int(codes.real_constant.sum())
        rounds = layer.int8.alone_db is not None
        if not rounds or not (few or lost > _LOST_CHANNELS * max(varying, 1)):
            continue
        spans = codes.highest - codes.lowest + 1
        channel = int(spans.argmax())
        yield Culprit(
            kind="range",
            layer=layer.name,
            what=f"Outliers set the range of the layer {layer.label}: channel {channel} takes "
            f"{spans[channel]} of 256 codes, the median channel {256 * layer.typical_used:.0f}"
            + (f", and {lost} of {varying} channels became constant." if lost else "."),
            hint="Scale that channel down in training or in the weights of this layer and the "
            "next, or clamp it (ReLU6); all channels of a tensor share one scale.",
        )


def _saturation(evidence: Evidence) -> Iterator[Culprit]:
    for layer in evidence.layers:
        share = layer.saturated_low + layer.saturated_high
        if share > _SATURATED and layer.int8.alone_db is not None:
            yield Culprit(
                kind="saturation",
                layer=layer.name,
                what=f"Of the values of the layer {layer.label} {100 * share:.1f} % are beyond the "
                "range of its codes.",
                hint="The calibration images do not show such values: raise "
                "network.calibration_images, or mix the order of the images.",
            )


def _blocks(evidence: Evidence) -> Iterator[Culprit]:
    for layer in evidence.layers:
        noise = layer.built
        if noise is None or noise.alone_db is None or not layer.blocks:
            continue
        names = " and ".join(layer.blocks)
        if noise.alone_db < _BLOCKS_DB and noise.bias_share > _BIAS_SHARE:
            yield Culprit(
                kind="blocks",
                layer=layer.name,
                what=f"The blocks {names} have a mean error in the layer {layer.label}: "
                f"{100 * noise.bias_share:.0f} % of the noise that they add, which leaves "
                f"{noise.alone_db:.1f} dB, is the same for all images.",
                hint="Choose blocks with a smaller mean error for this layer."
                if evidence.bias_correction
                else "Leave out bias: false of compensation, so that biases take it up.",
            )
        elif noise.alone_db < _COARSE_DB:
            yield Culprit(
                kind="blocks",
                layer=layer.name,
                what=f"The blocks {names} are too coarse for the layer {layer.label}: they leave "
                f"{noise.alone_db:.1f} dB.",
                hint="Choose blocks with smaller errors for this layer.",
            )
