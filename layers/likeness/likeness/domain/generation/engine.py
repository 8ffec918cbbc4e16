"""What draws avatars, and on which backend."""

from typing import Literal

# "painter" runs on the CPU without weights. The tiny engines are the diffusion engines' classes
# with small random weights: they test the stack, and their pictures are noise.
Engine = Literal[
    "painter",
    "flux2-klein-4b-ref",
    "flux2-klein-4b-lora",
    "flux2-klein-4b-lora-ref",
    "sdxl-lora",
    "tiny-ref",
    "tiny-lora",
]


Backend = Literal["training-job", "async-endpoint"]
