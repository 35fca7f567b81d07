// RUN: tercet-opt %s --verify-diagnostics --pass-pipeline='builtin.module(func.func(gpu-lower-rows-attention))'

func.func @no_config(%q: memref<4x1x8xf32>, %y: memref<4x1x8xf32>, %n: index) {
  // expected-error@+1 {{needs memrefs and a config with rows and keys, both positive}}
  rows.attention scale(1.0) ins(%q, %q, %q : memref<4x1x8xf32>, memref<4x1x8xf32>, memref<4x1x8xf32>) length(%n) outs(%y : memref<4x1x8xf32>)
  return
}
