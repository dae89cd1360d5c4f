"""From a torch module to layers in real numbers, by symbolic tracing."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import fx, nn
from torch.nn import functional

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.float_graph import INPUT, FloatGraph, FloatLayer
from hawx_hw.importing.fusion import fuse
from hawx_hw.importing.modules.lowering import lower
from hawx_hw.importing.modules.site import Site, TensorArgument
from hawx_hw.util.user_code import place

__all__ = ["trace"]

_WHERE = "network.model"
_CHECKED_IMAGES = 4
_SOFTMAX_MODULES = (nn.Softmax, nn.LogSoftmax)
_SOFTMAX_FUNCTIONS: tuple[Any, ...] = (
    functional.softmax,
    functional.log_softmax,
    torch.softmax,
    torch.log_softmax,
    "softmax",
    "log_softmax",
)


def trace(
    network: nn.Module,
    images: np.ndarray,
    preprocessing: Preprocessing | None = None,
    *,
    notes: list[str] | None = None,
) -> FloatGraph:
    """The network as fused float layers.

    Parameters
    ----------
    network : torch.nn.Module
        Takes ``(batch, C, H, W)`` and returns one tensor. It is not changed; it is traced in
        evaluation mode.
    images : ndarray of uint8
        ``(n, C, H, W)``, n >= 1. The first few are used to check that the layers compute the
        network's output.
    preprocessing : Preprocessing or None
        How pixels become the values that the network takes; None: ``pixel / 255``.
    notes : list of str or None
        What a user should know is appended: a softmax at the end is dropped, which does not change
        which output is the largest.

    Returns
    -------
    FloatGraph

    Raises
    ------
    UserError
        The network cannot be traced, does not take such images, or has an operation without an
        integer counterpart; the message names the layer.
    """
    network = copy.deepcopy(network).cpu().double().eval()
    try:
        traced = fx.symbolic_trace(network)
    except Exception as error:  # whatever the user's forward() raises on proxies
        raise UserError(
            f"The network cannot be traced: {_brief(error)}.",
            where=_WHERE,
            hint="Its forward() must not branch on the values of tensors.",
        ) from error
    dropped = _without_softmax(traced)
    graph = FloatGraph(tuple(images.shape[1:]), [], preprocessing or Preprocessing())
    pixels = graph.inputs(images[:_CHECKED_IMAGES])
    recorder = _Recorder(traced)
    try:
        with torch.inference_mode():
            expected = recorder.run(pixels.clone())
    except Exception as error:  # whatever the user's forward() raises on these images
        raise UserError(
            f"The network does not take images of shape {images.shape[1:]}: {_brief(error)}.",
            where=_WHERE,
        ) from error
    if dropped and expected.ndim != 2:
        raise UserError(
            f"The layer {dropped!r} is a softmax of a tensor of shape {tuple(expected.shape[1:])}; "
            "it must be of a vector.",
            where=_WHERE,
        )
    # Only now: an operation in place has an effect although nothing reads its result.
    traced.graph.eliminate_dead_code()
    graph.layers = _layers(traced, recorder.values)
    fuse(graph)
    if not graph.layers:
        raise UserError("The network does not use its input.", where=_WHERE)
    _check(graph, pixels, expected)
    if dropped and notes is not None:
        notes.append(
            f"The {dropped!r} at the end is dropped: the largest output is the same without it."
        )
    return graph


def _without_softmax(traced: fx.GraphModule) -> str | None:
    """Let the network return what goes into its last softmax; the name of that layer."""
    *_, output = traced.graph.nodes
    result = output.args[0]
    if not isinstance(result, fx.Node) or not result.all_input_nodes:
        return None
    modules = dict(traced.named_modules())
    target = modules.get(str(result.target)) if result.op == "call_module" else result.target
    if not (isinstance(target, _SOFTMAX_MODULES) or target in _SOFTMAX_FUNCTIONS):
        return None
    if _dimension(result, target) not in (None, 1, -1):
        return None  # over the images of a batch, or along one axis of several
    output.args = (result.all_input_nodes[0],)
    traced.recompile()
    return str(result.target) if result.op == "call_module" else result.name


def _dimension(softmax: fx.Node, target: Any) -> Any:
    """The dimension that a softmax normalizes; None: torch's own choice."""
    if isinstance(target, nn.Module):
        return getattr(target, "dim", None)
    return softmax.args[1] if len(softmax.args) > 1 else softmax.kwargs.get("dim")


