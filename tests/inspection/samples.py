"""An inspection that was never made."""

from __future__ import annotations

from hawx_hw.inspection.result import (
    Culprit,
    Flips,
    Inspection,
    LayerNoise,
    LayerReport,
    StatisticsMatch,
    VersionAccuracy,
)


def noise(ratio: float | None, alone: float | None, bias: float = 0.0) -> LayerNoise:
    return LayerNoise(ratio_db=ratio, alone_db=alone, bias_share=bias)


CONV = LayerReport(
    name="conv1",
    kind="Conv2d",
    label="features.conv1",
    blocks=("drum(k=4)",),
    int8=noise(40.04, 42.0),
    uncompensated=noise(11.5, 11.5, 0.9),
    built=noise(20.25, 21.5),
    saturated_low=0.0,
    saturated_high=0.01234,
    channels=1600,
    dead=3,
    constant=1,
    used=0.98,
    typical_used=0.504,
    typical_db=35.0,
    statistics=StatisticsMatch(shift=0.126, spread=1.07),
)
FLATTEN = CONV.model_copy(
    update={"name": "flatten", "kind": "Flatten", "blocks": (), "statistics": None}
)
FC = CONV.model_copy(
    update={
        "name": "fc", "kind": "Linear", "blocks": (), "statistics": None, "dead": 0,
        "int8": noise(38.0, 39.0), "uncompensated": noise(10.0, None), "built": noise(19.0, None),
    }
)  # fmt: skip
CULPRIT = Culprit(kind="blocks", layer="conv1", what="It is off.", hint="Choose another.")
INSPECTION = Inspection(
    network="lenet5_digits",
    images=256,
    seen=0,
    accuracy=VersionAccuracy(float=0.99, int8=0.98, uncompensated=0.5, built=0.97),
    margin=12.0,
    layers=(CONV, FLATTEN, FC),
    flips=(
        Flips(versions=("float", "int8"), flipped=0, worse=0, better=0, examined=0, first={}),
        Flips(
            versions=("int8", "built"), flipped=70, worse=60, better=5, examined=64,
            first={"input": 1, "conv1": 23, "fc": 40},
        ),
    ),
    trials=(),
    culprits=(CULPRIT,),
    rtl=None,
)  # fmt: skip

_BARE = {"uncompensated": None, "built": None, "statistics": None, "blocks": ()}
#: The same without blocks and without batch normalization.
EXACT = INSPECTION.model_copy(
    update={
        "accuracy": VersionAccuracy(float=0.99, int8=0.98),
        "layers": (CONV.model_copy(update=_BARE), FC.model_copy(update=_BARE)),
        "flips": INSPECTION.flips[:1],
        "culprits": (),
    }
)
