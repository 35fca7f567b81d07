// Elementwise consumers become part of the product's epilogue; reductions and
// results with another use do not.
// RUN: tercet-opt %s --fuse-epilogues --split-input-file | FileCheck %s

#mn = affine_map<(m, n) -> (m, n)>
#n = affine_map<(m, n) -> (n)>
// CHECK-LABEL: @bias_and_residual
// CHECK-NOT: linalg.generic
// CHECK: rows.matmul
// CHECK-SAME: epilogue(%{{.*}}, %{{.*}} : tensor<16xf32>, tensor<?x16xf32>)
// CHECK: %[[ACC:.*]] = arith.sitofp
// CHECK: %[[BIASED:.*]] = arith.addf %[[ACC]]
// CHECK: %[[SUM:.*]] = arith.addf %[[BIASED]]
// CHECK: rows.yield %[[SUM]]
func.func @bias_and_residual(%q: tensor<?x16xi8>, %m: tensor<?xi32>, %w: tensor<1x64xi8>, %b: tensor<16xf32>,
                             %r: tensor<?x16xf32>, %y: tensor<?x16xf32>, %z: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = rows.matmul <i2> k(16) ins(%q, %m, %w : tensor<?x16xi8>, tensor<?xi32>, tensor<1x64xi8>)
      maps [] outs(%y : tensor<?x16xf32>) -> tensor<?x16xf32> {
  ^bb0(%acc: i32):
    %f = arith.sitofp %acc : i32 to f32
    rows.yield %f : f32
  }
  %1 = linalg.generic {indexing_maps = [#mn, #n, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%0, %b, %r : tensor<?x16xf32>, tensor<16xf32>, tensor<?x16xf32>) outs(%z : tensor<?x16xf32>) {
  ^bb0(%in: f32, %bias: f32, %residual: f32, %out: f32):
    %2 = arith.addf %in, %bias : f32
    %3 = arith.addf %2, %residual : f32
    linalg.yield %3 : f32
  } -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}

// -----

#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
// CHECK-LABEL: @not_into_a_reduction
// CHECK: rows.matmul
// CHECK: linalg.generic
func.func @not_into_a_reduction(%q: tensor<?x16xi8>, %m: tensor<?xi32>, %w: tensor<1x64xi8>,
                                %y: tensor<?x16xi32>, %z: tensor<?xi32>) -> tensor<?xi32> {
  %0 = rows.matmul <i2> k(16) ins(%q, %m, %w : tensor<?x16xi8>, tensor<?xi32>, tensor<1x64xi8>)
      maps [] outs(%y : tensor<?x16xi32>) -> tensor<?x16xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  %1 = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<?x16xi32>) outs(%z : tensor<?xi32>) {
  ^bb0(%in: i32, %out: i32):
    %2 = arith.addi %in, %out : i32
    linalg.yield %2 : i32
  } -> tensor<?xi32>
  return %1 : tensor<?xi32>
}

// -----

#mn = affine_map<(m, n) -> (m, n)>
// CHECK-LABEL: @not_with_another_use
// CHECK: rows.matmul
// CHECK: linalg.generic
func.func @not_with_another_use(%q: tensor<?x16xi8>, %m: tensor<?xi32>, %w: tensor<1x64xi8>,
                                %y: tensor<?x16xi32>) -> (tensor<?x16xi32>, tensor<?x16xi32>) {
  %0 = rows.matmul <i2> k(16) ins(%q, %m, %w : tensor<?x16xi8>, tensor<?xi32>, tensor<1x64xi8>)
      maps [] outs(%y : tensor<?x16xi32>) -> tensor<?x16xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  %1 = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<?x16xi32>) outs(%y : tensor<?x16xi32>) {
  ^bb0(%in: i32, %out: i32):
    %2 = arith.muli %in, %in : i32
    linalg.yield %2 : i32
  } -> tensor<?x16xi32>
  return %0, %1 : tensor<?x16xi32>, tensor<?x16xi32>
}

// -----

#mn = affine_map<(m, n) -> (m, n)>
// CHECK-LABEL: @float_product
// CHECK-NOT: linalg.generic
// CHECK: rows.float_matmul nvfp4 ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x32xf32>, tensor<16x16xi8>, tensor<16x2xi8>) epilogue(%{{.*}} : tensor<?x16xf32>)
// CHECK: ^bb0(%[[ACC:.*]]: f32, %[[RESIDUAL:.*]]: f32)
// CHECK: %[[SUM:.*]] = arith.addf %[[ACC]], %[[RESIDUAL]]
// CHECK: rows.yield %[[SUM]]
func.func @float_product(%x: tensor<?x32xf32>, %w: tensor<16x16xi8>, %s: tensor<16x2xi8>, %r: tensor<?x16xf32>,
                         %y: tensor<?x16xf32>, %z: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = rows.float_matmul nvfp4 ins(%x, %w, %s : tensor<?x32xf32>, tensor<16x16xi8>, tensor<16x2xi8>)
      maps [] outs(%y : tensor<?x16xf32>) -> tensor<?x16xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  %1 = linalg.generic {indexing_maps = [#mn, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%0, %r : tensor<?x16xf32>, tensor<?x16xf32>) outs(%z : tensor<?x16xf32>) {
  ^bb0(%in: f32, %residual: f32, %out: f32):
    %2 = arith.addf %in, %residual : f32
    linalg.yield %2 : f32
  } -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}
