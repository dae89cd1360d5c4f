import json

import pytest
from pydantic import ValidationError

from hawx_hw.inspection.result import Culprit, Inspection
from tests.inspection.samples import EXACT, INSPECTION


@pytest.mark.parametrize("inspection", [INSPECTION, EXACT])
def test_json_and_back(inspection):
    text = json.dumps(inspection.as_dict(), allow_nan=False)
    assert Inspection.model_validate_json(text) == inspection


def test_the_float_accuracy_is_named_float():
    assert INSPECTION.as_dict()["accuracy"]["float"] == 0.99
    assert "built" not in EXACT.as_dict()["accuracy"]
    assert "rtl" in INSPECTION.as_dict()


def test_only_known_culprits():
    with pytest.raises(ValidationError, match="kind"):
        Culprit(kind="luck", layer=None, what="", hint="")
