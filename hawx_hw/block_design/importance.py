"""How much the classes depend on each filter's sums: the Fisher information's diagonal."""

from __future__ import annotations

import numpy as np

from hawx_hw.graph import fast
from hawx_hw.graph.graph import Graph
from hawx_hw.scores.jacobian import logit_jacobians

__all__ = ["filter_importance"]

#: Images of one backward pass.
_BATCH = 8


def filter_importance(graph: Graph, layer: str, images: np.ndarray) -> np.ndarray:
    """What a small error of a filter's sums does to the classes' probabilities.

    The Fisher information of a sum about the class, of the softmax of the logits, is the variance
    of the logits' derivatives under the classes' probabilities. Errors of different positions are
    regarded as independent, so that it is added up over positions.

    Parameters
    ----------
    graph : Graph
        The quantized network; its outputs are logits.
    layer : str
        A convolution or a linear layer.
    images : ndarray of int8
        Codes ``(images, *input shape)``.

    Returns
    -------
    ndarray of float64
        ``(filters,)``, with the mean 1; all 1 where the classes depend on none of them.
    """
    total = 0.0
    for start in range(0, len(images), _BATCH):
        codes = fast.run_all(graph, images[start : start + _BATCH])
        derivatives = logit_jacobians(graph, codes, sums=[layer]).sums[layer].astype(np.float64)
        logits = codes[graph.output].reshape(len(derivatives[0]), -1).astype(np.float64).T
        logits *= graph.tensors[graph.output].scale
        shares = np.exp(logits - logits.max(axis=0))
        shares /= shares.sum(axis=0)
        shares = shares.reshape(*shares.shape, *(1,) * (derivatives.ndim - 2))
        mean = (shares * derivatives).sum(axis=0)
        fisher = (shares * (derivatives - mean) ** 2).sum(axis=0)
        total = total + fisher.sum(axis=(0, *range(2, fisher.ndim)))
    importance: np.ndarray = np.asarray(total)
    return importance / importance.mean() if importance.any() else np.ones(len(importance))
