"""What an inspection of a network measured, and what it concludes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from hawx_hw.util.results import Record

__all__ = [
    "Culprit",
    "CulpritKind",
    "Flips",
    "Inspection",
    "LayerNoise",
    "LayerReport",
    "PreprocessingTrial",
    "RtlComparison",
    "StatisticsMatch",
    "VersionAccuracy",
]

CulpritKind = Literal[
    "preprocessing",
    "statistics",
    "labels",
    "network",
    "dead",
    "weights",
    "range",
    "saturation",
    "blocks",
]


class LayerNoise(Record):
    """Noise at the output of a layer.

    Parameters
    ----------
    ratio_db : float or None
        Signal-to-noise ratio, with the noise of all layers before; None where there is no noise.
    alone_db : float or None
        The same of the noise that this layer adds to the inputs that it gets.
    bias_share : float
        Share of the power of the noise that this layer adds which is the mean error of a channel,
        in [0, 1].
    """

    ratio_db: float | None
    alone_db: float | None
    bias_share: float


class StatisticsMatch(Record):
    """The output before the clamp beside what a batch normalization recorded in training.

    Parameters
    ----------
    shift : float
        Median over the channels of the distance of the means, in recorded deviations.
    spread : float
        Median over the channels of the factor, >= 1, between the deviations.
    """

    shift: float
    spread: float


class LayerReport(Record):
    """One layer.

    Parameters
    ----------
    name, kind : str
        The node's name, and its type.
    label : str
        The layer's name in the user's network.
    blocks : tuple of str
        Its blocks, where they are not exact alone.
    int8 : LayerNoise
        Of the integer network with exact blocks against the float network.
    uncompensated, built : LayerNoise or None
        Of the integer network with the blocks, and of the one that is built, against the integer
        network with exact blocks; None where all blocks of the network are exact.
    saturated_low, saturated_high : float
        Shares of the layer's values below and above the range of its codes, in [0, 1]. What the
        network itself clamps is not saturated.
    channels, dead, constant : int
        Of the feature map, or features of the vector; those that are always zero; and those that
        always have one other code.
    used : float
        Codes from the lowest to the highest that occurs, as a share of all 256.
    typical_used : float
        The same of the median channel that is not constant; 0 where all are.
    typical_db : float or None
        Signal-to-noise ratio of the median channel, of the noise that its rounding to 8 bits adds;
        None where there is none.
    statistics : StatisticsMatch or None
        None where the network has no batch normalization there.
    """

    name: str
    kind: str
    label: str
    blocks: tuple[str, ...] = ()
    int8: LayerNoise
    uncompensated: LayerNoise | None = None
    built: LayerNoise | None = None
    saturated_low: float
    saturated_high: float
    channels: int
    dead: int
    constant: int
    used: float
    typical_used: float
    typical_db: float | None
    statistics: StatisticsMatch | None = None


class Flips(Record):
    """Images whose class one version changes against another.

    Parameters
    ----------
    versions : tuple of str
        The two versions, such as ``("float", "int8")``.
    flipped : int
        Images of another class.
    worse, better : int
        Those of them that were right before, and that are right after.
    examined : int
        Of the flipped images, those of which the first layer was looked for.
    first : mapping of str to int
        Examined images by the first layer: the first up to which the new version must replace the
        old one for another class. ``input`` is the rounding of the pixels.
    """

    versions: tuple[str, str]
    flipped: int
    worse: int
    better: int
    examined: int
    first: Mapping[str, int]


class VersionAccuracy(Record):
    """Accuracies in [0, 1] on the inspected images.

    Parameters
    ----------
    float : float
        Of the float network; the attribute is ``in_float``.
    int8 : float
        Of the integer network with exact blocks.
    uncompensated, built : float or None
        With the blocks, and of the network that is built; None where all blocks are exact.
    """

    in_float: float = Field(alias="float")
    int8: float
    uncompensated: float | None = None
    built: float | None = None


class PreprocessingTrial(Record):
    """The float network with another preprocessing.

    Parameters
    ----------
    what : str
        In words.
    setting : str
        The YAML of ``network.preprocess`` that has this effect.
    images : int
        On which it was tried.
    accuracy : float
        In [0, 1].
    margin : float
        Median distance of the two largest outputs.
    better : bool
        Whether it is clearly the better one.
    """

    what: str
    setting: str
    images: int
    accuracy: float
    margin: float
    better: bool


class Culprit(Record):
    """A likely cause of lost accuracy.

    Parameters
    ----------
    kind : str
        ``preprocessing``, ``statistics`` (the layers are not those that were trained), ``labels``
        (classes in another order), ``network`` (of no use in float either), ``dead``, ``weights``
        (a filter's range, set by an outlier), ``range`` (the same of activations), ``saturation``
        or ``blocks``.
    layer : str or None
        The node's name.
    what : str
        In words.
    hint : str
        What to do about it.
    """

    kind: CulpritKind
    layer: str | None
    what: str
    hint: str


class RtlComparison(Record):
    """The Verilog of the design compared with the network that is built, by the last verification.

    Parameters
    ----------
    equal : bool
        Whether every result and every stored word was equal.
    images : int
        Images whose results were compared.
    """

    equal: bool
    images: int


class Inspection(Record):
    """All of it.

    Parameters
    ----------
    network : str
        The graph's name.
    images : int
        Images for learning that were inspected.
    seen : int
        Those of them that calibration or search used too.
    accuracy : VersionAccuracy
    margin : float
        Median distance of the two largest outputs of the float network.
    layers : tuple of LayerReport
        In the order of computation.
    flips : tuple of Flips
        From float to int8, and where there are blocks from int8 to the network that is built.
    trials : tuple of PreprocessingTrial
    culprits : tuple of Culprit
        The likeliest first; none where nothing stands out.
    rtl : RtlComparison or None
        None where the design as it is was not verified.
    """

    network: str
    images: int
    seen: int
    accuracy: VersionAccuracy
    margin: float
    layers: tuple[LayerReport, ...]
    flips: tuple[Flips, ...]
    trials: tuple[PreprocessingTrial, ...]
    culprits: tuple[Culprit, ...]
    rtl: RtlComparison | None
