"""Nets to ONNX, with the preprocessing inside the graph."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dasa.bundle import OnnxModel
from dasa.errors import DasaError
from dasa_lab.export.committee import Committee
from dasa_lab.train.net import LUMA, EmotionNet, standardise

Net = EmotionNet | Committee

OPSET = 20
TOLERANCE = 1e-3  # of the largest value, between PyTorch and ONNX Runtime in FP32


class DriftError(DasaError):
    """An exported graph that does not say what the net says."""


def fold_norms(net: Net) -> Net:
    """A copy for inference with each BatchNorm folded into the convolution before it."""
    folded = copy.deepcopy(net).eval()
    for module in folded.modules():
        if isinstance(module, nn.Sequential):
            layers = list(module)
            for index in range(len(layers) - 1):
                first, second = layers[index], layers[index + 1]
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    module[index], module[index + 1] = fuse_conv_bn_eval(first, second), nn.Identity()
        else:  # as the library transformers names the two
            parts = dict(module.named_children())
            one, two = parts.get("convolution"), parts.get("normalization")
            if isinstance(one, nn.Conv2d) and isinstance(two, nn.BatchNorm2d):
                module.convolution, module.normalization = fuse_conv_bn_eval(one, two), nn.Identity()
    return folded


class PrimaryGraph(nn.Module):
    """``image`` uint8 [N, side, side, 3 or 4] -> ``primary`` [N, P] logits."""

    luma: Tensor

    outputs: tuple[str, ...] = ("primary",)

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = fold_norms(net)
        self.register_buffer("luma", torch.tensor(LUMA) / 255)

    def planes(self, image: Tensor) -> Tensor:
        """Standardised planes [N, C, S, S]; the same as ``to_planes`` and ``standardise`` in training."""
        colours = image[:, :, :, :3].to(torch.float32)
        if self.net.backbone.channels == 1:
            # A product of matrices: in WebAssembly it takes a third of the time of products and a sum.
            return standardise((colours @ self.luma[:, None]).reshape(-1, 1, *image.shape[1:3]))
        return standardise(colours.permute(0, 3, 1, 2) / 255)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """The outputs in the order of ``outputs``."""
        return (self.net(self.planes(image)).primary,)

    @torch.no_grad()
    def outputs_of(
        self, crops: NDArray[np.uint8], batch: int = 128
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Primary logits (N, P) and affect (N, 2) of crops (N, side, side, 3), in PyTorch."""
        self.eval()
        parts = [
            self.net(self.planes(torch.from_numpy(crops[start : start + batch])))
            for start in range(0, len(crops), batch)
        ]
        primary = torch.cat([part.primary for part in parts]).double().numpy()
        return primary, torch.cat([part.affect for part in parts]).double().numpy()


class SpecificGraph(PrimaryGraph):
    """``image`` -> ``terms`` [N, T], logits of a head over ``primary`` [N, P] and ``affect`` [N, 2]."""

    outputs = ("terms", "primary", "affect")

    def __init__(self, net: Net, head: nn.Module) -> None:
        super().__init__(net)
        self.head = head

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """The outputs in the order of ``outputs``."""
        found = self.net(self.planes(image))
        return self.head(found.primary, found.affect), found.primary, found.affect


class TrainedGraph(PrimaryGraph):
    """``image`` -> ``terms`` [N, T] that were learnt, and ``primary`` and ``affect`` where the net has heads."""

    def __init__(self, net: Net) -> None:
        super().__init__(net)
        self.outputs = ("terms", *(name for name in ("primary", "affect") if name in net.outputs))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """The outputs in the order of ``outputs``."""
        found = self.net(self.planes(image))
        return tuple(getattr(found, name) for name in self.outputs)


def export(graph: PrimaryGraph, path: Path, samples: NDArray[np.uint8]) -> None:
    """Writes a graph as FP32 ONNX and checks it on samples (N, side, side, 3).

    DriftError where ONNX Runtime's answer differs from PyTorch's; the file is then removed.
    """
    example = torch.from_numpy(samples[:2])
    dimensions = {0: torch.export.Dim("batch", min=1, max=4096), 3: torch.export.Dim("channels", min=3, max=4)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecations
        program = torch.onnx.export(
            graph.eval(),
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=["image"],
            output_names=list(graph.outputs),
            dynamic_shapes=({**dimensions},),
            optimize=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    del model.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    try:
        check_parity(graph, path, samples)
    except DriftError:
        path.unlink()
        raise


@torch.no_grad()
def check_parity(graph: PrimaryGraph, path: Path, samples: NDArray[np.uint8]) -> float:
    """The largest relative difference between PyTorch and ONNX Runtime; DriftError above the tolerance."""
    wanted = graph(torch.from_numpy(samples))
    found: Mapping[str, NDArray[np.float32]] = OnnxModel(path)(samples)
    worst = 0.0
    for name, want in zip(graph.outputs, wanted, strict=True):
        expected = want.numpy()
        if not (np.isfinite(expected).all() and np.isfinite(found[name]).all()):
            raise DriftError(f"Output '{name}' of {path.name} is not finite.")
        scale = max(1.0, float(np.abs(expected).max()))
        worst = max(worst, float(np.abs(found[name] - expected).max()) / scale)
    if worst > TOLERANCE:
        raise DriftError(f"{path.name} drifts from the trained net by {worst:.2g} of its largest value.")
    return worst


def run_in_batches(
    path: Path, crops: NDArray[np.uint8], outputs: Sequence[str], batch: int = 64
) -> dict[str, NDArray[np.float32]]:
    """Outputs of an ONNX file for many crops (N, side, side, 3)."""
    model = OnnxModel(path)
    parts = [model(crops[start : start + batch]) for start in range(0, len(crops), batch)]
    return {name: np.concatenate([part[name] for part in parts]) for name in outputs}
