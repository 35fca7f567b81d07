// What cannot be pruned.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics --latent-prune-experts="histogram=%S/Inputs/experts.json"
// RUN: not tercet-opt %s --split-input-file --latent-prune-experts 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not tercet-opt %s --split-input-file --latent-prune-experts="histogram=%t.missing" 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not tercet-opt %s --split-input-file --latent-prune-experts="histogram=%s" 2>&1 | FileCheck %s --check-prefix=JSON
// RUN: not tercet-opt %s --split-input-file --latent-prune-experts="histogram=x beta=2" 2>&1 | FileCheck %s --check-prefix=BETA
// NONE: error: needs a histogram of experts (option histogram); tercet-run --profile-experts writes one
// MISSING: error: cannot read the histogram of experts '{{.*}}.missing'
// JSON: is no histogram of experts: {{.*}}; tercet-run --profile-experts writes one
// BETA: error: latent-prune-experts takes alpha of 0 or more, beta from 0 to 1, round-to and min-keep of 1 or more

ml_program.global private @r(#ml_program.extern : tensor<8x16xf32>) : tensor<8x16xf32>
func.func @not_in_it(%x: tensor<?x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  %r = ml_program.global_load_const @r : tensor<8x16xf32>
  // expected-error@+1 {{is layer 'r', which the histogram does not have: it is of another model}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%r : tensor<8x16xf32>)
      up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

ml_program.global private @r(#ml_program.extern : tensor<9x16xf32>) : tensor<9x16xf32> {tercet.key = "layer0.router"}
func.func @other_number(%x: tensor<?x16xf32>, %u: tensor<9x24x16xf32>, %d: tensor<9x16x24xf32>) -> tensor<?x16xf32> {
  %r = ml_program.global_load_const @r : tensor<9x16xf32>
  // expected-error@+1 {{has 9 experts, but the histogram has 8 for layer 'layer0.router': it is of another model}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%r : tensor<9x16xf32>)
      up(%u : tensor<9x24x16xf32>) down(%d : tensor<9x16x24xf32>) : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

func.func @no_name(%x: tensor<?x16xf32>, %r: tensor<8x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  // expected-error@+1 {{has a router that is no external ml_program.global}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%r : tensor<8x16xf32>)
      up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

ml_program.global private @r(#ml_program.extern : tensor<8x16xf32>) : tensor<8x16xf32> {tercet.key = "layer0.router"}
func.func @computed(%x: tensor<?x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  %r = ml_program.global_load_const @r : tensor<8x16xf32>
  // expected-remark@+2 {{keeps 6 of 8 experts}}
  // expected-error@+1 {{weights of experts must be external ml_program.globals, directly or through ternary.ternarize or latent.dequantize, to be picked from}}
  %y = latent.moe <relu2> #latent.routing<top_k = 6> %x router(%r : tensor<8x16xf32>)
      up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

ml_program.global private @r(#ml_program.extern : tensor<24x16xf32>) : tensor<24x16xf32> {tercet.key = "layer0.router"}
func.func @attention(%x: tensor<?x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  %r = ml_program.global_load_const @r : tensor<24x16xf32>
  // expected-error@+1 {{has an attention router, whose softmax over the experts' keys would change for those that stay: it cannot be pruned}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2, router = attention> %x router(%r : tensor<24x16xf32>)
      up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

ml_program.global private @r(#ml_program.extern : tensor<8x16xf32>) : tensor<8x16xf32> {tercet.key = "layer0.router"}
func.func @groups(%x: tensor<?x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  %r = ml_program.global_load_const @r : tensor<8x16xf32>
  // expected-error@+1 {{has 2 groups of experts, which would keep unequal numbers: it cannot be pruned by this rule}}
  %y = latent.moe <relu2> #latent.routing<top_k = 5, groups = 2, top_groups = 2> %x router(%r : tensor<8x16xf32>)
      up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

ml_program.global private @r(#ml_program.extern : tensor<8x16xf32>) : tensor<8x16xf32> {tercet.key = "layer0.router"}
func.func @ids(%x: tensor<?x16xf32>) -> tensor<?x2xi32> {
  %r = ml_program.global_load_const @r : tensor<8x16xf32>
  // expected-error@+1 {{has ids that 'func.return' reads, whose meaning would change: it cannot be pruned}}
  %ids, %w = latent.route #latent.routing<top_k = 2> %x, %r : tensor<?x16xf32>, tensor<8x16xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return %ids : tensor<?x2xi32>
}
