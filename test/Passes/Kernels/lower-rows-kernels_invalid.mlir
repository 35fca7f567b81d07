// What these lowerings refuse: ops that are still over tensors.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(lower-rows-grouped-matmul,lower-rows-float-matmul,lower-rows-topk,lower-rows-select,lower-rows-scan))'

func.func @grouped(%x: tensor<2x64xi8>, %s: tensor<2xi32>, %w: tensor<8x2x256xi8>, %i: tensor<2xi32>, %y: tensor<2x32xi32>) {
  // expected-error@+1 {{cannot be lowered before it is bufferized}}
  %0 = rows.grouped_matmul <i2> k(64) ins(%x, %s, %w : tensor<2x64xi8>, tensor<2xi32>, tensor<8x2x256xi8>)
      slices(%i : tensor<2xi32>) maps [] outs(%y : tensor<2x32xi32>) -> tensor<2x32xi32> {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @float(%x: tensor<2x20xf32>, %w: tensor<8x20xf32>, %y: tensor<2x8xf32>) {
  // expected-error@+1 {{cannot be lowered before it is bufferized}}
  %0 = rows.float_matmul ins(%x, %w : tensor<2x20xf32>, tensor<8x20xf32>) maps [] outs(%y : tensor<2x8xf32>) -> tensor<2x8xf32> {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}

// -----

func.func @topk(%x: tensor<2x8xf32>, %y: tensor<2x3xi32>) {
  // expected-error@+1 {{cannot be lowered before it is bufferized}}
  %0 = rows.topk ins(%x : tensor<2x8xf32>) outs(%y : tensor<2x3xi32>) -> tensor<2x3xi32>
  return
}

// -----

func.func @scan(%x: tensor<2x4x3xf32>, %dt: tensor<2x4xf32>, %b: tensor<2x2x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{cannot be lowered before it is bufferized}}
  %0:2 = rows.scan chunk(8) ins(%x, %dt, %b, %b, %h, %h, %h : tensor<2x4x3xf32>, tensor<2x4xf32>, tensor<2x2x5xf32>, tensor<2x2x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%x, %s : tensor<2x4x3xf32>, tensor<4x3x5xf32>) -> tensor<2x4x3xf32>, tensor<4x3x5xf32>
  return
}

// -----

func.func @select(%x: tensor<6xi32>, %y: tensor<3xi32>) {
  // expected-error@+1 {{cannot be lowered before it is bufferized}}
  %0 = rows.select ins(%x : tensor<6xi32>) outs(%y : tensor<3xi32>) -> tensor<3xi32>
  return
}
