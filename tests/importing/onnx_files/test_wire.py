import onnx
import pytest

from hawx_hw.importing.onnx_files.wire import WireError, count_parts
from tests.importing.onnx_files.models import model, node, random

MODEL = onnx.ModelProto.DESCRIPTOR


def varint(value: int) -> bytes:
    result = b""
    while value >= 128:
        result, value = result + bytes([value % 128 + 128]), value // 128
    return result + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def test_parts_are_counted_at_every_depth():
    # A graph with two nodes, of which one has two inputs; and a version.
    graph = field(1, b"") + field(1, field(1, b"a") + field(1, b"b"))
    assert count_parts(field(7, graph) + b"\x08\x07", MODEL, 100) == 2 + 2 + 2


def test_a_real_model():
    data = model([node("Conv", ["x", "w"], ["y"])], {"w": random(2, 3, 3, 3)}).SerializeToString()
    parts = count_parts(data, MODEL, 10_000)
    assert 20 < parts < 200
    assert count_parts(data, MODEL, parts) == parts
    with pytest.raises(WireError, match="more than"):
        count_parts(data, MODEL, parts - 1)


def test_many_empty_nodes_are_refused_before_they_are_parsed():
    bomb = field(7, field(1, b"") * 100_000)
    with pytest.raises(WireError, match="it has more than 1,000 parts"):
        count_parts(bomb, MODEL, 1000)


def test_nested_graphs():
    graph = b""
    for _ in range(60):
        graph = field(1, field(5, field(6, graph)))  # a node's attribute that is a graph
    with pytest.raises(WireError, match="nested deeper than 50"):
        count_parts(field(7, graph), MODEL, 10_000)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (field(7, b"abc")[:-1], "it ends early"),
        (b"\x08", "it ends early"),
        (b"\x08\xff", "it ends early"),
        (b"\x09\x00", "it ends early"),
        (b"\xff" * 20, "it is no protobuf message"),
        (b"\x0b\x0c", "it is no protobuf message"),  # a group
    ],
)
def test_what_is_no_message(data, why):
    with pytest.raises(WireError, match=why):
        count_parts(data, MODEL, 1000)
