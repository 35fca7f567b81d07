// RUN: tercet-opt %s -split-input-file -verify-diagnostics --spatial-split-sample

ml_program.global private mutable @s(dense<0.0> : tensor<4x2xf32>) : tensor<4x2xf32>
func.func @states(%e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // expected-error @below {{a function whose sampler has checkpoints has no other states}}
  %s = ml_program.global_load @s : tensor<4x2xf32>
  %r = spatial.sample %s grid<1, 2, 2> stages [[1, 4]] sigmas [1.0, 0.0] checkpoints : tensor<4x2xf32> {
  ^bb0(%rows: tensor<?x2xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x2xf32>
  }
  return %r : tensor<4x2xf32>
}

// -----
func.func @two(%e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %r = spatial.sample %e grid<1, 2, 2> stages [[1, 4]] sigmas [1.0, 0.0] checkpoints : tensor<4x2xf32> {
  ^bb0(%rows: tensor<?x2xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x2xf32>
  }
  // expected-error @below {{is a second sampler of a function with checkpoints}}
  %s = spatial.sample %r grid<1, 2, 2> stages [[1, 4]] sigmas [1.0, 0.0] : tensor<4x2xf32> {
  ^bb0(%rows: tensor<?x2xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x2xf32>
  }
  return %s : tensor<4x2xf32>
}

// -----
func.func private @f_step0()
func.func @f(%e: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // expected-error @below {{with checkpoints makes a symbol @f_step0, which is there already}}
  %r = spatial.sample %e grid<1, 2, 2> stages [[1, 4]] sigmas [1.0, 0.0] checkpoints : tensor<4x2xf32> {
  ^bb0(%rows: tensor<?x2xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x2xf32>
  }
  return %r : tensor<4x2xf32>
}
