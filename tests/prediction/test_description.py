import numpy as np
import pytest

from hawx_hw.prediction.description import DesignDescription
from tests.prediction.synthetic_designs import FEATURES, SYNTHETIC

VALUES = {name: float(index) for index, name in enumerate(FEATURES)}


def test_vector_and_record_are_in_the_order_of_the_architecture() -> None:
    shuffled = dict(reversed(VALUES.items()))
    description = DesignDescription(SYNTHETIC, "synthetic45", shuffled)
    np.testing.assert_array_equal(description.vector(), np.arange(len(FEATURES)))
    assert list(description.record()) == [f"x_{name}" for name in FEATURES]
    assert description.record()["x_sum_bits"] == VALUES["sum_bits"]


def test_features_must_be_complete() -> None:
    values = {name: value for name, value in VALUES.items() if name != "units"}
    with pytest.raises(ValueError, match="the features of synthetic; missing or unknown: units"):
        DesignDescription(SYNTHETIC, "synthetic45", values)
    with pytest.raises(ValueError, match="missing or unknown: wings"):
        DesignDescription(SYNTHETIC, "synthetic45", {**VALUES, "wings": 2.0})
