// RUN: tercet-opt %s -split-input-file -verify-diagnostics

func.func @SPATIAL_J1(%e: tensor<63x4xf32>) -> tensor<63x4xf32> {
  // expected-error @below {{SPATIAL-J1: takes and gives [N, d] of a grid of N tokens, got 'tensor<63x4xf32>'}}
  %r = spatial.sample %e grid<1, 8, 8> stages [[1, 64]] sigmas [1.0, 0.0] : tensor<63x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x4xf32>
  }
  return %r : tensor<63x4xf32>
}

// -----
func.func @SPATIAL_J2(%e: tensor<64x4xf32>) -> tensor<64x4xf32> {
  // expected-error @below {{SPATIAL-J2: stages have a step or more, and more active tokens each, up to 64, got [1, 20]}}
  %r = spatial.sample %e grid<1, 8, 8> stages [[1, 20], [1, 20]] sigmas [1.0, 0.5, 0.0] : tensor<64x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x4xf32>
  }
  return %r : tensor<64x4xf32>
}

// -----
func.func @SPATIAL_J2_frames(%e: tensor<64x4xf32>) -> tensor<64x4xf32> {
  // expected-error @below {{SPATIAL-J2: takes a stage or more, the first with a multiple of 4 active}}
  %r = spatial.sample %e grid<4, 4, 4> stages [[1, 21]] sigmas [1.0, 0.0] : tensor<64x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x4xf32>
  }
  return %r : tensor<64x4xf32>
}

// -----
func.func @SPATIAL_J3(%e: tensor<64x4xf32>) -> tensor<64x4xf32> {
  // expected-error @below {{SPATIAL-J3: takes 3 falling sigmas for 2 steps, the last not below 0}}
  %r = spatial.sample %e grid<1, 8, 8> stages [[2, 64]] sigmas [1.0, 1.0, 0.0] : tensor<64x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x4xf32>
  }
  return %r : tensor<64x4xf32>
}

// -----
func.func @SPATIAL_J4(%e: tensor<64x4xf32>) -> tensor<64x4xf32> {
  // expected-error @below {{SPATIAL-J4: takes blend weights above 0 and up to 1, one or more between stages}}
  %r = spatial.sample %e grid<1, 8, 8> stages [[1, 20], [1, 64]] sigmas [1.0, 0.5, 0.0] : tensor<64x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    spatial.yield %rows : tensor<?x4xf32>
  }
  return %r : tensor<64x4xf32>
}

// -----
func.func @SPATIAL_J5(%e: tensor<64x4xf32>) -> tensor<64x4xf32> {
  // expected-error @below {{SPATIAL-J5: the region takes 'tensor<?x4xf32>', 'tensor<?xi32>' and 'tensor<1xf32>' and yields 'tensor<?x4xf32>'}}
  %r = spatial.sample %e grid<1, 8, 8> stages [[1, 64]] sigmas [1.0, 0.0] : tensor<64x4xf32> {
  ^bb0(%rows: tensor<?x4xf32>, %index: tensor<?xi32>):
    spatial.yield %rows : tensor<?x4xf32>
  }
  return %r : tensor<64x4xf32>
}
