// Parsing and printing of norms, products by slice, float products, choice and order.
// RUN: tercet-opt %s --verify-roundtrip | FileCheck %s

#m = affine_map<(r, n, g, m) -> (m)>
#g = affine_map<(r, n, g, m) -> (g)>
#rn = affine_map<(r, n, g, m) -> (r, n)>

// CHECK-LABEL: @norm
func.func @norm(%x: tensor<?x20xf32>, %g: tensor<20xf32>, %y: tensor<?x20xf32>) -> tensor<?x20xf32> {
  // CHECK: rows.norm eps(9.99999974E-6) ins(%{{.*}}, %{{.*}} : tensor<?x20xf32>, tensor<20xf32>) outs(
  %0 = rows.norm eps(1.0e-5) ins(%x, %g : tensor<?x20xf32>, tensor<20xf32>)
      outs(%y : tensor<?x20xf32>) -> tensor<?x20xf32>
  return %0 : tensor<?x20xf32>
}

// CHECK-LABEL: @pairs
func.func @pairs(%x: tensor<?x64xi8>, %s: tensor<?xi32>, %w: tensor<8x2x256xi8>, %ids: tensor<?xi32>,
                 %t: tensor<?xi32>, %a: tensor<?xf32>, %b: tensor<8xf32>, %c: tensor<?x32xf32>,
                 %y: tensor<?x32xf32>) -> tensor<?x32xf32> {
  // CHECK: rows.grouped_matmul <i2> k(64) ins({{.*}}) slices(%{{.*}} : tensor<?xi32>) index(%{{.*}} : tensor<?xi32>) epilogue(
  %0 = rows.grouped_matmul <i2> k(64)
      ins(%x, %s, %w : tensor<?x64xi8>, tensor<?xi32>, tensor<8x2x256xi8>)
      slices(%ids : tensor<?xi32>) index(%t : tensor<?xi32>)
      epilogue(%a, %b, %c : tensor<?xf32>, tensor<8xf32>, tensor<?x32xf32>) maps [#m, #g, #rn]
      outs(%y : tensor<?x32xf32>) -> tensor<?x32xf32> {
  ^bb0(%acc: i32, %p: f32, %q: f32, %r: f32):
    %1 = arith.sitofp %acc : i32 to f32
    %2 = arith.mulf %1, %p : f32
    rows.yield %2 : f32
  }
  return %0 : tensor<?x32xf32>
}

// CHECK-LABEL: @sorted
func.func @sorted(%ids: memref<?xi32>, %offsets: memref<9xi32>, %order: memref<?xi32>, %rank: memref<?xi32>,
                  %x: memref<?x64xi8>, %s: memref<?xi32>, %w: memref<8x2x256xi8>, %y: memref<?x32xi32>) {
  // CHECK: rows.group ins(%{{.*}} : memref<?xi32>) outs(%{{.*}}, %{{.*}}, %{{.*}} : memref<9xi32>, memref<?xi32>, memref<?xi32>)
  rows.group ins(%ids : memref<?xi32>) outs(%offsets, %order, %rank : memref<9xi32>, memref<?xi32>, memref<?xi32>)
  // CHECK: rows.grouped_matmul <i2> k(64) ins({{.*}}) offsets(%{{.*}} : memref<9xi32>) maps [] outs(
  rows.grouped_matmul <i2> k(64)
      ins(%x, %s, %w : memref<?x64xi8>, memref<?xi32>, memref<8x2x256xi8>)
      offsets(%offsets : memref<9xi32>) maps [] outs(%y : memref<?x32xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// CHECK-LABEL: @route
func.func @route(%x: tensor<?x20xf32>, %w: tensor<8x20xf32>, %b: tensor<8xf32>, %y: tensor<?x8xf32>,
                 %ids: tensor<?x3xi32>) -> tensor<?x3xi32> {
  // CHECK: rows.float_matmul ins(%{{.*}}, %{{.*}} : tensor<?x20xf32>, tensor<8x20xf32>) epilogue(%{{.*}} : tensor<8xf32>) maps [
  %0 = rows.float_matmul ins(%x, %w : tensor<?x20xf32>, tensor<8x20xf32>)
      epilogue(%b : tensor<8xf32>) maps [affine_map<(r, n) -> (n)>]
      outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %1 = arith.addf %acc, %bias : f32
    rows.yield %1 : f32
  }
  // CHECK: rows.topk ins(%{{.*}} : tensor<?x8xf32>) outs(%{{.*}} : tensor<?x3xi32>) -> tensor<?x3xi32>
  %2 = rows.topk ins(%0 : tensor<?x8xf32>) outs(%ids : tensor<?x3xi32>) -> tensor<?x3xi32>
  return %2 : tensor<?x3xi32>
}

// CHECK: rows.weight @experts.i2 key("experts") encode code <i2> : tensor<8x20x24x!ternary.trit> -> tensor<8x2x128xi8>
rows.weight @experts.i2 key("experts") encode code <i2> : tensor<8x20x24x!ternary.trit> -> tensor<8x2x128xi8>

// CHECK-LABEL: @floats
func.func @floats(%x: tensor<?x64xf32>, %w: tensor<4x8x32xi8>, %s: tensor<4x8x2xi8>, %i: tensor<?xi32>, %b: tensor<4xf32>, %h: tensor<8x64xbf16>, %y: tensor<?x8xf32>) {
  // CHECK: rows.grouped_float_matmul mxfp4 ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<4x8x32xi8>, tensor<4x8x2xi8>) slices(%{{.*}} : tensor<?xi32>) epilogue(%{{.*}} : tensor<4xf32>) maps [
  %0 = rows.grouped_float_matmul mxfp4 ins(%x, %w, %s : tensor<?x64xf32>, tensor<4x8x32xi8>, tensor<4x8x2xi8>)
      slices(%i : tensor<?xi32>)
      epilogue(%b : tensor<4xf32>) maps [affine_map<(r, n, g, m) -> (g)>]
      outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%acc: f32, %scale: f32):
    %1 = arith.mulf %acc, %scale : f32
    rows.yield %1 : f32
  }
  // CHECK: rows.float_matmul ins(%{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<8x64xbf16>) maps []
  %2 = rows.float_matmul ins(%x, %h : tensor<?x64xf32>, tensor<8x64xbf16>) maps [] outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}
