import pytest
import torch
from torch.nn import functional

from hawx_hw.errors import UserError
from hawx_hw.networks.matching import matched
from hawx_hw.networks.resnet_cifar import resnet_cifar
from hawx_hw.networks.torch_file import unpack_torch
from hawx_hw.quantize.calibration import quantize
from tests.material import material

SHAPE = (3, 32, 32)


def network(depth=20, width=4, shortcut="pad", shape=SHAPE):
    torch.manual_seed(0)
    return resnet_cifar(shape, 10, depth=depth, width=width, shortcut=shortcut).eval()


def sizes_of(model, shape=SHAPE):
    """Shape of the output of every convolution and linear layer, and their MACs."""
    sizes, macs = {}, 0

    def record(name, layer):
        def hook(_, inputs, output):
            nonlocal macs
            sizes[name] = tuple(output.shape[1:])
            macs += layer.weight[0].numel() * output[0].numel()

        return hook

    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.register_forward_hook(record(name, layer))
    model(torch.zeros(1, *shape))
    return sizes, macs


def test_resnet8_has_the_layers_of_mlperf_tiny():
    model = network(8, 16, "conv")
    sizes, macs = sizes_of(model)
    assert sizes == {
        "conv1": (16, 32, 32),
        "layer1.0.conv1": (16, 32, 32),
        "layer1.0.conv2": (16, 32, 32),
        "layer2.0.conv1": (32, 16, 16),
        "layer2.0.conv2": (32, 16, 16),
        "layer2.0.shortcut.0": (32, 16, 16),
        "layer3.0.conv1": (64, 8, 8),
        "layer3.0.conv2": (64, 8, 8),
        "layer3.0.shortcut.0": (64, 8, 8),
        "linear": (10,),
    }
    assert macs == 12_501_632
    shapes = {layer.kernel_size for layer in model.modules() if hasattr(layer, "kernel_size")}
    assert shapes == {(3, 3), (1, 1)}


@pytest.mark.parametrize(
    ("depth", "parameters"), [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018)]
)
def test_deeper_ones_have_the_parameters_of_the_paper(depth, parameters):
    """0.27 M, 0.46 M, 0.66 M and 0.85 M in table 6 of the paper."""
    state = network(depth, 16).state_dict()
    counted = [value.numel() for name, value in state.items() if "running" not in name]
    tracked = sum("num_batches" in name for name in state)
    assert sum(counted) - tracked == parameters


def test_a_padding_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    shortcut = network().layer2[0].shortcut
    x = torch.randn(2, 4, 7, 6)
    expected = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
    assert torch.equal(shortcut(x), expected)


def test_a_padding_shortcut_has_no_weights():
    model = network()
    assert not any("shortcut" in name for name in model.state_dict())
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert len(trained) == sum(
        "running" not in name and "num_batches" not in name for name in model.state_dict()
    )
    other = network()
    with torch.no_grad():
        other.layer2[0].conv1.weight.zero_()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(torch.ones(1, *SHAPE)), model(torch.ones(1, *SHAPE)))


@pytest.mark.parametrize("shortcut", ["pad", "conv"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 9, 14)])
def test_other_images_and_their_integer_graph(shortcut, shape):
    model = network(8, 4, shortcut, shape)
    assert model(torch.zeros(2, *shape)).shape == (2, 10)
    images = torch.randint(0, 256, (8, *shape), dtype=torch.uint8).numpy()
    assert quantize(model, images, name="resnet").tensors["input"].shape == shape


@pytest.mark.parametrize("depth", ["20-12fca82f", "32-d509ac18", "44-014dd654", "56-4bfd9763"])
def test_published_weights_fit(depth):
    state = unpack_torch(material(f"models/resnet{depth}.th").read_bytes())
    model = network(int(depth[:2]), 16)
    model.load_state_dict(matched(model.state_dict(), state))


def test_small_images_are_refused():
    with pytest.raises(UserError) as caught:
        network(8, shape=(3, 7, 32))
    assert str(caught.value) == (
        "network.dataset: resnet8 needs at least 8 x 8 pixels, not 7 x 32."
    )
