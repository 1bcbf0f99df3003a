"""The networks that can be trained, by the names torchvision gives them."""

from dataclasses import dataclass

from torch import nn
from torchvision.models import WeightsEnum, get_model, get_model_weights

from maskservice.modelcard import LABELS
from masktrain.errors import TrainingError


@dataclass(frozen=True)
class Architecture:
    """One of torchvision's classifiers.

    Attributes
    ----------
    name : str
        As torchvision calls it.
    title : str
        As its authors call it.
    head : str
        The child that ends in the last layer. What lies before that layer is the backbone.
    source : str
        Where it was published.
    """

    name: str
    title: str
    head: str
    source: str

    @property
    def weights(self) -> WeightsEnum:
        """Torchvision's ImageNet weights: their address, checksum and normalisation."""
        return get_model_weights(self.name)["IMAGENET1K_V1"]

    @property
    def weights_file(self) -> str:
        """Name of the file that torchvision publishes its ImageNet weights in."""
        return str(self.weights.url).rsplit("/", 1)[-1]

    def build(self) -> nn.Module:
        """Make the network with random weights and one output per label."""
        network: nn.Module = get_model(self.name, weights=None, num_classes=len(LABELS))
        return network

    def blocks(self, network: nn.Module) -> list[nn.Module]:
        """Return the backbone's parts in the order in which a picture passes them."""
        features = getattr(network, "features", None)
        if isinstance(features, nn.Sequential):
            return list(features)
        return [module for name, module in network.named_children() if name != self.head]

    def last_layer(self, network: nn.Module) -> tuple[str, nn.Linear]:
        """Return the last layer of a network of this architecture, with its name."""
        layers = [
            (f"{self.head}.{name}".rstrip("."), module)
            for name, module in network.get_submodule(self.head).named_modules()
            if isinstance(module, nn.Linear)
        ]
        return layers[-1]


_ALL = (
    Architecture("mobilenet_v2", "MobileNetV2", "classifier", "Sandler et al., CVPR 2018"),
    Architecture("mobilenet_v3_small", "MobileNetV3-Small", "classifier", "Howard et al., ICCV 2019"),
    Architecture("mobilenet_v3_large", "MobileNetV3-Large", "classifier", "Howard et al., ICCV 2019"),
    Architecture("resnet18", "ResNet-18", "fc", "He et al., CVPR 2016"),
    Architecture("resnet34", "ResNet-34", "fc", "He et al., CVPR 2016"),
    Architecture("vgg16", "VGG-16", "classifier", "Simonyan and Zisserman, ICLR 2015"),
    Architecture("densenet201", "DenseNet-201", "classifier", "Huang et al., CVPR 2017"),
    Architecture("efficientnet_b0", "EfficientNet-B0", "classifier", "Tan and Le, ICML 2019"),
)
ARCHITECTURES: dict[str, Architecture] = {architecture.name: architecture for architecture in _ALL}
"""By name, the default first."""

DEFAULT_ARCHITECTURE = _ALL[0].name


def find_architecture(name: str) -> Architecture:
    """Return an architecture by its name.

    Raises
    ------
    TrainingError
        If there is none of that name; the message lists those there are.
    """
    if name not in ARCHITECTURES:
        raise TrainingError(f"There is no architecture {name!r}. Choose one of {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]
