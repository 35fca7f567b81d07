// RUN: tercet-opt %s -split-input-file -verify-diagnostics

func.func @SPATIAL_C1(%x: tensor<?x8xf32>, %c: tensor<5x7xf32>) {
  // expected-error @below {{SPATIAL-C1: takes [N, D] and [K, D] with static, positive K and D}}
  %i, %s = spatial.kmeans_assign %x, %c : tensor<?x8xf32>, tensor<5x7xf32> -> tensor<?xi32>, tensor<?xf32>
  return
}

// -----
func.func @SPATIAL_C1_kmeans(%x: tensor<?x8xf32>, %c: tensor<?x8xf32>) {
  // expected-error @below {{SPATIAL-C1: takes [N, D] and [K, D] with static, positive K and D}}
  %i, %m, %n = spatial.kmeans %x, %c max_iters(3) tol(0.0) : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?xi32>, tensor<i32>
  return
}

// -----
func.func @SPATIAL_C2(%x: tensor<4x8xf32>, %c: tensor<5x8xf32>) {
  // expected-error @below {{SPATIAL-C2: 4 points cannot be 5 clusters}}
  %i, %s = spatial.kmeans_assign %x, %c : tensor<4x8xf32>, tensor<5x8xf32> -> tensor<4xi32>, tensor<4xf32>
  return
}

// -----
func.func @SPATIAL_C3(%x: tensor<?x8xf32>, %i: tensor<9xi32>, %c: tensor<5x8xf32>) {
  // expected-error @below {{SPATIAL-C3: takes [N, D], [N] and [K, D]}}
  %m, %n = spatial.kmeans_update %x, %i, %c : tensor<?x8xf32>, tensor<9xi32>, tensor<5x8xf32> -> tensor<5xi32>
  return
}

// -----
func.func @SPATIAL_C4(%x: tensor<?x8xf32>, %c: tensor<5x8xf32>) {
  // expected-error @below {{SPATIAL-C4: max_iters is positive and tol not negative}}
  %i, %m, %n = spatial.kmeans %x, %c max_iters(0) tol(0.0) : tensor<?x8xf32>, tensor<5x8xf32> -> tensor<?xi32>, tensor<i32>
  return
}

// -----
func.func @SPATIAL_C1_batches(%x: tensor<2x?x8xf32>, %c: tensor<3x5x8xf32>) {
  // expected-error @below {{SPATIAL-C1: takes [N, D] and [K, D] with static, positive K and D and gives [N], or all with B in front, got 'tensor<2x?x8xf32>' and 'tensor<3x5x8xf32>'}}
  %i, %s = spatial.kmeans_assign %x, %c : tensor<2x?x8xf32>, tensor<3x5x8xf32> -> tensor<2x?xi32>, tensor<2x?xf32>
  return
}

// -----
func.func @SPATIAL_C1_any_batches(%x: tensor<?x9x8xf32>, %c: tensor<?x5x8xf32>) {
  // expected-error @below {{SPATIAL-C1: takes [N, D] and [K, D] with static, positive K and D}}
  %i, %s = spatial.kmeans_assign %x, %c : tensor<?x9x8xf32>, tensor<?x5x8xf32> -> tensor<?x9xi32>, tensor<?x9xf32>
  return
}

// -----
func.func @SPATIAL_C1_iterations(%x: tensor<2x?x8xf32>, %c: tensor<2x5x8xf32>) {
  // expected-error @below {{SPATIAL-C1: takes [N, D] and [K, D] with static, positive K and D and gives [N] and tensor<i32>, or all with B in front}}
  %i, %m, %n = spatial.kmeans %x, %c max_iters(3) tol(0.0) : tensor<2x?x8xf32>, tensor<2x5x8xf32> -> tensor<2x?xi32>, tensor<i32>
  return
}

// -----
func.func @SPATIAL_C2_batches(%x: tensor<9x4x8xf32>, %c: tensor<9x5x8xf32>) {
  // expected-error @below {{SPATIAL-C2: 4 points cannot be 5 clusters}}
  %i, %m, %n = spatial.kmeans %x, %c max_iters(3) tol(0.0) : tensor<9x4x8xf32>, tensor<9x5x8xf32> -> tensor<9x4xi32>, tensor<9xi32>
  return
}

// -----
func.func @SPATIAL_C2_init(%x: tensor<4x8xf32>, %s: tensor<2xi32>) {
  // expected-error @below {{SPATIAL-C2: 4 points cannot be 5 clusters}}
  %c = spatial.kmeans_init %x seed(%s) : tensor<4x8xf32>, tensor<2xi32> -> tensor<5x8xf32>
  return
}

// -----
func.func @SPATIAL_C3_batches(%x: tensor<2x?x8xf32>, %i: tensor<2x?xi32>, %c: tensor<2x5x8xf32>) {
  // expected-error @below {{SPATIAL-C3: takes [N, D], [N] and [K, D] with static, positive K and D and gives counts [K], or all with B in front}}
  %m, %n = spatial.kmeans_update %x, %i, %c : tensor<2x?x8xf32>, tensor<2x?xi32>, tensor<2x5x8xf32> -> tensor<5xi32>
  return
}

// -----
func.func @SPATIAL_C5(%x: tensor<9x8xf32>, %s: tensor<2xi32>) {
  // expected-error @below {{SPATIAL-C5: takes [N, D] and a seed [2] and gives [K, D] with static, positive K and D, or [B, N, D] and [B, K, D], got 'tensor<9x8xf32>', 'tensor<2xi32>' and 'tensor<5x7xf32>'}}
  %c = spatial.kmeans_init %x seed(%s) : tensor<9x8xf32>, tensor<2xi32> -> tensor<5x7xf32>
  return
}

// -----
func.func @SPATIAL_C5_seed(%x: tensor<9x8xf32>, %s: tensor<1xi32>) {
  // expected-error @below {{SPATIAL-C5: takes [N, D] and a seed [2]}}
  %c = spatial.kmeans_init %x seed(%s) : tensor<9x8xf32>, tensor<1xi32> -> tensor<5x8xf32>
  return
}
