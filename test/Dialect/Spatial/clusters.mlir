// RUN: tercet-opt %s | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --decompose-spatial --decompose-clusters | FileCheck %s --check-prefix=ROWS
// RUN: tercet-opt %s --decompose-spatial=reference | FileCheck %s --check-prefix=LINALG

// LINALG-NOT: spatial.
// CHECK-LABEL: @once
// ROWS-LABEL: @once
func.func @once(%x: tensor<?x8xf32>, %c: tensor<5x8xf32>) -> (tensor<?xf32>, tensor<5x8xf32>, tensor<5xi32>) {
  // CHECK: spatial.kmeans_assign %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<5x8xf32> -> tensor<?xi32>, tensor<?xf32>
  // ROWS: rows.nearest ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) outs
  %i, %s = spatial.kmeans_assign %x, %c : tensor<?x8xf32>, tensor<5x8xf32> -> tensor<?xi32>, tensor<?xf32>
  // CHECK: spatial.kmeans_assign clamp0
  // ROWS: rows.nearest ins(%{{.*}}) row_norms(%{{.*}} : tensor<?xf32>) outs
  %i0, %s0 = spatial.kmeans_assign clamp0 %x, %c : tensor<?x8xf32>, tensor<5x8xf32> -> tensor<?xi32>, tensor<?xf32>
  // CHECK: spatial.kmeans_update %{{.*}} : tensor<?x8xf32>, tensor<?xi32>, tensor<5x8xf32> -> tensor<5xi32>
  // ROWS: rows.segment_sum ins(%{{.*}} : tensor<?x8xf32>, tensor<?xi32>) outs(%{{.*}} : tensor<8x5x9xf32>)
  %m, %n = spatial.kmeans_update %x, %i, %c : tensor<?x8xf32>, tensor<?xi32>, tensor<5x8xf32> -> tensor<5xi32>
  return %s0, %m, %n : tensor<?xf32>, tensor<5x8xf32>, tensor<5xi32>
}

// Three iterations, and no matrix of points by centroids anywhere.
// CHECK-LABEL: @iterations
// ROWS-LABEL: @iterations
// ROWS-NOT: x5xf32>
// ROWS-COUNT-3: rows.nearest
// ROWS-NOT: rows.nearest
func.func @iterations(%x: tensor<90x8xf32>, %c: tensor<5x8xf32>) -> (tensor<90xi32>, tensor<5x8xf32>, tensor<i32>) {
  // CHECK: spatial.kmeans %{{.*}}, %{{.*}} max_iters(3) tol(9.99999974E-5) : tensor<90x8xf32>, tensor<5x8xf32> -> tensor<90xi32>, tensor<i32>
  %i, %m, %n = spatial.kmeans %x, %c max_iters(3) tol(1.0e-4) : tensor<90x8xf32>, tensor<5x8xf32> -> tensor<90xi32>, tensor<i32>
  return %i, %m, %n : tensor<90xi32>, tensor<5x8xf32>, tensor<i32>
}