def _brief(error: Exception) -> str:
    """The first line of torch's message, which a listing follows, and the place in forward()."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return f"{text}{place(error)}"


class _Recorder(fx.Interpreter):
    """Runs the traced network and records each node's shape or, unless a tensor, its value."""

    def __init__(self, traced: fx.GraphModule):
        super().__init__(traced)
        self.values: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        self.values[n] = _Shape(result.shape) if isinstance(result, torch.Tensor) else result
        return result


class _Shape(tuple):
    """The shape of a tensor, distinct from a tuple that the network computes with."""

    __slots__ = ()


def _layers(traced: fx.GraphModule, values: dict[fx.Node, Any]) -> list[FloatLayer]:
    layers: list[FloatLayer] = []
    results: dict[fx.Node, TensorArgument] = {}  # the layer whose output the node's value is
    modules = dict(traced.named_modules())
    for node in traced.graph.nodes:
        if node.op == "placeholder":
            if results and node.users:
                raise UserError(
                    f"The network has a second input {node.target!r}; it must have one.",
                    where=_WHERE,
                )
            if not results:
                results[node] = TensorArgument(INPUT, tuple(values[node][1:]))
        elif node.op == "output":
            (result,) = node.args
            if not isinstance(result, fx.Node) or result not in results:
                raise UserError("The network must return one computed tensor.", where=_WHERE)
            if any(results[result].padding):
                raise UserError("The network must not return a padded tensor.", where=_WHERE)
        elif isinstance(values[node], _Shape) and node.op != "get_attr":
            result = lower(_site(node, modules, results, values))
            if isinstance(result, FloatLayer):
                layers.append(result)
                result = TensorArgument(result.name, result.shape)
            results[node] = replace(result, shape=tuple(values[node][1:]))
    return layers


def _site(
    node: fx.Node,
    modules: dict[str, nn.Module],
    results: dict[fx.Node, TensorArgument],
    values: dict[fx.Node, Any],
) -> Site:
    """The input of lowering for a node: arguments resolved to layer names or plain values."""

    def resolved(argument: fx.Node) -> Any:
        value = values[argument]
        if not isinstance(value, _Shape):
            return value
        if argument not in results:
            raise UserError(
                f"The operation {label!r} works on the stored tensor {argument.target!r}, which "
                "has no integer counterpart.",
                where=_WHERE,
            )
        return results[argument]

    label = str(node.target) if node.op == "call_module" else node.name
    name = f"{node.name}_" if node.name == INPUT else node.name
    target = modules[str(node.target)] if node.op == "call_module" else node.target
    return Site(
        name=name,
        label=label,
        kind=node.op,
        target=target,
        arguments=tuple(fx.node.map_arg(node.args, resolved)),
        keywords=dict(fx.node.map_arg(node.kwargs, resolved)),
        shape=tuple(values[node][1:]),
        shared=any(len(source.users) > 1 for source in node.all_input_nodes),
    )


def _check(graph: FloatGraph, pixels: torch.Tensor, expected: torch.Tensor) -> None:
    *_, (_, result) = graph.evaluate(pixels)
    if result.shape != expected.shape or not torch.allclose(result, expected, rtol=1e-6, atol=1e-9):
        raise UserError(
            "The traced layers do not compute the output of the network.",
            where=_WHERE,
            hint="Its forward() must depend on nothing but its input, and use what an operation in "
            "place returns: x = self.relu(x).",
        )
