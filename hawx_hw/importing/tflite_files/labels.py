"""Names of layers, of which a TFLite file has none: from the names of its tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hawx_hw.importing.tflite_files.parsing import Model, Operator

__all__ = ["Labels"]

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
#: Names that converters give to tensors that have none.
_UNNAMED = re.compile(
    r"(arith\.|tfl\.|tf\.|StatefulPartitionedCall|serving_default|PartitionedCall|Identity)"
)
#: Ends of a name that name the operation and not the layer.
_OPERATIONS = re.compile(
    r"(add|AddV2|AvgPool|BiasAdd|concat|convolution|Conv2D|depthwise|dense|FusedBatchNormV3|MatMul|"
    r"MaxPool|Mean|mul|Mul|ReadVariableOp|Relu|Relu6|Reshape|resource|Sigmoid|Softmax|sub|Sub|Tanh"
    r")(_\d+)?\d?(:\d+)?"
)


class Labels:
    """What to call an operator's layer.

    The converter names a tensor after all operations that it joined, with semicolons between; the
    weights of a layer have the clearest name.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model):
        self._model = model
        first = {
            label.split("/")[0]
            for operator in model.operators
            if "/" in (label := self.label(operator))
        }
        # The name of the whole network begins the name of each layer.
        self._common = first.pop() if len(first) == 1 else None

    def label(self, operator: Operator) -> str:
        """The name in the file, for messages."""
        named = next((name for name in self._names(operator) if not _UNNAMED.match(name)), None)
        return named or next(self._names(operator), "") or operator.kind

    def stem(self, operator: Operator) -> str:
        """What the layer's name is made of."""
        parts = self.label(operator).split("/")
        if len(parts) == 1 and _UNNAMED.match(parts[0]):
            return operator.kind.lower()
        if len(parts) > 1 and parts[0] == self._common:
            parts = parts[1:]
        while len(parts) > 1 and _OPERATIONS.fullmatch(parts[-1]):
            parts = parts[:-1]
        return "/".join(parts)

    def _names(self, operator: Operator) -> Iterator[str]:
        tensors = self._model.tensors
        if operator.kind in _WEIGHTED and len(operator.inputs) > 1 and operator.inputs[1] >= 0:
            yield tensors[operator.inputs[1]].name.split(";")[0]
        for index in operator.outputs:
            if index >= 0:
                yield from filter(None, tensors[index].name.split(";"))
