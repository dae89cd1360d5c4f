"""Networks that do not fit their memories."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hawx_hw.architectures.common.memory_limits import MemoryNeed, check_memories
from hawx_hw.errors import UserError

LIMITS = SimpleNamespace(activation_kib=2, parameter_kib=None)


def test_what_fits_or_has_no_limit_is_right() -> None:
    check_memories(
        LIMITS,
        [MemoryNeed("codes", "activation_kib", 2048), MemoryNeed("words", "parameter_kib", 9**9)],
    )


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        check_memories(LIMITS, [MemoryNeed("codes", "activation_kib", 2049, "use less")])
    error = caught.value
    assert error.what == (
        "The network does not fit the chosen memories: its codes need 2049 bytes, and "
        "activation_kib allows 2048"
    )
    assert error.where == "accelerator.activation_kib"
    assert error.hint == "Set accelerator.activation_kib to 3 or more, or use less."
