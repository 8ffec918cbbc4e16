"""The engines that learn a face: diffusion models of the diffusers library, on a GPU."""
