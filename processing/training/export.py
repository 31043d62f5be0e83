"""From a checkpoint to the file that is shipped: averaged weights, folded, stored as bytes."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from processing.training.hair_network import HairNetwork
from processing.training.head_network import HeadNetwork

SMALLEST_SHORTENED = 1024
"""Smaller tensors stay float32: nothing is to be saved there."""
MOST = 127
"""The largest weight of a channel as a byte."""


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
    out.write_bytes(shortened(_as_onnx(_Hair(network), {"picture": side}, outputs)))


def export_heads(checkpoint: Path, out: Path) -> None:
    """Write a checkpoint's averaged head finder as ONNX; any sides divisible by 32."""
    sides = {1: "height", 2: "width"}
    outputs = {"score": {0: "rows", 1: "columns"}, "place": {1: "rows", 2: "columns"}}
    network = _averaged(HeadNetwork(), checkpoint)
    out.write_bytes(shortened(_as_onnx(_Heads(network), {"picture": sides}, outputs)))


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


def shortened(model: onnx.ModelProto) -> bytes:
    """The model with its weights as bytes and a scale for each channel: a quarter of the size.

    Casts and scales in front of the weights are folded when the file is loaded; what is computed
    with is float32, so that nothing depends on a processor's integer instructions.
    """
    graph = model.graph
    nodes: list[onnx.NodeProto] = []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= SMALLEST_SHORTENED:
            graph.initializer.remove(tensor)
            nodes.extend(_short(graph, tensor.name, values))
    nodes.extend(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _short(graph: onnx.GraphProto, name: str, values: NDArray[np.float32]) -> list[onnx.NodeProto]:
    """Add a tensor as bytes and scales, and tell the nodes that put it together again."""
    rest = tuple(range(1, values.ndim))
    scales = np.maximum(np.abs(values).max(axis=rest, keepdims=True), 1e-12) / np.float32(MOST)
    short = np.rint(values / scales).astype(np.int8)
    bytes_name, scale_name, wide_name = f"{name}.bytes", f"{name}.scale", f"{name}.wide"
    graph.initializer.append(numpy_helper.from_array(short, bytes_name))
    graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), scale_name))
    return [
        helper.make_node("Cast", [bytes_name], [wide_name], to=TensorProto.FLOAT),
        helper.make_node("Mul", [wide_name, scale_name], [name]),
    ]
