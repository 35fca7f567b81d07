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

// Rows that are drawn, then read; where there may be no points, under a condition.
// CHECK-LABEL: @begin
// ROWS-LABEL: @begin
// ROWS: %[[ROWS:.*]] = linalg.generic
// ROWS-SAME: outs(%{{.*}} : tensor<5xi32>)
// ROWS: linalg.generic
// ROWS-SAME: ins(%[[ROWS]] : tensor<5xi32>) outs(%{{.*}} : tensor<5x8xf32>)
// ROWS: scf.if
// ROWS: linalg.generic
// ROWS-SAME: outs(%{{.*}} : tensor<2x5xi32>)
// ROWS: linalg.generic
// ROWS-SAME: outs(%{{.*}} : tensor<2x5x8xf32>)
// ROWS-NOT: scf.if
// ROWS: return
func.func @begin(%x: tensor<?x8xf32>, %y: tensor<2x90x8xf32>, %s: tensor<2xi32>) -> (tensor<5x8xf32>, tensor<2x5x8xf32>) {
  // CHECK: spatial.kmeans_init %{{.*}} seed(%{{.*}}) : tensor<?x8xf32>, tensor<2xi32> -> tensor<5x8xf32>
  %c = spatial.kmeans_init %x seed(%s) : tensor<?x8xf32>, tensor<2xi32> -> tensor<5x8xf32>
  %d = spatial.kmeans_init %y seed(%s) : tensor<2x90x8xf32>, tensor<2xi32> -> tensor<2x5x8xf32>
  return %c, %d : tensor<5x8xf32>, tensor<2x5x8xf32>
}

// Batches are an axis of the kernels, not calls.
// CHECK-LABEL: @batches
// ROWS-LABEL: @batches
// ROWS: rows.nearest ins(%{{.*}} : tensor<2x?x8xf32>, tensor<2x5x8xf32>, tensor<2x5xf32>) outs(%{{.*}} : tensor<2x?xi32>, tensor<2x?xf32>)
// ROWS: rows.segment_sum ins(%{{.*}} : tensor<2x?x8xf32>, tensor<2x?xi32>) outs(%{{.*}} : tensor<2x8x5x9xf32>)
// ROWS: rows.nearest
// ROWS-NOT: rows.nearest
func.func @batches(%x: tensor<2x?x8xf32>, %c: tensor<2x5x8xf32>) -> (tensor<2x?xi32>, tensor<2x5x8xf32>, tensor<2xi32>) {
  // CHECK: spatial.kmeans %{{.*}} : tensor<2x?x8xf32>, tensor<2x5x8xf32> -> tensor<2x?xi32>, tensor<2xi32>
  %i, %m, %n = spatial.kmeans %x, %c max_iters(2) tol(1.0e-4) : tensor<2x?x8xf32>, tensor<2x5x8xf32> -> tensor<2x?xi32>, tensor<2xi32>
  return %i, %m, %n : tensor<2x?xi32>, tensor<2x5x8xf32>, tensor<2xi32>
}
