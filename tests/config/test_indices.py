import pytest
from pydantic import BaseModel, ValidationError

from hawx_hw.config.indices import Indices, indices


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (3, (3,)),
        ("3", (3,)),
        ("0-3", (0, 1, 2, 3)),
        ("0-1, 8", (0, 1, 8)),
        ([4, "0-1", 4], (0, 1, 4)),
        (" 7 - 8 ", (7, 8)),
    ],
)
def test_ways_to_write_them(text, numbers):
    assert indices(text) == numbers


@pytest.mark.parametrize(
    "text", ["", "a", "3-1", -1, "1-", True, [], [[1]], 1.5, "0-99999999", "9" * 20]
)
def test_what_they_are_not(text):
    with pytest.raises(ValueError, match=r"^must "):
        indices(text)


def test_in_a_model():
    class Model(BaseModel):
        filters: Indices

    assert Model(filters="0-2").filters == (0, 1, 2)
    assert "anyOf" in Model.model_json_schema()["properties"]["filters"]


@pytest.mark.parametrize("text", ["1:3", "1..3", "0, 1:3", [0, "1 to 3"], "1\u20133"])
def test_ranges_of_other_languages(text):
    class Model(BaseModel):
        filters: Indices

    with pytest.raises(ValidationError) as caught:
        Model(filters=text)
    problem = caught.value.errors()[0]
    assert problem["type"] == "user_error"
    assert problem["ctx"]["hint"] == "Write 1-3."
    assert problem["ctx"]["what"].startswith("must be indices such as 3, 0-3 or [0, 4-7], not ")


def test_a_long_text_is_not_repeated():
    with pytest.raises(ValueError, match=r"^must be indices.{0,160}$"):
        indices("a" * 10_000)
