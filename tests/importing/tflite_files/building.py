"""Writes small TFLite files with the classes of the package ``tflite``, and runs them."""

from __future__ import annotations

import flatbuffers
import numpy as np
import pytest
import tflite

TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "string": 5, "int16": 7,
         "int8": 9, "int4": 17}  # fmt: skip
#: Options that an operator must have, so that files need only state others.
_WINDOW = {"Padding": tflite.Padding.VALID, "StrideH": 1, "StrideW": 1}
_OPTIONS = {
    "ADD": ("AddOptions", {}),
    "ARG_MAX": ("ArgMaxOptions", {"OutputType": TYPES["int64"]}),
    "AVERAGE_POOL_2D": ("Pool2DOptions", _WINDOW),
    "CAST": ("CastOptions", {}),
    "CONCATENATION": ("ConcatenationOptions", {"Axis": -1}),
    "CONV_2D": ("Conv2DOptions", {**_WINDOW, "DilationHFactor": 1, "DilationWFactor": 1}),
    "DEPTHWISE_CONV_2D": (
        "DepthwiseConv2DOptions",
        {**_WINDOW, "DepthMultiplier": 1, "DilationHFactor": 1, "DilationWFactor": 1},
    ),
    "DEQUANTIZE": ("DequantizeOptions", {}),
    "DIV": ("DivOptions", {}),
    "FULLY_CONNECTED": ("FullyConnectedOptions", {}),
    "GELU": ("GeluOptions", {}),
    "HARD_SWISH": ("HardSwishOptions", {}),
    "LEAKY_RELU": ("LeakyReluOptions", {"Alpha": 0.1}),
    "MAX_POOL_2D": ("Pool2DOptions", _WINDOW),
    "MEAN": ("ReducerOptions", {}),
    "MUL": ("MulOptions", {}),
    "PAD": ("PadOptions", {}),
    "PADV2": ("PadV2Options", {}),
    "QUANTIZE": ("QuantizeOptions", {}),
    "RESHAPE": ("ReshapeOptions", {}),
    "SOFTMAX": ("SoftmaxOptions", {"Beta": 1.0}),
    "SUB": ("SubOptions", {}),
    "TRANSPOSE": ("TransposeOptions", {}),
}


