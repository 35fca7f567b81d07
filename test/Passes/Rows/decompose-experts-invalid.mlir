// What experts cannot run from.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics --decompose-latent --decompose-experts

ml_program.global private @u(#ml_program.extern : tensor<32x24x16x!ternary.trit>) : tensor<32x24x16x!ternary.trit>

func.func @no_code(%x: tensor<?x16xf32>, %ids: tensor<?x4xi32>, %s: tensor<32xf32>, %d: tensor<32x16x24xf32>) -> tensor<?x4x16xf32> {
  %u = ml_program.global_load_const @u : tensor<32x24x16x!ternary.trit>
  // expected-remark@+2 {{experts run grouped}}
  // expected-error@+1 {{weight of 'tensor<32x24x16x!ternary.trit>' has no storage code; run select-codes}}
  %y = latent.experts <relu2> %x, %ids up(%u, %s : tensor<32x24x16x!ternary.trit>, tensor<32xf32>) down(%d : tensor<32x16x24xf32>)
      : tensor<?x16xf32>, tensor<?x4xi32> -> tensor<?x4x16xf32>
  return %y : tensor<?x4x16xf32>
}

// -----

func.func @i8_not_external(%x: tensor<?x16xf32>, %w: tensor<24x16xi8>, %s: tensor<f32>) -> tensor<?x24xf32> {
  // expected-error@+1 {{weight must be an external ml_program.global, directly or through ternary.ternarize}}
  %y = latent.project %x, %w scale(%s : tensor<f32>) : tensor<?x16xf32>, tensor<24x16xi8> -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}

// -----

func.func @blocks_not_external(%x: tensor<?x16xf32>, %v: tensor<24x16xf4E2M1FN>, %s: tensor<24x1xf8E4M3FN>) -> tensor<?x24xf32> {
  // expected-error@+1 {{values and scales must be external ml_program.globals}}
  %w = latent.dequantize %v, %s : tensor<24x16xf4E2M1FN>, tensor<24x1xf8E4M3FN> -> tensor<24x16xf32>
  %y = latent.project %x, %w : tensor<?x16xf32>, tensor<24x16xf32> -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}

// -----

ml_program.global private @v(#ml_program.extern : tensor<24x16xf4E2M1FN>) : tensor<24x16xf4E2M1FN>
ml_program.global private @s(#ml_program.extern : tensor<24x1xf8E4M3FN>) : tensor<24x1xf8E4M3FN>

func.func @materialized() -> tensor<24x16xf32> {
  %v = ml_program.global_load_const @v : tensor<24x16xf4E2M1FN>
  %s = ml_program.global_load_const @s : tensor<24x1xf8E4M3FN>
  // expected-error@+1 {{is used other than as the weight of latent.project or latent.experts, which is not supported}}
  %w = latent.dequantize %v, %s : tensor<24x16xf4E2M1FN>, tensor<24x1xf8E4M3FN> -> tensor<24x16xf32>
  return %w : tensor<24x16xf32>
}
