"""From a checkpoint to the file that is shipped: averaged weights, folded, stored as float16."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from processing.training.hair_network import HairNetwork
from processing.training.head_network import HeadNetwork

SMALLEST_HALVED = 256
"""Smaller tensors stay float32: nothing is to be saved there."""


def _scaled(picture: torch.Tensor) -> torch.Tensor:
    """(1, h, w, 3) uint8 BGR as the networks take it, so that nobody else has to know how."""
    rgb = picture.permute(0, 3, 1, 2).float().flip(1)
    return (rgb / 255 - 0.5) / 0.25


class _Hair(nn.Module):
    """From bytes to probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, s, s, 3) uint8 BGR to hair (s/2, s/2) and face (s/8, s/8), float 0 to 1."""
        hair, coarse = self.network(_scaled(picture))
        return torch.sigmoid(hair)[0, 0], torch.sigmoid(coarse[:, 1:])[0, 0]


class _Heads(nn.Module):
    """From bytes to scores and places."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, h, w, 3) uint8 BGR to score 0 to 1 (h/8, w/8) and place (3, h/8, w/8)."""
        answers = self.network(_scaled(picture))[0]
        return torch.sigmoid(answers[0]), answers[1:]


def export_hair(checkpoint: Path, out: Path) -> None:
    """Write a checkpoint's averaged hair network as ONNX; any side divisible by 32."""
    side = {1: "side", 2: "side"}
    outputs = {"hair": {0: "half", 1: "half"}, "face": {0: "eighth", 1: "eighth"}}
    network = _averaged(HairNetwork(), checkpoint)
    out.write_bytes(halved(_as_onnx(_Hair(network), {"picture": side}, outputs)))


def export_heads(checkpoint: Path, out: Path) -> None:
    """Write a checkpoint's averaged head finder as ONNX; any sides divisible by 32."""
    sides = {1: "height", 2: "width"}
    outputs = {"score": {0: "rows", 1: "columns"}, "place": {1: "rows", 2: "columns"}}
    network = _averaged(HeadNetwork(), checkpoint)
    out.write_bytes(halved(_as_onnx(_Heads(network), {"picture": sides}, outputs)))


def _averaged(network: nn.Module, checkpoint: Path) -> nn.Module:
    state = torch.load(checkpoint, weights_only=True)["average"]
    weights = {k.removeprefix("module."): v for k, v in state.items() if k != "n_averaged"}
    network.load_state_dict(weights)
    fold(network.eval())
    return network


def fold(network: nn.Module) -> None:
    """Put every batch normalisation into the convolution before it, in place."""
    for module in network.modules():
        if not isinstance(module, nn.Sequential):
            continue
        children = list(module.named_children())
        for (name, first), (after, second) in pairwise(children):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(first, second))
                setattr(module, after, nn.Identity())


def _as_onnx(
    model: nn.Module, inputs: dict[str, dict[int, str]], outputs: dict[str, dict[int, str]]
) -> onnx.ModelProto:
    buffer = io.BytesIO()
    torch.onnx.export(
        model.eval(),
        (torch.zeros(1, 192, 192, 3, dtype=torch.uint8),),
        buffer,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={**inputs, **outputs},
        opset_version=17,
        dynamo=False,
    )
    return onnx.load_model_from_string(buffer.getvalue())


def halved(model: onnx.ModelProto) -> bytes:
    """The model with its weights as float16; a cast in front of each is folded at load."""
    graph = model.graph
    casts = []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALLEST_HALVED:
            continue
        short = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}.half")
        graph.initializer.remove(tensor)
        graph.initializer.append(short)
        casts.append(helper.make_node("Cast", [short.name], [tensor.name], to=TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