class File:
    """A file with one subgraph; tensors are numbered as they are added.

    Parameters
    ----------
    version : int
    subgraphs : int
        The same subgraph so many times.
    """

    def __init__(self, version=3, subgraphs=1):
        self.version, self.subgraphs = version, subgraphs
        self.tensors, self.operators = [], []

    def tensor(
        self, shape, kind="float32", *, data=None, scale=None, zero_point=0, axis=0, name=None
    ):
        """Add a tensor and return its number; ``data`` makes it a constant."""
        number = len(self.tensors)
        zeros = None if scale is None else np.broadcast_to(zero_point, np.shape(scale) or (1,))
        self.tensors.append(
            {
                "shape": tuple(shape),
                "kind": kind,
                "data": None if data is None else np.ascontiguousarray(data),
                "scale": None if scale is None else np.atleast_1d(np.float32(scale)),
                "zero_point": None if zeros is None else np.asarray(zeros, dtype=np.int64),
                "axis": axis,
                "name": f"model/tensor{number}" if name is None else name,
            }
        )
        return number

    def constant(self, values, kind="float32", **quantization):
        """Add a constant and return its number."""
        values = np.asarray(values, dtype=kind)
        return self.tensor(values.shape, kind, data=values, **quantization)

    def operator(self, kind, inputs, output, **options):
        """Add an operator; ``kind`` may be a number, ``output`` a list.

        A convolution without a bias gets one of zeros: the interpreter refuses others.
        """
        if kind in ("CONV_2D", "DEPTHWISE_CONV_2D") and len(inputs) == 2:
            filters = self.tensors[inputs[1]]["shape"][0 if kind == "CONV_2D" else -1]
            inputs = [*inputs, self.constant(np.zeros(filters))]
        outputs = output if isinstance(output, list) else [output]
        self.operators.append((kind, list(inputs), outputs, options))
        return output

    def write(self, path, inputs=(0,), outputs=None):
        """Write the file and return its path."""
        path.write_bytes(self.content(inputs, outputs))
        return path

    def content(self, inputs=(0,), outputs=None):
        """The bytes; without ``outputs`` those of the last operator."""
        outputs = self.operators[-1][2] if outputs is None else list(outputs)
        b = flatbuffers.Builder(1024)
        buffers = [self._buffer(b, None), *(self._buffer(b, t["data"]) for t in self.tensors)]
        tensors = [self._tensor(b, i + 1, tensor) for i, tensor in enumerate(self.tensors)]
        kinds = sorted({str(kind) for kind, *_ in self.operators})
        operators = [self._operator(b, kinds, *operator) for operator in self.operators]
        vectors = [self._offsets(b, each) for each in (tensors, operators)]
        ends = [b.CreateNumpyVector(np.array(each, dtype=np.int32)) for each in (inputs, outputs)]
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, vectors[0])
        tflite.SubGraphAddInputs(b, ends[0])
        tflite.SubGraphAddOutputs(b, ends[1])
        tflite.SubGraphAddOperators(b, vectors[1])
        subgraph = tflite.SubGraphEnd(b)
        parts = [
            self._offsets(b, [self._code(b, kind) for kind in kinds]),
            self._offsets(b, [subgraph] * self.subgraphs),
            self._offsets(b, buffers),
        ]
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, self.version)
        tflite.ModelAddOperatorCodes(b, parts[0])
        tflite.ModelAddSubgraphs(b, parts[1])
        tflite.ModelAddBuffers(b, parts[2])
        b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
        return bytes(b.Output())

    @staticmethod
    def _offsets(b, offsets):
        b.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            b.PrependUOffsetTRelative(offset)
        return b.EndVector()

    @staticmethod
    def _buffer(b, data):
        content = None if data is None else data.reshape(-1).view(np.uint8)
        vector = None
        if content is not None:
            # As the schema demands, since kernels read whole words.
            b.StartVector(1, len(content), 16)
            b.head -= len(content)
            b.Bytes[b.Head() : b.Head() + len(content)] = content.tobytes()
            vector = b.EndVector()
        tflite.BufferStart(b)
        if vector is not None:
            tflite.BufferAddData(b, vector)
        return tflite.BufferEnd(b)

    @staticmethod
    def _tensor(b, buffer, tensor):
        quantization = None
        if tensor["scale"] is not None:
            scale = b.CreateNumpyVector(tensor["scale"])
            zero_point = b.CreateNumpyVector(tensor["zero_point"])
            tflite.QuantizationParametersStart(b)
            tflite.QuantizationParametersAddScale(b, scale)
            tflite.QuantizationParametersAddZeroPoint(b, zero_point)
            tflite.QuantizationParametersAddQuantizedDimension(b, tensor["axis"])
            quantization = tflite.QuantizationParametersEnd(b)
        shape = b.CreateNumpyVector(np.array(tensor["shape"], dtype=np.int32))
        name = b.CreateString(tensor["name"])
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, shape)
        tflite.TensorAddType(b, TYPES[tensor["kind"]])
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, name)
        if quantization is not None:
            tflite.TensorAddQuantization(b, quantization)
        return tflite.TensorEnd(b)

    @staticmethod
    def _operator(b, kinds, kind, inputs, outputs, options):
        name, usual = _OPTIONS.get(kind, (None, {}))
        name = options.pop("form", name) if "form" in options else name
        table = None
        if name is not None:
            getattr(tflite, f"{name}Start")(b)
            for key, value in {**usual, **options}.items():
                getattr(tflite, f"{name}Add{key}")(b, value)
            table = getattr(tflite, f"{name}End")(b)
        sources, targets = (
            b.CreateNumpyVector(np.array(each, dtype=np.int32)) for each in (inputs, outputs)
        )
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, kinds.index(str(kind)))
        tflite.OperatorAddInputs(b, sources)
        tflite.OperatorAddOutputs(b, targets)
        if table is not None:
            tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, name))
            tflite.OperatorAddBuiltinOptions(b, table)
        return tflite.OperatorEnd(b)

    @staticmethod
    def _code(b, kind):
        number = int(kind) if kind.isdigit() else getattr(tflite.BuiltinOperator, kind.split()[0])
        custom = b.CreateString(kind.split()[1]) if " " in kind else None
        tflite.OperatorCodeStart(b)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(number, 127))
        tflite.OperatorCodeAddVersion(b, 1)
        tflite.OperatorCodeAddBuiltinCode(b, number)
        if custom is not None:
            tflite.OperatorCodeAddCustomCode(b, custom)
        return tflite.OperatorCodeEnd(b)


def interpreted(path, inputs, *, exact=False):
    """What the interpreter computes for inputs ``(n, *shape)``; skips where it is not installed.

    ``exact`` takes its reference kernels.
    """
    runtime = pytest.importorskip("ai_edge_litert.interpreter", reason="ai-edge-litert is missing")
    resolver = runtime.OpResolverType
    interpreter = runtime.Interpreter(
        str(path),
        experimental_op_resolver_type=resolver.BUILTIN_REF if exact else resolver.AUTO,
    )
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    results = []
    for each in inputs:
        interpreter.set_tensor(source["index"], each[None].astype(source["dtype"]))
        interpreter.invoke()
        results.append(interpreter.get_tensor(target["index"])[0].copy())
    return np.stack(results)
