from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, compared, kinds, model, node, random, save


def test_names_of_unnamed_nodes(tmp_path):
    made = model(
        [node("Conv", ["x", "w"], ["12"]), node("Relu", ["12"], ["13"]),
         node("Conv", ["13", "v"], ["14"]), node("Add", ["14", "13"], ["y"])],
        {"w": random(4, 3, 3, 3), "v": random(4, 4, 1, 1)},
    )  # fmt: skip
    network = compared(tmp_path, made)
    assert [layer.name for layer in network.layers.layers] == ["conv_12", "conv_14", "y"]
    assert [layer.label for layer in network.layers.layers] == ["12", "14", "y"]
    assert kinds(network) == ["Conv", "Conv", "Add"]
    assert read(save(tmp_path, made), SHAPE).notes == ()
