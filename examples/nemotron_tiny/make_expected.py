"""Writes expected.json, the logits that another implementation gives with the same weights:
NemotronHForCausalLM of the Python package transformers (5.23), in float32.

    python make_model.py FOLDER && python make_expected.py FOLDER

Needs transformers, torch and safetensors; run once, its result is committed.
"""
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file

import make_model as m

TOKENS = [11, 42, 7, 7, 60, 3, 29, 0, 63, 18, 42, 11]


def main():
    weights = load_file(pathlib.Path(sys.argv[1]) / "nemotron_tiny.safetensors")
    kinds = {"M": "linear_attention", "E": "moe", "*": "full_attention"}
    config = transformers.NemotronHConfig(
        vocab_size=m.VOCABULARY, hidden_size=m.WIDTH, layers_block_type=[kinds[kind] for kind in m.PATTERN],
        num_attention_heads=m.HEADS, num_key_value_heads=m.KEY_HEADS, head_dim=m.HEAD,
        max_position_embeddings=m.CONTEXT, ssm_state_size=m.STATES, mamba_num_heads=m.MAMBA_HEADS,
        mamba_head_dim=m.MAMBA_HEAD, n_groups=m.GROUPS, conv_kernel=m.CONV, chunk_size=128,
        # The least step clamps the chunked form only; here it clamps nothing.
        time_step_min=1e-12, n_routed_experts=m.EXPERTS, num_experts_per_tok=m.TOP_K,
        moe_latent_size=m.LATENT, moe_intermediate_size=m.EXPERT_WIDTH,
        moe_shared_expert_intermediate_size=m.SHARED_WIDTH, routed_scaling_factor=m.ROUTED_SCALE,
        n_group=1, topk_group=1, norm_topk_prob=True, layer_norm_epsilon=m.EPS, tie_word_embeddings=False)
    model = transformers.NemotronHForCausalLM(config).eval()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if missing or unexpected:
        sys.exit(f"error: weights that do not fit: {missing} {unexpected}")
    with torch.no_grad():
        logits = model(torch.tensor([TOKENS]), use_cache=False, num_logits_to_keep=None).logits[0]
    path = pathlib.Path(__file__).resolve().parent / "expected.json"
    rows = ",\n".join("  [" + ", ".join(f"{v:.7g}" for v in row) + "]" for row in logits.tolist())
    path.write_text(f'{{"tokens": {json.dumps(TOKENS)},\n "logits": [\n{rows}\n ]}}\n')
    print(f"{path.name}: {len(rows)} characters; the largest is {logits.abs().max():.3f}")


if __name__ == "__main__":
    main()
