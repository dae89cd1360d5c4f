"""Networks that a user wrote in Python: ``python:MODULE:FUNCTION``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hawx_hw.config.zoo import Value
from hawx_hw.datasets import Dataset
from hawx_hw.errors import UserError, shown
from hawx_hw.networks.checkpoint import misfit, read
from hawx_hw.networks.matching import matched
from hawx_hw.util.user_code import call
from hawx_hw.util.user_modules import load_object, split_name

__all__ = ["load_user_network"]

_USAGE = "Write python:MODULE:FUNCTION; see docs/networks.md."


def load_user_network(
    name: str,
    dataset: Dataset,
    checkpoint: Path | None = None,
    options: Mapping[str, Value] | None = None,
    *,
    folder: Path | None = None,
) -> nn.Module:
    """The torch module that a user's function returns, in evaluation mode.

    The function is called with those of ``shape`` (channels, height, width) and ``classes`` that
    are among its parameters, and with the options. It runs in this process with the user's rights;
    torch's generator has a fixed seed and is restored afterwards.

    Parameters
    ----------
    name : str
        ``python:MODULE:FUNCTION``; a class that is a torch module will do, too.
    dataset : Dataset
        Its image shape and number of classes are given to the function.
    checkpoint : Path or None
        Weights to load; see :func:`~hawx_hw.networks.checkpoint.read`. None: those that the module
        has.
    options : mapping of str to int or str, or None
        Further arguments.
    folder : Path or None
        The config's folder, where modules are searched first.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    UserError
        The function cannot be imported or fails, takes other arguments, or returns no torch module;
        the checkpoint is missing, damaged, or of another network.
    """
    parts = split_name(name)
    if parts is None:
        raise UserError(f"Wrong name of a network {shown(name)}", hint=_USAGE)
    function = load_object(name, folder, _USAGE)
    if not callable(function):
        raise UserError(
            f"{parts[1]} must be a function that returns a torch module, "
            f"not {type(function).__name__}",
            where=name,
            hint=_USAGE,
        )
    known = {"shape": dataset.shape, "classes": dataset.classes}
    arguments = _arguments(name, function, known, dict(options or {}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = call(name, f"{parts[1]}() fails", partial(function, **arguments))
    if not isinstance(network, nn.Module):
        raise UserError(
            f"{parts[1]}() must return a torch module, not {type(network).__name__}",
            where=name,
            hint=_USAGE,
        )
    if checkpoint is not None:
        _load_weights(name, network, checkpoint)
    return network.eval()


def _load_weights(name: str, network: nn.Module, checkpoint: Path) -> None:
    stored = read(checkpoint, name)
    state: dict[str, Any] = call(name, "state_dict() fails", network.state_dict)
    # A module may store more than tensors, which is no weight.
    expected = {key: value for key, value in state.items() if isinstance(value, torch.Tensor)}
    try:
        weights = matched(expected, stored)
    except ValueError as error:
        hint = "Check that it was trained for this network with these network.options."
        raise misfit(checkpoint, error, hint) from error
    load = partial(network.load_state_dict, strict=len(expected) == len(state))
    call(name, "load_state_dict() fails", load, weights)


def _arguments(
    name: str, function: Any, known: Mapping[str, Any], options: Mapping[str, Value]
) -> dict[str, Any]:
    """What a function is called with: those of ``known`` that it takes, and all options."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise UserError("The function has no signature", where=name, hint=_USAGE) from error
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters)
    positional = [
        each.name for each in parameters if each.kind is each.POSITIONAL_ONLY and _needed(each)
    ]
    named = {
        each.name: each
        for each in parameters
        if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    }
    for option in options:
        if option in known or (option not in named and not takes_any):
            own = [each for each in named if each not in known]
            has = f"it has {', '.join(own)}" if own else "it has none"
            raise UserError(
                f"The function has no option {shown(option)}: {has}", where="network.options"
            )
    arguments = {each: value for each, value in known.items() if each in named} | dict(options)
    missing = positional + [
        each for each, parameter in named.items() if _needed(parameter) and each not in arguments
    ]
    if missing:
        raise UserError(
            f"The function needs {', '.join(missing)}, which network.options does not give",
            where=name,
            hint="It is called with shape and classes, if it takes them, and with these options.",
        )
    return arguments


def _needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty
