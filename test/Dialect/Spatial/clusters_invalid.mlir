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
