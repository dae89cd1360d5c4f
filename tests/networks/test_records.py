import json

import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.networks import shipped_checkpoint
from hawx_hw.networks.records import Recorded, recorded
from tests.material import material


def record(folder, content):
    (folder / "a.json").write_text(json.dumps(content))
    return folder / "a.safetensors"


def test_shipped_records_from_before_there_was_a_choice():
    expected = Recorded("lenet5", Preprocessing(), {})
    assert recorded(shipped_checkpoint("lenet5", "digits")) == expected


def test_what_hawx_train_writes(tmp_path):
    stored = {"scale": 1, "mean": [1.0, 2.0, 3.0], "std": [4.0]}
    content = {"model": "resnet20", "options": {"width": 8}, "recipe": {"preprocessing": stored}}
    assert recorded(record(tmp_path, content)) == Recorded(
        "resnet20", Preprocessing(1, (1.0, 2.0, 3.0), (4.0,)), {"width": 8, "shortcut": "pad"}
    )


def test_a_network_of_the_users_own(tmp_path):
    assert recorded(record(tmp_path, {"model": "mine", "options": {"a": 1}})) == Recorded()


def test_nothing_is_known_of_other_files(tmp_path):
    assert recorded(tmp_path / "a.pth") is None
    (tmp_path / "a.pth").write_bytes(b"weights")
    assert recorded(tmp_path / "a.pth") is None


@pytest.mark.parametrize("depth", ["20-12fca82f", "32-d509ac18", "44-014dd654", "56-4bfd9763"])
def test_published_files(depth):
    known = recorded(material(f"models/resnet{depth}.th"))
    assert known.preprocessing.mean == (0.485, 0.456, 0.406)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"model": "resnet20", "options": {"width": 0}},
        {"model": "resnet20", "options": {"depth": 8}},
        {"model": ["resnet20"]},
        {"recipe": {"preprocessing": {"scale": "1"}}},
        {"recipe": {"preprocessing": {"mean": [True]}}},
        {"recipe": {"preprocessing": {"std": [0.0]}}},
        {"recipe": {"preprocessing": {"more": [0.0]}}},
        {"recipe": 3},
    ],
)
def test_damaged_records(tmp_path, content):
    with pytest.raises(UserError) as caught:
        recorded(record(tmp_path, content))
    assert caught.value.what == "The record of the checkpoint cannot be read."
    assert caught.value.where == str(tmp_path / "a.json")
