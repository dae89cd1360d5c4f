"""A frozen TensorFlow graph read without TensorFlow."""

import numpy as np
import pytest
from maxdnn_graph import load

from hawx_hw.errors import UserError
from tests.material import material


def varint(value):
    parts = []
    while value > 127:
        parts.append(value % 128 + 128)
        value //= 128
    return bytes([*parts, value])


def field(number, content):
    """A field of protobuf's wire format: bytes, or a whole number."""
    if isinstance(content, int):
        return varint(number * 8) + varint(content)
    return varint(number * 8 + 2) + varint(len(content)) + content


def attribute(key, value):
    return field(5, field(1, key.encode()) + field(2, value))


def node(name, operation, inputs=(), attributes=b""):
    names = b"".join(field(3, each.encode()) for each in inputs)
    return field(1, field(1, name.encode()) + field(2, operation.encode()) + names + attributes)


def constant(name, values):
    shape = b"".join(field(2, field(1, size)) for size in values.shape)
    tensor = field(1, 1) + field(2, shape) + field(4, values.astype("<f4").tobytes())
    return node(name, "Const", attributes=attribute("value", field(8, tensor)))


def frozen(kernels, *, training=1, strides=(1, 1, 1, 2, 1, 2, 1)):
    """A file with these kernels ``(height, width, channels, filters)``, and gains 1, 2, ..."""
    content = b""
    for number, kernel in enumerate(kernels):
        gain = np.full(kernel.shape[-1], number + 1.0)
        content += constant(f"k{number}", kernel)
        content += node(f"k{number}/read", "Identity", [f"k{number}"])
        strided = field(1, b"".join(field(3, step) for step in (1, *[strides[number]] * 2, 1)))
        content += node(
            f"c{number}", "Conv2D", ["x", f"k{number}/read"], attribute("strides", strided)
        )
        content += constant(f"g{number}", gain) + constant(f"b{number}", -gain)
        epsilon = b"\x25" + np.float32(0.25).tobytes()
        content += node(
            f"n{number}",
            "FusedBatchNorm",
            [f"c{number}", f"g{number}", f"b{number}"],
            attribute("is_training", field(5, training)) + attribute("epsilon", epsilon),
        )
    content += constant("dense", np.arange(64 * 11.0).reshape(64, 11))
    content += node("product", "MatMul", ["mean", "dense"])
    content += constant("offset", np.arange(11.0))
    return content + node("sum", "BiasAdd", ["product", "offset"])


SHAPES = ((3, 16), (16, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64))


def kernels():
    rng = np.random.default_rng(3)
    return [rng.normal(size=(3, 3, *pair)) for pair in SHAPES]


def test_weights_are_those_of_the_file(tmp_path):
    some, path = kernels(), tmp_path / "graph.pb"
    path.write_bytes(frozen(some))
    network = load(path)
    for number, (layer, kernel) in enumerate(zip(network.convolutions, some, strict=True)):
        assert (layer.kernel == kernel.astype(np.float32).transpose(3, 2, 0, 1)).all()
        assert (layer.gamma == number + 1).all()
        assert (layer.beta == -number - 1).all()
        assert layer.epsilon == 0.25
    assert [layer.stride for layer in network.convolutions] == [1, 1, 1, 2, 1, 2, 1]
    assert network.dense[2, 1] == 11 + 2
    assert network.bias.tolist() == list(range(11))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xff no protobuf", "No graph can be read"),
        (b"", "not ALWANN's ResNet-8"),
        (frozen(kernels()[:6]), "kernels are of shapes"),
        (frozen(kernels(), training=0), "stored statistics"),
        (frozen(kernels(), strides=(1,) * 7), "strides differ"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "other.pb"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        load(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="No graph can be read"):
        load(tmp_path / "none.pb")


def test_the_published_file_is_read():
    network = load(material("models/tfapprox_resnet_8.pb"))
    assert [layer.kernel.shape[:2] for layer in network.convolutions] == [p[::-1] for p in SHAPES]
    assert all(np.isfinite(layer.kernel).all() for layer in network.convolutions)
