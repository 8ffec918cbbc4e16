"""The user's LoRA adapter: loaded on a network for one job, then unloaded. It is never fused.

In bf16, fusing and unfusing leaves a quarter of the base's tensors changed: a trace of one user's
face in the next user's pictures.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from torch import nn

USER = "person"  # the name of the user's adapter
SAMPLER = "fast"  # the distilled sampler's: part of the base, it stays loaded

State = dict[str, torch.Tensor]  # peft's names, without the adapter's own


def load(
    network: nn.Module, targets: Sequence[str], rank: int, *, seed: int, state: State | None = None
) -> None:
    """Load and activate the user's adapter: a new one without effect, or one with weights `state`.

    Alpha equals the rank, so that the scale is one in every file format. The weights are 32 bits
    with any type of network: bf16 loses steps of 1e-4.
    """
    config = LoraConfig(
        r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=list(targets)
    )
    with torch.random.fork_rng(devices=[]), several_adapters():
        torch.manual_seed(seed)
        network.add_adapter(config, adapter_name=USER)
    for parameter in user_parameters(network).values():
        parameter.data = parameter.data.float()
    if state is not None:
        set_peft_model_state_dict(network, state, adapter_name=USER)
    set_active(network, [USER])


@contextmanager
def several_adapters() -> Iterator[None]:
    """Silence peft's warnings about a second adapter on a network, which is intended here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")
        warnings.filterwarnings("ignore", "Adapter .* was active which is now deleted")
        yield


def set_active(network: nn.Module, names: Sequence[str]) -> None:
    """Activate these adapters and no other; only the user's can be trained."""
    if loaded(network):
        if names:
            network.enable_adapters()
            network.set_adapters(list(names), [1.0] * len(names))
        else:
            network.disable_adapters()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(f".{USER}." in name and USER in names)


def unload(network: nn.Module) -> None:
    """Restore the network as it was before the job, with the adapters of the base."""
    if USER in loaded(network):
        with several_adapters():
            network.delete_adapters(USER)
        if not loaded(network):
            network.unload_lora()
    set_active(network, [name for name in (SAMPLER,) if name in loaded(network)])


def loaded(network: nn.Module) -> tuple[str, ...]:
    """The adapters on the network, active or not."""
    return tuple(getattr(network, "peft_config", None) or ())


def user_parameters(network: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in network.named_parameters() if f".{USER}." in name}


def user_state(network: nn.Module) -> State:
    """A copy in the host's memory, 32 bits."""
    state = get_peft_model_state_dict(network, adapter_name=USER)
    return {name: value.detach().to("cpu", torch.float32).clone() for name, value in state.items()}
