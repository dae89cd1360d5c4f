"""The flows by name: what is in ``flows/`` has a module of its name in :mod:`.tools`."""

from __future__ import annotations

import importlib

from hawx_hw.config.flows import flow_named
from hawx_hw.flows.base import Flow

__all__ = ["flow_of"]


def flow_of(name: str) -> Flow:
    """The flow of a name; its module is imported now.

    Raises
    ------
    UserError
        There is none.
    """
    module = importlib.import_module(f"hawx_hw.flows.tools.{flow_named(name).name}")
    flow: Flow = module.FLOW
    return flow
