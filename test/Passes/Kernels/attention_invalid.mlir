// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(lower-rows-attention))'

func.func @tensors(%q: tensor<4x1x8xf32>, %n: index) -> tensor<4x1x8xf32> {
  // expected-error@+1 {{cannot be lowered before it is bufferized}}
  %0 = rows.attention scale(1.0) ins(%q, %q, %q : tensor<4x1x8xf32>, tensor<4x1x8xf32>, tensor<4x1x8xf32>) length(%n) outs(%q : tensor<4x1x8xf32>) -> tensor<4x1x8xf32>
  return %0 : tensor<4x1x8xf32>
}

// -----

func.func @no_config(%q: memref<4x1x8xf32>, %y: memref<4x1x8xf32>, %n: index) {
  // expected-error@+1 {{needs a config with lanes (a power of two), row_vectors, key_block and keys (at least key_block), all positive}}
  rows.attention scale(1.0) ins(%q, %q, %q : memref<4x1x8xf32>, memref<4x1x8xf32>, memref<4x1x8xf32>) length(%n) outs(%y : memref<4x1x8xf32>)
  return
}

// -----

func.func @odd_lanes(%q: memref<4x1x8xf32>, %y: memref<4x1x8xf32>, %n: index) {
  // expected-error@+1 {{lanes (a power of two)}}
  rows.attention scale(1.0) {config = {lanes = 6, row_vectors = 1, key_block = 1, keys = 4}} ins(%q, %q, %q : memref<4x1x8xf32>, memref<4x1x8xf32>, memref<4x1x8xf32>) length(%n) outs(%y : memref<4x1x8xf32>)
  return
}

// -----

func.func @several_blocks(%q: memref<4x1x8xf32>, %m: memref<1x2x2xi8>, %y: memref<4x1x8xf32>, %n: index) {
  // expected-error@+1 {{with a block mask is lowered by tiles of one block of queries: tile_sizes must end with 1}}
  rows.attention scale(1.0) {config = {lanes = 4, row_vectors = 1, key_block = 1, keys = 4}} ins(%q, %q, %q : memref<4x1x8xf32>, memref<4x1x8xf32>, memref<4x1x8xf32>) length(%n) blocks(%m : memref<1x2x2xi8>) block_size([2, 2]) outs(%y : memref<4x1x8xf32>)
  return
}
