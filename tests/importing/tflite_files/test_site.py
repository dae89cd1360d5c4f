import numpy as np

from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import check_float, kinds, refusal


def dense(file, source, inputs, outputs=3, **options):
    weight = np.ones((outputs, inputs), dtype=np.float32)
    return file.operator(
        "FULLY_CONNECTED", [source, file.constant(weight), -1], file.tensor((1, outputs)), **options
    )


def test_operators_out_of_order(tmp_path):
    """Also what a cycle looks like in a file: something reads what nothing before it computes."""
    file = File()
    x = file.tensor((1, 2, 3, 2))
    later, y = file.tensor((1, 2, 3, 2)), file.tensor((1, 2, 3, 2))
    file.operator("ADD", [x, later], y)
    file.operator("RELU", [y], later)
    path = file.write(tmp_path / "a.tflite", outputs=[later])
    assert "reads 'model/tensor1', which no layer before it computes" in refusal(path, (2, 2, 3))


def test_an_output_that_exists(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("RELU", [x], x)
    assert "which exists before it" in refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))
    file = File()
    x = file.tensor((1, 2, 3, 2))
    y = file.tensor((1, 2, 3, 2))
    file.operator("RELU", [x], y)
    file.operator("RELU6", [x], y)
    assert "which exists before it" in refusal(file.write(tmp_path / "b.tflite"), (2, 2, 3))
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("RELU", [x], file.constant(np.zeros((1, 2, 3, 2))))
    assert "which exists before it" in refusal(file.write(tmp_path / "c.tflite"), (2, 2, 3))


def test_several_outputs(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("RELU", [x], [file.tensor((1, 2, 3, 2)), file.tensor((1, 2, 3, 2))])
    path = file.write(tmp_path / "a.tflite", outputs=[1])
    assert "has 2 outputs, where one is supported" in refusal(path, (2, 2, 3))


def test_missing_inputs(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("FULLY_CONNECTED", [x], file.tensor((1, 3)))
    assert "lacks its input 2" in refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("FULLY_CONNECTED", [x, x], file.tensor((1, 3)))
    assert "needs a constant as its input 2" in refusal(
        file.write(tmp_path / "b.tflite"), (2, 2, 3)
    )


def test_shapes_that_the_file_declares(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("FULLY_CONNECTED", [x, file.constant(np.ones((3, 12))), -1], file.tensor((1, 4)))
    text = refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))
    assert "computes (1, 3), but the file declares (1, 4)" in text


def test_one_map_is_flattened_once(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    parts = [dense(file, x, 12) for _ in range(3)]
    total = file.operator("ADD", parts[:2], file.tensor((1, 3)))
    file.operator("ADD", [total, parts[2]], file.tensor((1, 3)))
    network = check_float(file.write(tmp_path / "a.tflite"), (2, 2, 3))
    assert kinds(network) == ["Flatten", "Linear", "Linear", "Linear", "Add", "Add"]


def test_weights_that_many_layers_share(tmp_path):
    """One constant of 100 kB must not become gigabytes."""
    file = File()
    x = file.tensor((1, 1, 1, 160))
    weight = file.constant(np.ones((160, 160)))
    for _ in range(40):
        y = file.tensor((1, 160))
        x = file.operator("FULLY_CONNECTED", [x, weight, -1], y)
    assert "shares its weights" in refusal(file.write(tmp_path / "a.tflite"), (160, 1, 1))


def test_tensors_that_double(tmp_path):
    file = File()
    x = file.tensor((1, 4, 4, 64))
    size = 64
    for _ in range(30):
        size *= 2
        x = file.operator("CONCATENATION", [x, x], file.tensor((0,)), Axis=3)
    assert "at most 16,777,216 numbers" in refusal(file.write(tmp_path / "a.tflite"), (64, 4, 4))


def test_layouts_of_many_numbers(tmp_path):
    file = File()
    x = file.tensor((1, 1024, 1024, 3))
    for count in range(60):
        dims = (1, 1024 * 1024 * 3) if count % 2 else (1, 1024, 3, 1024)
        x = file.operator("RESHAPE", [x, file.constant(dims, "int32")], file.tensor(dims))
    path = file.write(tmp_path / "a.tflite")
    assert "changes the layout of more numbers" in refusal(path, (3, 1024, 1024))
