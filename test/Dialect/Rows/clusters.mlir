// RUN: tercet-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: @ops
func.func @ops(%x: tensor<?x8xf32>, %c: tensor<5x8xf32>, %n: tensor<5xf32>, %r: tensor<?xf32>, %i: tensor<?xi32>, %s: tensor<?xf32>, %sums: tensor<4x5x9xf32>) -> tensor<4x5x9xf32> {
  // CHECK: rows.nearest ins(%{{.*}} : tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) row_norms(%{{.*}} : tensor<?xf32>) outs(%{{.*}} : tensor<?xi32>, tensor<?xf32>) -> tensor<?xi32>, tensor<?xf32>
  %ids, %scores = rows.nearest ins(%x, %c, %n : tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) row_norms(%r : tensor<?xf32>)
      outs(%i, %s : tensor<?xi32>, tensor<?xf32>) -> tensor<?xi32>, tensor<?xf32>
  // CHECK: rows.segment_sum ins(%{{.*}} : tensor<?x8xf32>, tensor<?xi32>) outs(%{{.*}} : tensor<4x5x9xf32>) -> tensor<4x5x9xf32>
  %0 = rows.segment_sum ins(%x, %ids : tensor<?x8xf32>, tensor<?xi32>) outs(%sums : tensor<4x5x9xf32>) -> tensor<4x5x9xf32>
  return %0 : tensor<4x5x9xf32>
}

// Batches are in front of everything.
// CHECK-LABEL: @batches
func.func @batches(%x: tensor<2x?x8xf32>, %c: tensor<2x5x8xf32>, %n: tensor<2x5xf32>, %r: tensor<2x?xf32>, %i: tensor<2x?xi32>, %s: tensor<2x?xf32>, %sums: tensor<2x4x5x9xf32>) -> tensor<2x4x5x9xf32> {
  // CHECK: rows.nearest ins(%{{.*}} : tensor<2x?x8xf32>, tensor<2x5x8xf32>, tensor<2x5xf32>) row_norms(%{{.*}} : tensor<2x?xf32>) outs(%{{.*}} : tensor<2x?xi32>, tensor<2x?xf32>)
  %ids, %scores = rows.nearest ins(%x, %c, %n : tensor<2x?x8xf32>, tensor<2x5x8xf32>, tensor<2x5xf32>) row_norms(%r : tensor<2x?xf32>)
      outs(%i, %s : tensor<2x?xi32>, tensor<2x?xf32>) -> tensor<2x?xi32>, tensor<2x?xf32>
  // CHECK: rows.segment_sum ins(%{{.*}} : tensor<2x?x8xf32>, tensor<2x?xi32>) outs(%{{.*}} : tensor<2x4x5x9xf32>)
  %0 = rows.segment_sum ins(%x, %ids : tensor<2x?x8xf32>, tensor<2x?xi32>) outs(%sums : tensor<2x4x5x9xf32>) -> tensor<2x4x5x9xf32>
  return %0 : tensor<2x4x5x9xf32>
}

// -----
func.func @ROWS_J1(%x: tensor<?x8xf32>, %c: tensor<5x7xf32>, %n: tensor<5xf32>, %i: tensor<?xi32>, %s: tensor<?xf32>) {
  // expected-error @below {{ROWS-J1: takes [M, D] and [K, D] with static K and D and K > 0}}
  %0:2 = rows.nearest ins(%x, %c, %n : tensor<?x8xf32>, tensor<5x7xf32>, tensor<5xf32>)
      outs(%i, %s : tensor<?xi32>, tensor<?xf32>) -> tensor<?xi32>, tensor<?xf32>
  return
}

// -----
func.func @ROWS_J2(%x: tensor<?x8xf32>, %c: tensor<5x8xf32>, %n: tensor<4xf32>, %i: tensor<?xi32>, %s: tensor<?xf32>) {
  // expected-error @below {{ROWS-J2: norms must be [K], ids, scores and row_norms [M]}}
  %0:2 = rows.nearest ins(%x, %c, %n : tensor<?x8xf32>, tensor<5x8xf32>, tensor<4xf32>)
      outs(%i, %s : tensor<?xi32>, tensor<?xf32>) -> tensor<?xi32>, tensor<?xf32>
  return
}

// -----
func.func @ROWS_J3(%x: tensor<?x8xf32>, %i: tensor<?xi32>, %sums: tensor<4x5x8xf32>) {
  // expected-error @below {{ROWS-J3: takes [M, D] and [M] and gives [C, K, D + 1], or all with B in front, static but M}}
  %0 = rows.segment_sum ins(%x, %i : tensor<?x8xf32>, tensor<?xi32>) outs(%sums : tensor<4x5x8xf32>) -> tensor<4x5x8xf32>
  return
}

// -----
func.func @ROWS_J1_batches(%x: tensor<2x?x8xf32>, %c: tensor<3x5x8xf32>, %n: tensor<2x5xf32>, %i: tensor<2x?xi32>, %s: tensor<2x?xf32>) {
  // expected-error @below {{ROWS-J1: takes [M, D] and [K, D] with static K and D and K > 0, or both with a static B in front}}
  %0:2 = rows.nearest ins(%x, %c, %n : tensor<2x?x8xf32>, tensor<3x5x8xf32>, tensor<2x5xf32>)
      outs(%i, %s : tensor<2x?xi32>, tensor<2x?xf32>) -> tensor<2x?xi32>, tensor<2x?xf32>
  return
}

// -----
func.func @ROWS_J2_batches(%x: tensor<2x?x8xf32>, %c: tensor<2x5x8xf32>, %n: tensor<2x5xf32>, %i: tensor<?xi32>, %s: tensor<2x?xf32>) {
  // expected-error @below {{ROWS-J2: norms must be [K], ids, scores and row_norms [M], or all with B in front}}
  %0:2 = rows.nearest ins(%x, %c, %n : tensor<2x?x8xf32>, tensor<2x5x8xf32>, tensor<2x5xf32>)
      outs(%i, %s : tensor<?xi32>, tensor<2x?xf32>) -> tensor<?xi32>, tensor<2x?xf32>
  return
}

// -----
func.func @ROWS_J3_batches(%x: tensor<2x?x8xf32>, %i: tensor<2x?xi32>, %sums: tensor<3x4x5x9xf32>) {
  // expected-error @below {{ROWS-J3: takes [M, D] and [M] and gives [C, K, D + 1], or all with B in front}}
  %0 = rows.segment_sum ins(%x, %i : tensor<2x?x8xf32>, tensor<2x?xi32>) outs(%sums : tensor<3x4x5x9xf32>) -> tensor<3x4x5x9xf32>
  return
}
