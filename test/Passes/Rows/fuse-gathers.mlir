// Rows that an index picks: a product loads them by the index, elementwise ops from their source,
// and the copy goes. Where anything else reads the copy, or no product does, it stays.
// RUN: tercet-opt %s --fuse-gathers --canonicalize | FileCheck %s

#rk = affine_map<(r, k) -> (r, k)>
#r = affine_map<(r, k) -> (r)>

// CHECK-LABEL: @rows
// CHECK-SAME: %[[SOURCE:.*]]: tensor<64x16xf32>, %[[INDEX:.*]]: tensor<?xi32>, %[[W:.*]]: tensor<8x16xf32>
// CHECK-NEXT: rows.float_matmul ins(%[[SOURCE]], %[[W]] : {{.*}}) index(%[[INDEX]] : tensor<?xi32>)
// CHECK: linalg.generic {{.*}} ins(%[[INDEX]], %{{.*}} : tensor<?xi32>, tensor<?x16xf32>)
// CHECK: %[[V:.*]] = tensor.extract %[[SOURCE]]
// CHECK-NEXT: arith.subf %[[V]]
// CHECK: linalg.generic {{.*}} ins(%[[INDEX]], %{{.*}} : tensor<?xi32>, tensor<?x16xf32>)
// CHECK: %[[V:.*]] = tensor.extract %[[SOURCE]]
// CHECK-NEXT: arith.mulf %[[V]]
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @rows(%source: tensor<64x16xf32>, %index: tensor<?xi32>, %w: tensor<8x16xf32>,
    %y: tensor<?x16xf32>, %i: tensor<?x16xf32>, %init: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x16xf32>, tensor<?x16xf32>) {
  %rows = linalg.generic {indexing_maps = [#r, #rk], iterator_types = ["parallel", "parallel"]}
      ins(%index : tensor<?xi32>) outs(%i : tensor<?x16xf32>) {
  ^bb0(%n: i32, %out: f32):
    %row = arith.index_cast %n : i32 to index
    %k = linalg.index 1 : index
    %v = tensor.extract %source[%row, %k] : tensor<64x16xf32>
    linalg.yield %v : f32
  } -> tensor<?x16xf32>
  %0 = rows.float_matmul ins(%rows, %w : tensor<?x16xf32>, tensor<8x16xf32>) maps [] outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  %1 = linalg.generic {indexing_maps = [#rk, #rk, #rk], iterator_types = ["parallel", "parallel"]}
      ins(%rows, %y : tensor<?x16xf32>, tensor<?x16xf32>) outs(%i : tensor<?x16xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %v = arith.subf %a, %b : f32
    linalg.yield %v : f32
  } -> tensor<?x16xf32>
  %2 = linalg.generic {indexing_maps = [#rk, #rk, #rk], iterator_types = ["parallel", "parallel"]}
      ins(%rows, %1 : tensor<?x16xf32>, tensor<?x16xf32>) outs(%i : tensor<?x16xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %v = arith.mulf %a, %b : f32
    linalg.yield %v : f32
  } -> tensor<?x16xf32>
  return %0, %1, %2 : tensor<?x8xf32>, tensor<?x16xf32>, tensor<?x16xf32>
}

// CHECK-LABEL: @read_by_another
// CHECK: linalg.generic
// CHECK: rows.float_matmul
// CHECK-NOT: index(
// CHECK: return
func.func @read_by_another(%source: tensor<64x16xf32>, %index: tensor<?xi32>, %w: tensor<8x16xf32>,
    %i: tensor<?x16xf32>, %init: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x16xf32>) {
  %rows = linalg.generic {indexing_maps = [#r, #rk], iterator_types = ["parallel", "parallel"]}
      ins(%index : tensor<?xi32>) outs(%i : tensor<?x16xf32>) {
  ^bb0(%n: i32, %out: f32):
    %row = arith.index_cast %n : i32 to index
    %k = linalg.index 1 : index
    %v = tensor.extract %source[%row, %k] : tensor<64x16xf32>
    linalg.yield %v : f32
  } -> tensor<?x16xf32>
  %0 = rows.float_matmul ins(%rows, %w : tensor<?x16xf32>, tensor<8x16xf32>) maps [] outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return %0, %rows : tensor<?x8xf32>, tensor<?x16xf32>
}

// Columns of a wider source are no whole rows.
// CHECK-LABEL: @columns
// CHECK: linalg.generic
// CHECK: rows.float_matmul
// CHECK-NOT: index(
// CHECK: return
func.func @columns(%source: tensor<64x24xf32>, %index: tensor<?xi32>, %w: tensor<8x16xf32>,
    %i: tensor<?x16xf32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %rows = linalg.generic {indexing_maps = [#r, #rk], iterator_types = ["parallel", "parallel"]}
      ins(%index : tensor<?xi32>) outs(%i : tensor<?x16xf32>) {
  ^bb0(%n: i32, %out: f32):
    %row = arith.index_cast %n : i32 to index
    %k = linalg.index 1 : index
    %v = tensor.extract %source[%row, %k] : tensor<64x24xf32>
    linalg.yield %v : f32
  } -> tensor<?x16xf32>
  %0 = rows.float_matmul ins(%rows, %w : tensor<?x16xf32>, tensor<8x16xf32>) maps [] outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return %0 : tensor<?x8xf32>
}

// CHECK-LABEL: @no_product
// CHECK-COUNT-2: linalg.generic
// CHECK: return
func.func @no_product(%source: tensor<64x16xf32>, %index: tensor<?xi32>, %i: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %rows = linalg.generic {indexing_maps = [#r, #rk], iterator_types = ["parallel", "parallel"]}
      ins(%index : tensor<?xi32>) outs(%i : tensor<?x16xf32>) {
  ^bb0(%n: i32, %out: f32):
    %row = arith.index_cast %n : i32 to index
    %k = linalg.index 1 : index
    %v = tensor.extract %source[%row, %k] : tensor<64x16xf32>
    linalg.yield %v : f32
  } -> tensor<?x16xf32>
  %0 = linalg.generic {indexing_maps = [#rk, #rk], iterator_types = ["parallel", "parallel"]}
      ins(%rows : tensor<?x16xf32>) outs(%i : tensor<?x16xf32>) {
  ^bb0(%a: f32, %out: f32):
    %v = arith.mulf %a, %a : f32
    linalg.yield %v : f32
  } -> tensor<?x16xf32>
  return %0 : tensor<?x16xf32>
}
