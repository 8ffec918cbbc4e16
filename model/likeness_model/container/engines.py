"""Load an engine by its name in `GenerationOrder.engine`."""

from typing import get_args

from likeness.domain.generation.engine import Engine as Name
from likeness_model.container.folders import Folders
from likeness_model.errors import WeightsError
from likeness_model.generation.engine import Engine


def load_engine(name: str, *, workers: int = 2, threads: bool = False) -> Engine:
    """`workers` is for the painter, and whether the program has other `threads`; other engines read
    weights from the container's folder.

    Raises WeightsError where there is no such engine, or its weights are missing or do not match
    their manifest.
    """
    if name not in get_args(Name):  # before torch, which takes seconds to import
        raise WeightsError(f"unknown engine {name}: choose {', '.join(get_args(Name))}")
    if name == "painter":
        from likeness_model.painter.engine import Painter  # noqa: PLC0415
        from likeness_model.painter.workers import choose_method, warm_up  # noqa: PLC0415

        method = choose_method(threads=threads)
        if threads:
            warm_up(method)
        return Painter(workers, method)
    # The painter forks and must stay small: only the other engines import torch.
    from likeness_model.diffusion.engine import DiffusionEngine  # noqa: PLC0415
    from likeness_model.diffusion.loading import load_pipeline  # noqa: PLC0415
    from likeness_model.diffusion.recogniser import load_recogniser  # noqa: PLC0415

    weights = Folders.from_environment().weights
    recogniser = load_recogniser(weights)
    return DiffusionEngine(load_pipeline(name, weights), recogniser=recogniser)
