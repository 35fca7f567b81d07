// A character model: four blocks of attention and ternary experts in a latent
// space. Written by make_model.py; weights are in charlm.safetensors and
// rotary.safetensors under the names of the globals. See README.md.

ml_program.global private @"0.attn.k.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.attn.k.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"0.attn.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.attn.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"0.attn.o.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"0.attn.o.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.attn.o.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"0.attn.q.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.attn.q.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"0.attn.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.attn.v.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.attn.v.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"0.moe.combine_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"0.moe.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.moe.down.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"0.moe.experts.down.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.moe.experts.down.weight"(#ml_program.extern : tensor<32x64x128x!ternary.trit>) : tensor<32x64x128x!ternary.trit>
ml_program.global private @"0.moe.experts.up.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.moe.experts.up.weight"(#ml_program.extern : tensor<32x128x64x!ternary.trit>) : tensor<32x128x64x!ternary.trit>
ml_program.global private @"0.moe.latent_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"0.moe.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"0.moe.router.bias"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"0.moe.router.weight"(#ml_program.extern : tensor<32x128xf32>) : tensor<32x128xf32>
ml_program.global private @"0.moe.shared.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.moe.shared.down.weight"(#ml_program.extern : tensor<128x256x!ternary.trit>) : tensor<128x256x!ternary.trit>
ml_program.global private @"0.moe.shared.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.moe.shared.up.weight"(#ml_program.extern : tensor<256x128x!ternary.trit>) : tensor<256x128x!ternary.trit>
ml_program.global private @"0.moe.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"0.moe.up.weight"(#ml_program.extern : tensor<128x64x!ternary.trit>) : tensor<128x64x!ternary.trit>
ml_program.global private @"1.attn.k.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.attn.k.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"1.attn.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.attn.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"1.attn.o.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"1.attn.o.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.attn.o.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"1.attn.q.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.attn.q.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"1.attn.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.attn.v.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.attn.v.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"1.moe.combine_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"1.moe.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.moe.down.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"1.moe.experts.down.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.moe.experts.down.weight"(#ml_program.extern : tensor<32x64x128x!ternary.trit>) : tensor<32x64x128x!ternary.trit>
ml_program.global private @"1.moe.experts.up.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.moe.experts.up.weight"(#ml_program.extern : tensor<32x128x64x!ternary.trit>) : tensor<32x128x64x!ternary.trit>
ml_program.global private @"1.moe.latent_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"1.moe.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"1.moe.router.bias"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"1.moe.router.weight"(#ml_program.extern : tensor<32x128xf32>) : tensor<32x128xf32>
ml_program.global private @"1.moe.shared.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.moe.shared.down.weight"(#ml_program.extern : tensor<128x256x!ternary.trit>) : tensor<128x256x!ternary.trit>
ml_program.global private @"1.moe.shared.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.moe.shared.up.weight"(#ml_program.extern : tensor<256x128x!ternary.trit>) : tensor<256x128x!ternary.trit>
ml_program.global private @"1.moe.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"1.moe.up.weight"(#ml_program.extern : tensor<128x64x!ternary.trit>) : tensor<128x64x!ternary.trit>
ml_program.global private @"2.attn.k.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.attn.k.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"2.attn.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.attn.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"2.attn.o.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"2.attn.o.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.attn.o.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"2.attn.q.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.attn.q.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"2.attn.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.attn.v.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.attn.v.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"2.moe.combine_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"2.moe.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.moe.down.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"2.moe.experts.down.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.moe.experts.down.weight"(#ml_program.extern : tensor<32x64x128x!ternary.trit>) : tensor<32x64x128x!ternary.trit>
ml_program.global private @"2.moe.experts.up.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.moe.experts.up.weight"(#ml_program.extern : tensor<32x128x64x!ternary.trit>) : tensor<32x128x64x!ternary.trit>
ml_program.global private @"2.moe.latent_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"2.moe.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"2.moe.router.bias"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"2.moe.router.weight"(#ml_program.extern : tensor<32x128xf32>) : tensor<32x128xf32>
ml_program.global private @"2.moe.shared.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.moe.shared.down.weight"(#ml_program.extern : tensor<128x256x!ternary.trit>) : tensor<128x256x!ternary.trit>
ml_program.global private @"2.moe.shared.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.moe.shared.up.weight"(#ml_program.extern : tensor<256x128x!ternary.trit>) : tensor<256x128x!ternary.trit>
ml_program.global private @"2.moe.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"2.moe.up.weight"(#ml_program.extern : tensor<128x64x!ternary.trit>) : tensor<128x64x!ternary.trit>
ml_program.global private @"3.attn.k.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.attn.k.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"3.attn.k_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.attn.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"3.attn.o.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"3.attn.o.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.attn.o.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"3.attn.q.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.attn.q.weight"(#ml_program.extern : tensor<128x128x!ternary.trit>) : tensor<128x128x!ternary.trit>
ml_program.global private @"3.attn.q_norm"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.attn.v.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.attn.v.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"3.moe.combine_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"3.moe.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.moe.down.weight"(#ml_program.extern : tensor<64x128x!ternary.trit>) : tensor<64x128x!ternary.trit>
ml_program.global private @"3.moe.experts.down.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.moe.experts.down.weight"(#ml_program.extern : tensor<32x64x128x!ternary.trit>) : tensor<32x64x128x!ternary.trit>
ml_program.global private @"3.moe.experts.up.scale"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.moe.experts.up.weight"(#ml_program.extern : tensor<32x128x64x!ternary.trit>) : tensor<32x128x64x!ternary.trit>
ml_program.global private @"3.moe.latent_norm"(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @"3.moe.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"3.moe.router.bias"(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
ml_program.global private @"3.moe.router.weight"(#ml_program.extern : tensor<32x128xf32>) : tensor<32x128xf32>
ml_program.global private @"3.moe.shared.down.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.moe.shared.down.weight"(#ml_program.extern : tensor<128x256x!ternary.trit>) : tensor<128x256x!ternary.trit>
ml_program.global private @"3.moe.shared.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.moe.shared.up.weight"(#ml_program.extern : tensor<256x128x!ternary.trit>) : tensor<256x128x!ternary.trit>
ml_program.global private @"3.moe.up.scale"(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @"3.moe.up.weight"(#ml_program.extern : tensor<128x64x!ternary.trit>) : tensor<128x64x!ternary.trit>
ml_program.global private @"embed.weight"(#ml_program.extern : tensor<63x128xf32>) : tensor<63x128xf32>
ml_program.global private @"final.norm"(#ml_program.extern : tensor<128xf32>) : tensor<128xf32>
ml_program.global private @"head.weight"(#ml_program.extern : tensor<63x128xf32>) : tensor<63x128xf32>
ml_program.global private @"rope.cos"(#ml_program.extern : tensor<512x16xf32>) : tensor<512x16xf32>
ml_program.global private @"rope.sin"(#ml_program.extern : tensor<512x16xf32>) : tensor<512x16xf32>
ml_program.global private mutable @cache.0.k(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>
ml_program.global private mutable @cache.0.v(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>
ml_program.global private mutable @cache.1.k(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>
ml_program.global private mutable @cache.1.v(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>
ml_program.global private mutable @cache.2.k(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>
ml_program.global private mutable @cache.2.v(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>
ml_program.global private mutable @cache.3.k(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>
ml_program.global private mutable @cache.3.v(dense<0.0> : tensor<512x2x32xf32>) : tensor<512x2x32xf32>

func.func @prefill(%tokens: tensor<?xi32> {tercet.name = "tokens", tercet.range = [0, 63], tercet.bound = 512},
    %position: index {tercet.name = "position", tercet.bound = 511})
    -> (tensor<?x63xf32> {tercet.name = "logits"}) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %tokens, %c0 : tensor<?xi32>
  %length = arith.addi %position, %m : index
  %0 = ml_program.global_load_const @"embed.weight" : tensor<63x128xf32>
  %1 = latent.embed %tokens, %0 : tensor<?xi32>, tensor<63x128xf32> -> tensor<?x128xf32>
  %2 = ml_program.global_load_const @"rope.cos" : tensor<512x16xf32>
  %3 = ml_program.global_load_const @"rope.sin" : tensor<512x16xf32>
  %4 = ml_program.global_load_const @"0.attn.q.weight" : tensor<128x128x!ternary.trit>
  %5 = ml_program.global_load_const @"0.attn.q.scale" : tensor<f32>
  %6 = ml_program.global_load_const @"0.attn.norm" : tensor<128xf32>
  %7 = latent.project %1, %4 scale(%5 : tensor<f32>) norm(%6 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %8 = tensor.expand_shape %7 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %9 = ml_program.global_load_const @"0.attn.q_norm" : tensor<32xf32>
  %10 = latent.rms_norm %8, %9 : tensor<?x4x32xf32>, tensor<32xf32>
  %11 = latent.rotary %10, %2, %3 at(%position) : tensor<?x4x32xf32>, tensor<512x16xf32>
  %12 = ml_program.global_load_const @"0.attn.k.weight" : tensor<64x128x!ternary.trit>
  %13 = ml_program.global_load_const @"0.attn.k.scale" : tensor<f32>
  %14 = latent.project %1, %12 scale(%13 : tensor<f32>) norm(%6 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %15 = tensor.expand_shape %14 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %16 = ml_program.global_load_const @"0.attn.k_norm" : tensor<32xf32>
  %17 = latent.rms_norm %15, %16 : tensor<?x2x32xf32>, tensor<32xf32>
  %18 = latent.rotary %17, %2, %3 at(%position) : tensor<?x2x32xf32>, tensor<512x16xf32>
  %19 = ml_program.global_load_const @"0.attn.v.weight" : tensor<64x128x!ternary.trit>
  %20 = ml_program.global_load_const @"0.attn.v.scale" : tensor<f32>
  %21 = latent.project %1, %19 scale(%20 : tensor<f32>) norm(%6 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %22 = tensor.expand_shape %21 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %23 = ml_program.global_load @cache.0.k : tensor<512x2x32xf32>
  %24 = tensor.insert_slice %18 into %23[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.0.k = %24 : tensor<512x2x32xf32>
  %25 = ml_program.global_load @cache.0.v : tensor<512x2x32xf32>
  %26 = tensor.insert_slice %22 into %25[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.0.v = %26 : tensor<512x2x32xf32>
  %27 = latent.attention %11, %24, %26 length(%length) causal scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<?x4x32xf32>
  %28 = tensor.collapse_shape %27 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %29 = ml_program.global_load_const @"0.attn.o.weight" : tensor<128x128x!ternary.trit>
  %30 = ml_program.global_load_const @"0.attn.o.scale" : tensor<f32>
  %31 = ml_program.global_load_const @"0.attn.o.norm" : tensor<128xf32>
  %32 = latent.project %28, %29 scale(%30 : tensor<f32>) norm(%31 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %33 = arith.addf %1, %32 : tensor<?x128xf32>
  %34 = ml_program.global_load_const @"0.moe.router.weight" : tensor<32x128xf32>
  %35 = ml_program.global_load_const @"0.moe.router.bias" : tensor<32xf32>
  %36 = ml_program.global_load_const @"0.moe.norm" : tensor<128xf32>
  %37 = ml_program.global_load_const @"0.moe.down.weight" : tensor<64x128x!ternary.trit>
  %38 = ml_program.global_load_const @"0.moe.down.scale" : tensor<f32>
  %39 = ml_program.global_load_const @"0.moe.latent_norm" : tensor<64xf32>
  %40 = ml_program.global_load_const @"0.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %41 = ml_program.global_load_const @"0.moe.experts.up.scale" : tensor<32xf32>
  %42 = ml_program.global_load_const @"0.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %43 = ml_program.global_load_const @"0.moe.experts.down.scale" : tensor<32xf32>
  %44 = ml_program.global_load_const @"0.moe.combine_norm" : tensor<64xf32>
  %45 = ml_program.global_load_const @"0.moe.up.weight" : tensor<128x64x!ternary.trit>
  %46 = ml_program.global_load_const @"0.moe.up.scale" : tensor<f32>
  %47 = ml_program.global_load_const @"0.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %48 = ml_program.global_load_const @"0.moe.shared.up.scale" : tensor<f32>
  %49 = ml_program.global_load_const @"0.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %50 = ml_program.global_load_const @"0.moe.shared.down.scale" : tensor<f32>
  %51 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %33
      norm(%36 : tensor<128xf32>)
      router(%34, %35 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%37, %38 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%39 : tensor<64xf32>)
      up(%40, %41 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%42, %43 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%44 : tensor<64xf32>)
      up_project(%45, %46 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%47, %48 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%49, %50 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<?x128xf32>
  %52 = ml_program.global_load_const @"1.attn.q.weight" : tensor<128x128x!ternary.trit>
  %53 = ml_program.global_load_const @"1.attn.q.scale" : tensor<f32>
  %54 = ml_program.global_load_const @"1.attn.norm" : tensor<128xf32>
  %55 = latent.project %51, %52 scale(%53 : tensor<f32>) norm(%54 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %56 = tensor.expand_shape %55 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %57 = ml_program.global_load_const @"1.attn.q_norm" : tensor<32xf32>
  %58 = latent.rms_norm %56, %57 : tensor<?x4x32xf32>, tensor<32xf32>
  %59 = latent.rotary %58, %2, %3 at(%position) : tensor<?x4x32xf32>, tensor<512x16xf32>
  %60 = ml_program.global_load_const @"1.attn.k.weight" : tensor<64x128x!ternary.trit>
  %61 = ml_program.global_load_const @"1.attn.k.scale" : tensor<f32>
  %62 = latent.project %51, %60 scale(%61 : tensor<f32>) norm(%54 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %63 = tensor.expand_shape %62 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %64 = ml_program.global_load_const @"1.attn.k_norm" : tensor<32xf32>
  %65 = latent.rms_norm %63, %64 : tensor<?x2x32xf32>, tensor<32xf32>
  %66 = latent.rotary %65, %2, %3 at(%position) : tensor<?x2x32xf32>, tensor<512x16xf32>
  %67 = ml_program.global_load_const @"1.attn.v.weight" : tensor<64x128x!ternary.trit>
  %68 = ml_program.global_load_const @"1.attn.v.scale" : tensor<f32>
  %69 = latent.project %51, %67 scale(%68 : tensor<f32>) norm(%54 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %70 = tensor.expand_shape %69 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %71 = ml_program.global_load @cache.1.k : tensor<512x2x32xf32>
  %72 = tensor.insert_slice %66 into %71[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.1.k = %72 : tensor<512x2x32xf32>
  %73 = ml_program.global_load @cache.1.v : tensor<512x2x32xf32>
  %74 = tensor.insert_slice %70 into %73[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.1.v = %74 : tensor<512x2x32xf32>
  %75 = latent.attention %59, %72, %74 length(%length) causal scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<?x4x32xf32>
  %76 = tensor.collapse_shape %75 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %77 = ml_program.global_load_const @"1.attn.o.weight" : tensor<128x128x!ternary.trit>
  %78 = ml_program.global_load_const @"1.attn.o.scale" : tensor<f32>
  %79 = ml_program.global_load_const @"1.attn.o.norm" : tensor<128xf32>
  %80 = latent.project %76, %77 scale(%78 : tensor<f32>) norm(%79 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %81 = arith.addf %51, %80 : tensor<?x128xf32>
  %82 = ml_program.global_load_const @"1.moe.router.weight" : tensor<32x128xf32>
  %83 = ml_program.global_load_const @"1.moe.router.bias" : tensor<32xf32>
  %84 = ml_program.global_load_const @"1.moe.norm" : tensor<128xf32>
  %85 = ml_program.global_load_const @"1.moe.down.weight" : tensor<64x128x!ternary.trit>
  %86 = ml_program.global_load_const @"1.moe.down.scale" : tensor<f32>
  %87 = ml_program.global_load_const @"1.moe.latent_norm" : tensor<64xf32>
  %88 = ml_program.global_load_const @"1.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %89 = ml_program.global_load_const @"1.moe.experts.up.scale" : tensor<32xf32>
  %90 = ml_program.global_load_const @"1.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %91 = ml_program.global_load_const @"1.moe.experts.down.scale" : tensor<32xf32>
  %92 = ml_program.global_load_const @"1.moe.combine_norm" : tensor<64xf32>
  %93 = ml_program.global_load_const @"1.moe.up.weight" : tensor<128x64x!ternary.trit>
  %94 = ml_program.global_load_const @"1.moe.up.scale" : tensor<f32>
  %95 = ml_program.global_load_const @"1.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %96 = ml_program.global_load_const @"1.moe.shared.up.scale" : tensor<f32>
  %97 = ml_program.global_load_const @"1.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %98 = ml_program.global_load_const @"1.moe.shared.down.scale" : tensor<f32>
  %99 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %81
      norm(%84 : tensor<128xf32>)
      router(%82, %83 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%85, %86 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%87 : tensor<64xf32>)
      up(%88, %89 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%90, %91 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%92 : tensor<64xf32>)
      up_project(%93, %94 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%95, %96 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%97, %98 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<?x128xf32>
  %100 = ml_program.global_load_const @"2.attn.q.weight" : tensor<128x128x!ternary.trit>
  %101 = ml_program.global_load_const @"2.attn.q.scale" : tensor<f32>
  %102 = ml_program.global_load_const @"2.attn.norm" : tensor<128xf32>
  %103 = latent.project %99, %100 scale(%101 : tensor<f32>) norm(%102 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %104 = tensor.expand_shape %103 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %105 = ml_program.global_load_const @"2.attn.q_norm" : tensor<32xf32>
  %106 = latent.rms_norm %104, %105 : tensor<?x4x32xf32>, tensor<32xf32>
  %107 = latent.rotary %106, %2, %3 at(%position) : tensor<?x4x32xf32>, tensor<512x16xf32>
  %108 = ml_program.global_load_const @"2.attn.k.weight" : tensor<64x128x!ternary.trit>
  %109 = ml_program.global_load_const @"2.attn.k.scale" : tensor<f32>
  %110 = latent.project %99, %108 scale(%109 : tensor<f32>) norm(%102 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %111 = tensor.expand_shape %110 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %112 = ml_program.global_load_const @"2.attn.k_norm" : tensor<32xf32>
  %113 = latent.rms_norm %111, %112 : tensor<?x2x32xf32>, tensor<32xf32>
  %114 = latent.rotary %113, %2, %3 at(%position) : tensor<?x2x32xf32>, tensor<512x16xf32>
  %115 = ml_program.global_load_const @"2.attn.v.weight" : tensor<64x128x!ternary.trit>
  %116 = ml_program.global_load_const @"2.attn.v.scale" : tensor<f32>
  %117 = latent.project %99, %115 scale(%116 : tensor<f32>) norm(%102 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %118 = tensor.expand_shape %117 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %119 = ml_program.global_load @cache.2.k : tensor<512x2x32xf32>
  %120 = tensor.insert_slice %114 into %119[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.2.k = %120 : tensor<512x2x32xf32>
  %121 = ml_program.global_load @cache.2.v : tensor<512x2x32xf32>
  %122 = tensor.insert_slice %118 into %121[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.2.v = %122 : tensor<512x2x32xf32>
  %123 = latent.attention %107, %120, %122 length(%length) causal scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<?x4x32xf32>
  %124 = tensor.collapse_shape %123 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %125 = ml_program.global_load_const @"2.attn.o.weight" : tensor<128x128x!ternary.trit>
  %126 = ml_program.global_load_const @"2.attn.o.scale" : tensor<f32>
  %127 = ml_program.global_load_const @"2.attn.o.norm" : tensor<128xf32>
  %128 = latent.project %124, %125 scale(%126 : tensor<f32>) norm(%127 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %129 = arith.addf %99, %128 : tensor<?x128xf32>
  %130 = ml_program.global_load_const @"2.moe.router.weight" : tensor<32x128xf32>
  %131 = ml_program.global_load_const @"2.moe.router.bias" : tensor<32xf32>
  %132 = ml_program.global_load_const @"2.moe.norm" : tensor<128xf32>
  %133 = ml_program.global_load_const @"2.moe.down.weight" : tensor<64x128x!ternary.trit>
  %134 = ml_program.global_load_const @"2.moe.down.scale" : tensor<f32>
  %135 = ml_program.global_load_const @"2.moe.latent_norm" : tensor<64xf32>
  %136 = ml_program.global_load_const @"2.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %137 = ml_program.global_load_const @"2.moe.experts.up.scale" : tensor<32xf32>
  %138 = ml_program.global_load_const @"2.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %139 = ml_program.global_load_const @"2.moe.experts.down.scale" : tensor<32xf32>
  %140 = ml_program.global_load_const @"2.moe.combine_norm" : tensor<64xf32>
  %141 = ml_program.global_load_const @"2.moe.up.weight" : tensor<128x64x!ternary.trit>
  %142 = ml_program.global_load_const @"2.moe.up.scale" : tensor<f32>
  %143 = ml_program.global_load_const @"2.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %144 = ml_program.global_load_const @"2.moe.shared.up.scale" : tensor<f32>
  %145 = ml_program.global_load_const @"2.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %146 = ml_program.global_load_const @"2.moe.shared.down.scale" : tensor<f32>
  %147 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %129
      norm(%132 : tensor<128xf32>)
      router(%130, %131 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%133, %134 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%135 : tensor<64xf32>)
      up(%136, %137 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%138, %139 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%140 : tensor<64xf32>)
      up_project(%141, %142 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%143, %144 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%145, %146 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<?x128xf32>
  %148 = ml_program.global_load_const @"3.attn.q.weight" : tensor<128x128x!ternary.trit>
  %149 = ml_program.global_load_const @"3.attn.q.scale" : tensor<f32>
  %150 = ml_program.global_load_const @"3.attn.norm" : tensor<128xf32>
  %151 = latent.project %147, %148 scale(%149 : tensor<f32>) norm(%150 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %152 = tensor.expand_shape %151 [[0], [1, 2]] output_shape [%m, 4, 32] : tensor<?x128xf32> into tensor<?x4x32xf32>
  %153 = ml_program.global_load_const @"3.attn.q_norm" : tensor<32xf32>
  %154 = latent.rms_norm %152, %153 : tensor<?x4x32xf32>, tensor<32xf32>
  %155 = latent.rotary %154, %2, %3 at(%position) : tensor<?x4x32xf32>, tensor<512x16xf32>
  %156 = ml_program.global_load_const @"3.attn.k.weight" : tensor<64x128x!ternary.trit>
  %157 = ml_program.global_load_const @"3.attn.k.scale" : tensor<f32>
  %158 = latent.project %147, %156 scale(%157 : tensor<f32>) norm(%150 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %159 = tensor.expand_shape %158 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %160 = ml_program.global_load_const @"3.attn.k_norm" : tensor<32xf32>
  %161 = latent.rms_norm %159, %160 : tensor<?x2x32xf32>, tensor<32xf32>
  %162 = latent.rotary %161, %2, %3 at(%position) : tensor<?x2x32xf32>, tensor<512x16xf32>
  %163 = ml_program.global_load_const @"3.attn.v.weight" : tensor<64x128x!ternary.trit>
  %164 = ml_program.global_load_const @"3.attn.v.scale" : tensor<f32>
  %165 = latent.project %147, %163 scale(%164 : tensor<f32>) norm(%150 : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  %166 = tensor.expand_shape %165 [[0], [1, 2]] output_shape [%m, 2, 32] : tensor<?x64xf32> into tensor<?x2x32xf32>
  %167 = ml_program.global_load @cache.3.k : tensor<512x2x32xf32>
  %168 = tensor.insert_slice %162 into %167[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.3.k = %168 : tensor<512x2x32xf32>
  %169 = ml_program.global_load @cache.3.v : tensor<512x2x32xf32>
  %170 = tensor.insert_slice %166 into %169[%position, 0, 0] [%m, 2, 32] [1, 1, 1] : tensor<?x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.3.v = %170 : tensor<512x2x32xf32>
  %171 = latent.attention %155, %168, %170 length(%length) causal scale(0.1767766952966369) : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<?x4x32xf32>
  %172 = tensor.collapse_shape %171 [[0], [1, 2]] : tensor<?x4x32xf32> into tensor<?x128xf32>
  %173 = ml_program.global_load_const @"3.attn.o.weight" : tensor<128x128x!ternary.trit>
  %174 = ml_program.global_load_const @"3.attn.o.scale" : tensor<f32>
  %175 = ml_program.global_load_const @"3.attn.o.norm" : tensor<128xf32>
  %176 = latent.project %172, %173 scale(%174 : tensor<f32>) norm(%175 : tensor<128xf32>) : tensor<?x128xf32>, tensor<128x128x!ternary.trit> -> tensor<?x128xf32>
  %177 = arith.addf %147, %176 : tensor<?x128xf32>
  %178 = ml_program.global_load_const @"3.moe.router.weight" : tensor<32x128xf32>
  %179 = ml_program.global_load_const @"3.moe.router.bias" : tensor<32xf32>
  %180 = ml_program.global_load_const @"3.moe.norm" : tensor<128xf32>
  %181 = ml_program.global_load_const @"3.moe.down.weight" : tensor<64x128x!ternary.trit>
  %182 = ml_program.global_load_const @"3.moe.down.scale" : tensor<f32>
  %183 = ml_program.global_load_const @"3.moe.latent_norm" : tensor<64xf32>
  %184 = ml_program.global_load_const @"3.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %185 = ml_program.global_load_const @"3.moe.experts.up.scale" : tensor<32xf32>
  %186 = ml_program.global_load_const @"3.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %187 = ml_program.global_load_const @"3.moe.experts.down.scale" : tensor<32xf32>
  %188 = ml_program.global_load_const @"3.moe.combine_norm" : tensor<64xf32>
  %189 = ml_program.global_load_const @"3.moe.up.weight" : tensor<128x64x!ternary.trit>
  %190 = ml_program.global_load_const @"3.moe.up.scale" : tensor<f32>
  %191 = ml_program.global_load_const @"3.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %192 = ml_program.global_load_const @"3.moe.shared.up.scale" : tensor<f32>
  %193 = ml_program.global_load_const @"3.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %194 = ml_program.global_load_const @"3.moe.shared.down.scale" : tensor<f32>
  %195 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %177
      norm(%180 : tensor<128xf32>)
      router(%178, %179 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%181, %182 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%183 : tensor<64xf32>)
      up(%184, %185 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%186, %187 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%188 : tensor<64xf32>)
      up_project(%189, %190 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%191, %192 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%193, %194 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<?x128xf32>
  %196 = ml_program.global_load_const @"head.weight" : tensor<63x128xf32>
  %197 = ml_program.global_load_const @"final.norm" : tensor<128xf32>
  %198 = latent.project %195, %196 norm(%197 : tensor<128xf32>) : tensor<?x128xf32>, tensor<63x128xf32> -> tensor<?x63xf32>
  return %198 : tensor<?x63xf32>
}

func.func @decode(%tokens: tensor<1xi32> {tercet.name = "tokens", tercet.range = [0, 63]},
    %position: index {tercet.name = "position", tercet.bound = 511})
    -> (tensor<1x63xf32> {tercet.name = "logits"}) {
  %m = arith.constant 1 : index
  %length = arith.addi %position, %m : index
  %0 = ml_program.global_load_const @"embed.weight" : tensor<63x128xf32>
  %1 = latent.embed %tokens, %0 : tensor<1xi32>, tensor<63x128xf32> -> tensor<1x128xf32>
  %2 = ml_program.global_load_const @"rope.cos" : tensor<512x16xf32>
  %3 = ml_program.global_load_const @"rope.sin" : tensor<512x16xf32>
  %4 = ml_program.global_load_const @"0.attn.q.weight" : tensor<128x128x!ternary.trit>
  %5 = ml_program.global_load_const @"0.attn.q.scale" : tensor<f32>
  %6 = ml_program.global_load_const @"0.attn.norm" : tensor<128xf32>
  %7 = latent.project %1, %4 scale(%5 : tensor<f32>) norm(%6 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %8 = tensor.expand_shape %7 [[0], [1, 2]] output_shape [1, 4, 32] : tensor<1x128xf32> into tensor<1x4x32xf32>
  %9 = ml_program.global_load_const @"0.attn.q_norm" : tensor<32xf32>
  %10 = latent.rms_norm %8, %9 : tensor<1x4x32xf32>, tensor<32xf32>
  %11 = latent.rotary %10, %2, %3 at(%position) : tensor<1x4x32xf32>, tensor<512x16xf32>
  %12 = ml_program.global_load_const @"0.attn.k.weight" : tensor<64x128x!ternary.trit>
  %13 = ml_program.global_load_const @"0.attn.k.scale" : tensor<f32>
  %14 = latent.project %1, %12 scale(%13 : tensor<f32>) norm(%6 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %15 = tensor.expand_shape %14 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %16 = ml_program.global_load_const @"0.attn.k_norm" : tensor<32xf32>
  %17 = latent.rms_norm %15, %16 : tensor<1x2x32xf32>, tensor<32xf32>
  %18 = latent.rotary %17, %2, %3 at(%position) : tensor<1x2x32xf32>, tensor<512x16xf32>
  %19 = ml_program.global_load_const @"0.attn.v.weight" : tensor<64x128x!ternary.trit>
  %20 = ml_program.global_load_const @"0.attn.v.scale" : tensor<f32>
  %21 = latent.project %1, %19 scale(%20 : tensor<f32>) norm(%6 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %22 = tensor.expand_shape %21 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %23 = ml_program.global_load @cache.0.k : tensor<512x2x32xf32>
  %24 = tensor.insert_slice %18 into %23[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.0.k = %24 : tensor<512x2x32xf32>
  %25 = ml_program.global_load @cache.0.v : tensor<512x2x32xf32>
  %26 = tensor.insert_slice %22 into %25[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.0.v = %26 : tensor<512x2x32xf32>
  %27 = latent.attention %11, %24, %26 length(%length) causal scale(0.1767766952966369) : tensor<1x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<1x4x32xf32>
  %28 = tensor.collapse_shape %27 [[0], [1, 2]] : tensor<1x4x32xf32> into tensor<1x128xf32>
  %29 = ml_program.global_load_const @"0.attn.o.weight" : tensor<128x128x!ternary.trit>
  %30 = ml_program.global_load_const @"0.attn.o.scale" : tensor<f32>
  %31 = ml_program.global_load_const @"0.attn.o.norm" : tensor<128xf32>
  %32 = latent.project %28, %29 scale(%30 : tensor<f32>) norm(%31 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %33 = arith.addf %1, %32 : tensor<1x128xf32>
  %34 = ml_program.global_load_const @"0.moe.router.weight" : tensor<32x128xf32>
  %35 = ml_program.global_load_const @"0.moe.router.bias" : tensor<32xf32>
  %36 = ml_program.global_load_const @"0.moe.norm" : tensor<128xf32>
  %37 = ml_program.global_load_const @"0.moe.down.weight" : tensor<64x128x!ternary.trit>
  %38 = ml_program.global_load_const @"0.moe.down.scale" : tensor<f32>
  %39 = ml_program.global_load_const @"0.moe.latent_norm" : tensor<64xf32>
  %40 = ml_program.global_load_const @"0.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %41 = ml_program.global_load_const @"0.moe.experts.up.scale" : tensor<32xf32>
  %42 = ml_program.global_load_const @"0.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %43 = ml_program.global_load_const @"0.moe.experts.down.scale" : tensor<32xf32>
  %44 = ml_program.global_load_const @"0.moe.combine_norm" : tensor<64xf32>
  %45 = ml_program.global_load_const @"0.moe.up.weight" : tensor<128x64x!ternary.trit>
  %46 = ml_program.global_load_const @"0.moe.up.scale" : tensor<f32>
  %47 = ml_program.global_load_const @"0.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %48 = ml_program.global_load_const @"0.moe.shared.up.scale" : tensor<f32>
  %49 = ml_program.global_load_const @"0.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %50 = ml_program.global_load_const @"0.moe.shared.down.scale" : tensor<f32>
  %51 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %33
      norm(%36 : tensor<128xf32>)
      router(%34, %35 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%37, %38 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%39 : tensor<64xf32>)
      up(%40, %41 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%42, %43 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%44 : tensor<64xf32>)
      up_project(%45, %46 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%47, %48 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%49, %50 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<1x128xf32>
  %52 = ml_program.global_load_const @"1.attn.q.weight" : tensor<128x128x!ternary.trit>
  %53 = ml_program.global_load_const @"1.attn.q.scale" : tensor<f32>
  %54 = ml_program.global_load_const @"1.attn.norm" : tensor<128xf32>
  %55 = latent.project %51, %52 scale(%53 : tensor<f32>) norm(%54 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %56 = tensor.expand_shape %55 [[0], [1, 2]] output_shape [1, 4, 32] : tensor<1x128xf32> into tensor<1x4x32xf32>
  %57 = ml_program.global_load_const @"1.attn.q_norm" : tensor<32xf32>
  %58 = latent.rms_norm %56, %57 : tensor<1x4x32xf32>, tensor<32xf32>
  %59 = latent.rotary %58, %2, %3 at(%position) : tensor<1x4x32xf32>, tensor<512x16xf32>
  %60 = ml_program.global_load_const @"1.attn.k.weight" : tensor<64x128x!ternary.trit>
  %61 = ml_program.global_load_const @"1.attn.k.scale" : tensor<f32>
  %62 = latent.project %51, %60 scale(%61 : tensor<f32>) norm(%54 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %63 = tensor.expand_shape %62 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %64 = ml_program.global_load_const @"1.attn.k_norm" : tensor<32xf32>
  %65 = latent.rms_norm %63, %64 : tensor<1x2x32xf32>, tensor<32xf32>
  %66 = latent.rotary %65, %2, %3 at(%position) : tensor<1x2x32xf32>, tensor<512x16xf32>
  %67 = ml_program.global_load_const @"1.attn.v.weight" : tensor<64x128x!ternary.trit>
  %68 = ml_program.global_load_const @"1.attn.v.scale" : tensor<f32>
  %69 = latent.project %51, %67 scale(%68 : tensor<f32>) norm(%54 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %70 = tensor.expand_shape %69 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %71 = ml_program.global_load @cache.1.k : tensor<512x2x32xf32>
  %72 = tensor.insert_slice %66 into %71[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.1.k = %72 : tensor<512x2x32xf32>
  %73 = ml_program.global_load @cache.1.v : tensor<512x2x32xf32>
  %74 = tensor.insert_slice %70 into %73[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.1.v = %74 : tensor<512x2x32xf32>
  %75 = latent.attention %59, %72, %74 length(%length) causal scale(0.1767766952966369) : tensor<1x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<1x4x32xf32>
  %76 = tensor.collapse_shape %75 [[0], [1, 2]] : tensor<1x4x32xf32> into tensor<1x128xf32>
  %77 = ml_program.global_load_const @"1.attn.o.weight" : tensor<128x128x!ternary.trit>
  %78 = ml_program.global_load_const @"1.attn.o.scale" : tensor<f32>
  %79 = ml_program.global_load_const @"1.attn.o.norm" : tensor<128xf32>
  %80 = latent.project %76, %77 scale(%78 : tensor<f32>) norm(%79 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %81 = arith.addf %51, %80 : tensor<1x128xf32>
  %82 = ml_program.global_load_const @"1.moe.router.weight" : tensor<32x128xf32>
  %83 = ml_program.global_load_const @"1.moe.router.bias" : tensor<32xf32>
  %84 = ml_program.global_load_const @"1.moe.norm" : tensor<128xf32>
  %85 = ml_program.global_load_const @"1.moe.down.weight" : tensor<64x128x!ternary.trit>
  %86 = ml_program.global_load_const @"1.moe.down.scale" : tensor<f32>
  %87 = ml_program.global_load_const @"1.moe.latent_norm" : tensor<64xf32>
  %88 = ml_program.global_load_const @"1.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %89 = ml_program.global_load_const @"1.moe.experts.up.scale" : tensor<32xf32>
  %90 = ml_program.global_load_const @"1.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %91 = ml_program.global_load_const @"1.moe.experts.down.scale" : tensor<32xf32>
  %92 = ml_program.global_load_const @"1.moe.combine_norm" : tensor<64xf32>
  %93 = ml_program.global_load_const @"1.moe.up.weight" : tensor<128x64x!ternary.trit>
  %94 = ml_program.global_load_const @"1.moe.up.scale" : tensor<f32>
  %95 = ml_program.global_load_const @"1.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %96 = ml_program.global_load_const @"1.moe.shared.up.scale" : tensor<f32>
  %97 = ml_program.global_load_const @"1.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %98 = ml_program.global_load_const @"1.moe.shared.down.scale" : tensor<f32>
  %99 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %81
      norm(%84 : tensor<128xf32>)
      router(%82, %83 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%85, %86 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%87 : tensor<64xf32>)
      up(%88, %89 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%90, %91 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%92 : tensor<64xf32>)
      up_project(%93, %94 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%95, %96 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%97, %98 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<1x128xf32>
  %100 = ml_program.global_load_const @"2.attn.q.weight" : tensor<128x128x!ternary.trit>
  %101 = ml_program.global_load_const @"2.attn.q.scale" : tensor<f32>
  %102 = ml_program.global_load_const @"2.attn.norm" : tensor<128xf32>
  %103 = latent.project %99, %100 scale(%101 : tensor<f32>) norm(%102 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %104 = tensor.expand_shape %103 [[0], [1, 2]] output_shape [1, 4, 32] : tensor<1x128xf32> into tensor<1x4x32xf32>
  %105 = ml_program.global_load_const @"2.attn.q_norm" : tensor<32xf32>
  %106 = latent.rms_norm %104, %105 : tensor<1x4x32xf32>, tensor<32xf32>
  %107 = latent.rotary %106, %2, %3 at(%position) : tensor<1x4x32xf32>, tensor<512x16xf32>
  %108 = ml_program.global_load_const @"2.attn.k.weight" : tensor<64x128x!ternary.trit>
  %109 = ml_program.global_load_const @"2.attn.k.scale" : tensor<f32>
  %110 = latent.project %99, %108 scale(%109 : tensor<f32>) norm(%102 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %111 = tensor.expand_shape %110 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %112 = ml_program.global_load_const @"2.attn.k_norm" : tensor<32xf32>
  %113 = latent.rms_norm %111, %112 : tensor<1x2x32xf32>, tensor<32xf32>
  %114 = latent.rotary %113, %2, %3 at(%position) : tensor<1x2x32xf32>, tensor<512x16xf32>
  %115 = ml_program.global_load_const @"2.attn.v.weight" : tensor<64x128x!ternary.trit>
  %116 = ml_program.global_load_const @"2.attn.v.scale" : tensor<f32>
  %117 = latent.project %99, %115 scale(%116 : tensor<f32>) norm(%102 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %118 = tensor.expand_shape %117 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %119 = ml_program.global_load @cache.2.k : tensor<512x2x32xf32>
  %120 = tensor.insert_slice %114 into %119[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.2.k = %120 : tensor<512x2x32xf32>
  %121 = ml_program.global_load @cache.2.v : tensor<512x2x32xf32>
  %122 = tensor.insert_slice %118 into %121[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.2.v = %122 : tensor<512x2x32xf32>
  %123 = latent.attention %107, %120, %122 length(%length) causal scale(0.1767766952966369) : tensor<1x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<1x4x32xf32>
  %124 = tensor.collapse_shape %123 [[0], [1, 2]] : tensor<1x4x32xf32> into tensor<1x128xf32>
  %125 = ml_program.global_load_const @"2.attn.o.weight" : tensor<128x128x!ternary.trit>
  %126 = ml_program.global_load_const @"2.attn.o.scale" : tensor<f32>
  %127 = ml_program.global_load_const @"2.attn.o.norm" : tensor<128xf32>
  %128 = latent.project %124, %125 scale(%126 : tensor<f32>) norm(%127 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %129 = arith.addf %99, %128 : tensor<1x128xf32>
  %130 = ml_program.global_load_const @"2.moe.router.weight" : tensor<32x128xf32>
  %131 = ml_program.global_load_const @"2.moe.router.bias" : tensor<32xf32>
  %132 = ml_program.global_load_const @"2.moe.norm" : tensor<128xf32>
  %133 = ml_program.global_load_const @"2.moe.down.weight" : tensor<64x128x!ternary.trit>
  %134 = ml_program.global_load_const @"2.moe.down.scale" : tensor<f32>
  %135 = ml_program.global_load_const @"2.moe.latent_norm" : tensor<64xf32>
  %136 = ml_program.global_load_const @"2.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %137 = ml_program.global_load_const @"2.moe.experts.up.scale" : tensor<32xf32>
  %138 = ml_program.global_load_const @"2.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %139 = ml_program.global_load_const @"2.moe.experts.down.scale" : tensor<32xf32>
  %140 = ml_program.global_load_const @"2.moe.combine_norm" : tensor<64xf32>
  %141 = ml_program.global_load_const @"2.moe.up.weight" : tensor<128x64x!ternary.trit>
  %142 = ml_program.global_load_const @"2.moe.up.scale" : tensor<f32>
  %143 = ml_program.global_load_const @"2.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %144 = ml_program.global_load_const @"2.moe.shared.up.scale" : tensor<f32>
  %145 = ml_program.global_load_const @"2.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %146 = ml_program.global_load_const @"2.moe.shared.down.scale" : tensor<f32>
  %147 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %129
      norm(%132 : tensor<128xf32>)
      router(%130, %131 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%133, %134 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%135 : tensor<64xf32>)
      up(%136, %137 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%138, %139 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%140 : tensor<64xf32>)
      up_project(%141, %142 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%143, %144 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%145, %146 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<1x128xf32>
  %148 = ml_program.global_load_const @"3.attn.q.weight" : tensor<128x128x!ternary.trit>
  %149 = ml_program.global_load_const @"3.attn.q.scale" : tensor<f32>
  %150 = ml_program.global_load_const @"3.attn.norm" : tensor<128xf32>
  %151 = latent.project %147, %148 scale(%149 : tensor<f32>) norm(%150 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %152 = tensor.expand_shape %151 [[0], [1, 2]] output_shape [1, 4, 32] : tensor<1x128xf32> into tensor<1x4x32xf32>
  %153 = ml_program.global_load_const @"3.attn.q_norm" : tensor<32xf32>
  %154 = latent.rms_norm %152, %153 : tensor<1x4x32xf32>, tensor<32xf32>
  %155 = latent.rotary %154, %2, %3 at(%position) : tensor<1x4x32xf32>, tensor<512x16xf32>
  %156 = ml_program.global_load_const @"3.attn.k.weight" : tensor<64x128x!ternary.trit>
  %157 = ml_program.global_load_const @"3.attn.k.scale" : tensor<f32>
  %158 = latent.project %147, %156 scale(%157 : tensor<f32>) norm(%150 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %159 = tensor.expand_shape %158 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %160 = ml_program.global_load_const @"3.attn.k_norm" : tensor<32xf32>
  %161 = latent.rms_norm %159, %160 : tensor<1x2x32xf32>, tensor<32xf32>
  %162 = latent.rotary %161, %2, %3 at(%position) : tensor<1x2x32xf32>, tensor<512x16xf32>
  %163 = ml_program.global_load_const @"3.attn.v.weight" : tensor<64x128x!ternary.trit>
  %164 = ml_program.global_load_const @"3.attn.v.scale" : tensor<f32>
  %165 = latent.project %147, %163 scale(%164 : tensor<f32>) norm(%150 : tensor<128xf32>) : tensor<1x128xf32>, tensor<64x128x!ternary.trit> -> tensor<1x64xf32>
  %166 = tensor.expand_shape %165 [[0], [1, 2]] output_shape [1, 2, 32] : tensor<1x64xf32> into tensor<1x2x32xf32>
  %167 = ml_program.global_load @cache.3.k : tensor<512x2x32xf32>
  %168 = tensor.insert_slice %162 into %167[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.3.k = %168 : tensor<512x2x32xf32>
  %169 = ml_program.global_load @cache.3.v : tensor<512x2x32xf32>
  %170 = tensor.insert_slice %166 into %169[%position, 0, 0] [1, 2, 32] [1, 1, 1] : tensor<1x2x32xf32> into tensor<512x2x32xf32>
  ml_program.global_store @cache.3.v = %170 : tensor<512x2x32xf32>
  %171 = latent.attention %155, %168, %170 length(%length) causal scale(0.1767766952966369) : tensor<1x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<1x4x32xf32>
  %172 = tensor.collapse_shape %171 [[0], [1, 2]] : tensor<1x4x32xf32> into tensor<1x128xf32>
  %173 = ml_program.global_load_const @"3.attn.o.weight" : tensor<128x128x!ternary.trit>
  %174 = ml_program.global_load_const @"3.attn.o.scale" : tensor<f32>
  %175 = ml_program.global_load_const @"3.attn.o.norm" : tensor<128xf32>
  %176 = latent.project %172, %173 scale(%174 : tensor<f32>) norm(%175 : tensor<128xf32>) : tensor<1x128xf32>, tensor<128x128x!ternary.trit> -> tensor<1x128xf32>
  %177 = arith.addf %147, %176 : tensor<1x128xf32>
  %178 = ml_program.global_load_const @"3.moe.router.weight" : tensor<32x128xf32>
  %179 = ml_program.global_load_const @"3.moe.router.bias" : tensor<32xf32>
  %180 = ml_program.global_load_const @"3.moe.norm" : tensor<128xf32>
  %181 = ml_program.global_load_const @"3.moe.down.weight" : tensor<64x128x!ternary.trit>
  %182 = ml_program.global_load_const @"3.moe.down.scale" : tensor<f32>
  %183 = ml_program.global_load_const @"3.moe.latent_norm" : tensor<64xf32>
  %184 = ml_program.global_load_const @"3.moe.experts.up.weight" : tensor<32x128x64x!ternary.trit>
  %185 = ml_program.global_load_const @"3.moe.experts.up.scale" : tensor<32xf32>
  %186 = ml_program.global_load_const @"3.moe.experts.down.weight" : tensor<32x64x128x!ternary.trit>
  %187 = ml_program.global_load_const @"3.moe.experts.down.scale" : tensor<32xf32>
  %188 = ml_program.global_load_const @"3.moe.combine_norm" : tensor<64xf32>
  %189 = ml_program.global_load_const @"3.moe.up.weight" : tensor<128x64x!ternary.trit>
  %190 = ml_program.global_load_const @"3.moe.up.scale" : tensor<f32>
  %191 = ml_program.global_load_const @"3.moe.shared.up.weight" : tensor<256x128x!ternary.trit>
  %192 = ml_program.global_load_const @"3.moe.shared.up.scale" : tensor<f32>
  %193 = ml_program.global_load_const @"3.moe.shared.down.weight" : tensor<128x256x!ternary.trit>
  %194 = ml_program.global_load_const @"3.moe.shared.down.scale" : tensor<f32>
  %195 = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %177
      norm(%180 : tensor<128xf32>)
      router(%178, %179 : tensor<32x128xf32>, tensor<32xf32>)
      down_project(%181, %182 : tensor<64x128x!ternary.trit>, tensor<f32>)
      latent_norm(%183 : tensor<64xf32>)
      up(%184, %185 : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
      down(%186, %187 : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
      combine_norm(%188 : tensor<64xf32>)
      up_project(%189, %190 : tensor<128x64x!ternary.trit>, tensor<f32>)
      shared_up(%191, %192 : tensor<256x128x!ternary.trit>, tensor<f32>)
      shared_down(%193, %194 : tensor<128x256x!ternary.trit>, tensor<f32>)
      residual : tensor<1x128xf32>
  %196 = ml_program.global_load_const @"head.weight" : tensor<63x128xf32>
  %197 = ml_program.global_load_const @"final.norm" : tensor<128xf32>
  %198 = latent.project %195, %196 norm(%197 : tensor<128xf32>) : tensor<1x128xf32>, tensor<63x128xf32> -> tensor<1x63xf32>
  return %198 : tensor<1x63xf32>
}
