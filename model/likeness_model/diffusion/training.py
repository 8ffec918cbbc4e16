"""Train a LoRA adapter on one face, within the time limit, from a checkpoint if there is one."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from likeness_model import metrics
from likeness_model.diffusion import lora
from likeness_model.diffusion.memory import Batches
from likeness_model.diffusion.pipelines.base import EncodedPrompts, Pipeline
from likeness_model.diffusion.seeds import derived_seed
from likeness_model.diffusion.training_checkpoint import TrainingCheckpoint

log = logging.getLogger(__name__)

LOG_EVERY = 25
ADAM = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class TrainingSet:
    """A latent and an encoded caption per training example. The last `prior` examples show other
    people: prior preservation, so that the network does not turn everyone into the user.
    `weights`, (N, 1, height, width) with mean 1, say how much each place of a latent counts."""

    latents: torch.Tensor
    prompts: EncodedPrompts
    prior: int = 0
    weights: torch.Tensor | None = None

    @property
    def own(self) -> int:
        return len(self.latents) - self.prior


@dataclass(frozen=True)
class Trained:
    """The adapter's weights, the steps they took, and the loss of each step of this run."""

    state: lora.State
    steps: int
    losses: tuple[float, ...]


def train(
    pipeline: Pipeline,
    examples: TrainingSet,
    *,
    seed: int,
    checkpoint: TrainingCheckpoint,
    has_time: Callable[[float], bool] = lambda _seconds: True,
) -> Trained:
    """A step starts only if `has_time(seconds)` is true for the length of the fastest step. The
    first one is not counted: it also selects kernels.

    The noise of each step follows from the seed and the step's number alone: a run resumed from a
    checkpoint, with the same number of threads, gives the same bits as an uninterrupted one.
    """
    recipe, network = pipeline.recipe, pipeline.trained_network

    # 1. A new adapter, or the checkpoint's.
    lora.load(network, pipeline.targets, recipe.rank, seed=seed)
    parameters = lora.user_parameters(network)
    optimiser = torch.optim.AdamW(
        parameters.values(), lr=recipe.learning_rate, fused=pipeline.device.type == "cuda"
    )
    done, finished = _restore(checkpoint.read(), parameters, optimiser)

    # 2. Steps, until the recipe's number or the time limit is reached.
    batches = Batches(recipe.batch + min(examples.prior, recipe.batch))
    losses: list[float] = []
    seconds: list[float] = []
    while not finished and done < recipe.steps and has_time(min(seconds[1:], default=0.0)):
        began = time.perf_counter()
        losses.append(_step(pipeline, examples, optimiser, derived_seed(seed, done), batches))
        done += 1
        seconds.append(time.perf_counter() - began)
        if done % LOG_EVERY == 0 or done == recipe.steps:
            recent = sum(losses[-LOG_EVERY:]) / len(losses[-LOG_EVERY:])
            metrics.report(step=done, train_loss=recent, seconds_per_step=seconds[-1])
        if done % recipe.checkpoint_every == 0 and done < recipe.steps:
            checkpoint.write(partial(_packed, parameters, optimiser, steps=done))

    # 3. Store the result too: a run that is restarted while drawing does not train again.
    if not finished and done >= recipe.least_steps:
        checkpoint.write(partial(_packed, parameters, None, steps=done))
    if done < recipe.steps:
        log.warning("out of time: training ended after %d of %d steps", done, recipe.steps)
    return Trained(lora.user_state(network), done, tuple(losses))


def _step(
    pipeline: Pipeline,
    examples: TrainingSet,
    optimiser: torch.optim.Optimizer,
    seed: int,
    batches: Batches,
) -> float:
    """One step; gradients accumulate over batches that fit into memory. Returns the loss."""
    recipe = pipeline.recipe
    chance = torch.Generator().manual_seed(seed)
    chosen = torch.randint(examples.own, (recipe.batch,), generator=chance).tolist()
    if examples.prior:
        others = torch.randint(examples.prior, (recipe.batch,), generator=chance) + examples.own
        chosen += others.tolist()
    shape = (len(chosen), *examples.latents.shape[1:])
    noise = torch.randn(shape, generator=chance).to(pipeline.device)
    noise_levels = torch.rand(len(chosen), generator=chance).to(pipeline.device)

    def backward(rows: Sequence[int]) -> float:
        places = [chosen[row] for row in rows]
        losses = pipeline.losses(
            examples.latents[places],
            examples.prompts.pick(places),
            noise[list(rows)],
            noise_levels[list(rows)],
            None if examples.weights is None else examples.weights[places],
        )
        loss = losses.sum() / recipe.batch
        loss.backward()
        return float(loss.detach())

    while True:
        size = batches.size
        optimiser.zero_grad(set_to_none=True)
        loss = sum(batches.run(range(len(chosen)), backward))
        if batches.size == size:
            break
        # Memory ran out: the failed batch may have added gradients. Repeat the step.
    torch.nn.utils.clip_grad_norm_(
        [parameter for group in optimiser.param_groups for parameter in group["params"]], 1.0
    )
    optimiser.step()
    return loss


# --- the checkpoint's content ------------------------------------------------------------------


def _packed(
    parameters: Mapping[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer | None,
    *,
    steps: int,
) -> bytes:
    """No optimiser means that training is finished: only the adapter is needed."""
    tensors = {"steps": torch.tensor(steps)}
    for name, parameter in parameters.items():
        tensors[f"adapter {name}"] = parameter.detach().cpu()
        if optimiser is not None:
            for moment in ADAM:
                tensors[f"{moment} {name}"] = optimiser.state[parameter][moment].detach().cpu()
    return save(tensors)


def _restore(
    content: bytes | None,
    parameters: Mapping[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer,
) -> tuple[int, bool]:
    """The steps done, and whether training is finished. An unreadable checkpoint is ignored."""
    if content is None:
        return 0, False
    try:
        tensors = load(content)
    except SafetensorError:
        log.warning("the training checkpoint cannot be read: training starts again")
        return 0, False
    steps, finished = tensors["steps"].item(), True
    for name, parameter in parameters.items():
        parameter.data.copy_(tensors[f"adapter {name}"])
        if f"{ADAM[0]} {name}" in tensors:
            finished = False
            moments = {m: tensors[f"{m} {name}"].to(parameter.device) for m in ADAM}
            step = torch.tensor(float(steps), device=parameter.device)
            optimiser.state[parameter] = {"step": step, **moments}
    log.info("training continues after step %d", steps)
    return int(steps), finished
