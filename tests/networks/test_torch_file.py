"""Files of torch.save: what is read, and what is refused without running anything."""

import argparse
import io
import os
import pickle
import random
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from hawx_hw.networks.torch_file import unpack_torch


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("made_by_a_checkpoint",)


def saved(value, **settings):
    content = io.BytesIO()
    torch.save(value, content, **settings)
    return content.getvalue()


@pytest.fixture
def state():
    torch.manual_seed(0)
    return nn.Linear(2, 3).state_dict()


def equal(read, state):
    return read.keys() == state.keys() and all(torch.equal(read[key], state[key]) for key in state)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_state_dictionary(state, zipped):
    assert equal(unpack_torch(saved(state, _use_new_zipfile_serialization=zipped)), state)


@pytest.mark.parametrize("room", ["state_dict", "model_state_dict", "model", "net", "anything"])
def test_a_dictionary_in_another(state, room):
    optimizer = {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]}
    content = saved({"epoch": 3, room: state, "optimizer": optimizer, "best": 0.5})
    assert equal(unpack_torch(content), state)


def test_the_usual_name_decides(state):
    other = {name: value + 1 for name, value in state.items()}
    assert equal(unpack_torch(saved({"ema": other, "state_dict": state})), state)
    with pytest.raises(ValueError, match="several sets of weights, 'ema', 'ema2', none under a"):
        unpack_torch(saved({"ema": other, "ema2": state}))


def test_numbers_beside_tensors_are_left_out(state):
    assert equal(unpack_torch(saved({**state, "epoch": 3, 7: torch.ones(1)})), state)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], r"holds a list, not a dictionary of tensors"),
        (7, r"holds an int, not a dictionary of tensors"),
        ({}, r"holds no weights"),
        ({"epoch": 3}, r"holds no weights, only 'epoch'"),
        (nn.Linear(2, 3), r"holds an object of torch.nn.modules.linear.Linear beside tensors; to"),
        ({"a": np.zeros(3)}, r"holds an object of numpy._core.multiarray._reconstruct beside"),
        ({"args": argparse.Namespace(x=1)}, r"holds an object of argparse.Namespace beside"),
        ({"a": torch.eye(3).to_sparse()}, r"stores a in another form than plain numbers"),
        ({"a": torch.empty(3, device="meta")}, r"stores a in another form than plain numbers"),
    ],
)
def test_what_holds_no_plain_weights_is_refused(value, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        unpack_torch(saved(value))


@pytest.mark.parametrize("wrap", [saved, pickle.dumps, lambda value: saved({"state_dict": value})])
def test_nothing_that_a_file_names_is_called(wrap, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = wrap(Harmful())
    with pytest.raises(ValueError, match="holds"):
        unpack_torch(content)
    assert list(tmp_path.iterdir()) == []


def test_a_program_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/code/__torch__/net.py", "")
    with pytest.raises(ValueError, match="is a TorchScript archive, which holds a program"):
        unpack_torch(content.getvalue())


def test_compressed_members_are_refused(state):
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(state))) as source,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
    with pytest.raises(ValueError, match=r"has a compressed member 'archive/data\.pkl'; torch"):
        unpack_torch(content.getvalue())


@pytest.mark.parametrize("zipped", [True, False])
def test_damage_of_any_kind_is_one_error(state, zipped):
    whole = saved(state, _use_new_zipfile_serialization=zipped)
    for length in range(0, len(whole), 61):
        with pytest.raises(ValueError, match=r"^(is damaged|holds)"):
            unpack_torch(whole[:length])
    draw = random.Random(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[draw.randrange(len(whole))] = draw.randrange(256)
        try:
            unpack_torch(bytes(damaged))
        except ValueError:
            continue
