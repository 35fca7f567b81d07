// What cannot be placed.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics --latent-place-experts="histogram=%S/Inputs/experts.json devices=3"
// RUN: not tercet-opt %s --split-input-file --latent-place-experts="histogram=x devices=0" 2>&1 | FileCheck %s
// CHECK: error: latent-place-experts takes devices of 1 or more and replicas of 0 or more

ml_program.global private @r(#ml_program.extern : tensor<8x16xf32>) : tensor<8x16xf32> {tercet.key = "layer0.router"}
func.func @devices(%x: tensor<?x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x2x16xf32> {
  %r = ml_program.global_load_const @r : tensor<8x16xf32>
  %ids, %w = latent.route #latent.routing<top_k = 2> %x, %r : tensor<?x16xf32>, tensor<8x16xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  // expected-error@+1 {{has 8 experts and 0 replicas, which do not divide by 3 devices}}
  %y = latent.experts <relu2> %x, %ids up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return %y : tensor<?x2x16xf32>
}

// -----

func.func @given(%x: tensor<?x16xf32>, %ids: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x2x16xf32> {
  // expected-error@+1 {{has ids that no latent.route gives: a histogram has no counts for it}}
  %y = latent.experts <relu2> %x, %ids up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return %y : tensor<?x2x16xf32>
}
