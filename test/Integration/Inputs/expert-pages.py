"""latent.experts by both strategies, for some numbers of tokens and experts a token:

    expert-pages.py EXPERTS
"""
import sys

experts, width = int(sys.argv[1]), 256
weight, scale = f"tensor<{experts}x{width}x{width}x!ternary.trit>", f"tensor<{experts}xf32>"
weights = (("u", weight), ("d", weight), ("us", scale), ("ds", scale))
for name, type_ in weights:
    print(f"ml_program.global private @{name}(#ml_program.extern : {type_}) : {type_}")
for strategy in ("pairs", "grouped"):
    for tokens, k in ((1, 1), (1, 2), (1, 4), (5, 4)):
        x, ids, y = f"tensor<{tokens}x{width}xf32>", f"tensor<{tokens}x{k}xi32>", f"tensor<{tokens}x{k}x{width}xf32>"
        print(f"func.func @{strategy}_{tokens}x{k}(%x: {x}, %ids: {ids}) -> {y} {{")
        for name, type_ in weights:
            print(f"  %{name} = ml_program.global_load_const @{name} : {type_}")
        print(f"  %y = latent.experts <relu2> %x, %ids up(%u, %us : {weight}, {scale}) down(%d, %ds : {weight}, {scale})"
              f" {{strategy = #latent.strategy<{strategy}>}} : {x}, {ids} -> {y}")
        print(f"  return %y : {y}\n}}")
