"""The prediction of the design that is built, and predict.json."""

from __future__ import annotations

from typing import ClassVar

from hawx_hw.prediction.alternatives import Alternative
from hawx_hw.prediction.prediction import Prediction
from hawx_hw.util.results import Record, Result

__all__ = ["PredictResult", "PredictedTechnology"]


class PredictedTechnology(Record):
    """The technology that was predicted for.

    Parameters
    ----------
    name : str
        As in the config.
    sha256 : str
        Of its liberty file.
    memory_model : str
        The memory model that its energies rest on.
    """

    name: str
    sha256: str
    memory_model: str


class PredictResult(Result):
    """The content of predict.json.

    Parameters
    ----------
    technology : PredictedTechnology
    prediction : Prediction or None
        None where it could not be made.
    reason : str or None
        Why it could not be made.
    alternatives : tuple of Alternative
        The same network and blocks on accelerators of other sizes.
    """

    FILE: ClassVar[str] = "predict.json"
    STAGE: ClassVar[str] = "predict"
    SCHEMA: ClassVar[int] = 4

    technology: PredictedTechnology
    prediction: Prediction | None
    reason: str | None
    alternatives: tuple[Alternative, ...] = ()
