// What experts cannot run from.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics --decompose-latent --decompose-experts

func.func @float(%x: tensor<?x16xf32>, %ids: tensor<?x4xi32>, %u: tensor<32x24x16xf32>, %d: tensor<32x16x24xf32>) -> tensor<?x4x16xf32> {
  // expected-remark@+2 {{experts run grouped}}
  // expected-error@+1 {{experts of 'tensor<32x24x16xf32>' run on the reference path only; give trits with a storage code (select-codes)}}
  %y = latent.experts <relu2> %x, %ids up(%u : tensor<32x24x16xf32>) down(%d : tensor<32x16x24xf32>)
      : tensor<?x16xf32>, tensor<?x4xi32> -> tensor<?x4x16xf32>
  return %y : tensor<?x4x16xf32>
}

// -----

func.func @project(%x: tensor<?x16xf32>, %w: tensor<24x16xi8>, %s: tensor<f32>) -> tensor<?x24xf32> {
  // expected-error@+1 {{weights of 'i8' run on the reference path only; give f32 or trits}}
  %y = latent.project %x, %w scale(%s : tensor<f32>) : tensor<?x16xf32>, tensor<24x16xi8> -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}
