"""Threads of torch, for a while."""

from __future__ import annotations

import pytest
import torch

from hawx_hw.networks.threads import torch_threads


def test_threads_are_as_before_afterwards() -> None:
    before = torch.get_num_threads()
    with torch_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="stop"), torch_threads(3):
        assert torch.get_num_threads() == 3
        raise ValueError("stop")
    assert torch.get_num_threads() == before
