// Parsing and printing of every op, over tensors and over memrefs.
// RUN: tercet-opt %s --verify-roundtrip | FileCheck %s

// CHECK: rows.weight @w.b33.2_4 key("w") encode code <b33, <2:4>>
rows.weight @w.b33.2_4 key("w") encode code <b33, <2:4>> : tensor<20x24x!ternary.trit> -> tensor<2x64xi8>
// CHECK: rows.weight @m.i2 key("m") ternarize_encode code <i2> sparsity <2:4>
rows.weight @m.i2 key("m") ternarize_encode code <i2> sparsity <2:4> : tensor<16x16xf32> -> tensor<1x64xi8>
// CHECK: rows.weight @m.ternarize_scale key("m") ternarize_scale
rows.weight @m.ternarize_scale key("m") ternarize_scale : tensor<16x16xf32> -> tensor<f32>
// CHECK: rows.weight @gain key("gain") identity {rebindable}
rows.weight @gain key("gain") identity {rebindable} : tensor<20xf32> -> tensor<20xf32>

// CHECK-LABEL: @over_tensors
func.func @over_tensors(%x: tensor<?x20xf32>, %g: tensor<20xf32>, %q: tensor<?x24xi8>,
                        %s: tensor<?xf32>, %sums: tensor<?xi32>, %y: tensor<?x20xf32>)
    -> tensor<?x20xf32> {
  // CHECK: rows.quantize <absmax_i8> hadamard eps(9.99999974E-6)
  %0:3 = rows.quantize <absmax_i8> hadamard eps(1.0e-5)
      ins(%x : tensor<?x20xf32>, %g : tensor<20xf32>)
      outs(%q, %s, %sums : tensor<?x24xi8>, tensor<?xf32>, tensor<?xi32>)
      -> tensor<?x24xi8>, tensor<?xf32>, tensor<?xi32>
  // CHECK: rows.load_weight @w.b33.2_4 : tensor<2x64xi8>
  %w = rows.load_weight @w.b33.2_4 : tensor<2x64xi8>
  // CHECK: rows.matmul <b33, <2:4>> k(20) ins
  // CHECK: ^bb0(%{{.*}}: i32, %{{.*}}: f32, %{{.*}}: f32):
  // CHECK: rows.yield %{{.*}} : f32
  %1 = rows.matmul <b33, <2:4>> k(20)
      ins(%0#0, %0#2, %w : tensor<?x24xi8>, tensor<?xi32>, tensor<2x64xi8>)
      epilogue(%0#1, %g : tensor<?xf32>, tensor<20xf32>)
      maps [affine_map<(r, n) -> (r)>, affine_map<(r, n) -> (n)>]
      outs(%y : tensor<?x20xf32>) -> tensor<?x20xf32> {
  ^bb0(%acc: i32, %scale: f32, %bias: f32):
    %2 = arith.sitofp %acc : i32 to f32
    %3 = arith.mulf %2, %scale : f32
    %4 = arith.addf %3, %bias : f32
    rows.yield %4 : f32
  }
  return %1 : tensor<?x20xf32>
}

// CHECK-LABEL: @over_memrefs
func.func @over_memrefs(%x: memref<?x20xi8>, %q: memref<?x32xi8>, %sums: memref<?xi32>,
                        %w: memref<1x128xi8>, %y: memref<?x16xi32>) {
  // CHECK: rows.pack ins(%{{.*}} : memref<?x20xi8>) outs(%{{.*}}, %{{.*}} : memref<?x32xi8>, memref<?xi32>)
  rows.pack ins(%x : memref<?x20xi8>) outs(%q, %sums : memref<?x32xi8>, memref<?xi32>)
  // CHECK: rows.matmul <i2> k(20) {config = {engine = "portable"}}
  rows.matmul <i2> k(20) {config = {engine = "portable"}}
      ins(%q, %sums, %w : memref<?x32xi8>, memref<?xi32>, memref<1x128xi8>)
      maps [] outs(%y : memref<?x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// CHECK-LABEL: @calls
func.func @calls(%x: tensor<?x20xf32>, %m: index) -> tensor<?xf32> {
  // CHECK: rows.dispatch @kernels::@norm(%{{.*}}, %{{.*}}) : (tensor<?x20xf32>, index) -> tensor<?xf32>
  %0 = rows.dispatch @kernels::@norm(%x, %m) : (tensor<?x20xf32>, index) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: @attention
func.func @attention(%q: tensor<?x8x64xf32>, %k: tensor<?x2x64xf32>, %v: tensor<?x2x32xf32>, %n: index, %o: tensor<?x8x32xf32>) -> tensor<?x8x32xf32> {
  // CHECK: rows.attention causal scale(1.250000e-01) ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x8x64xf32>, tensor<?x2x64xf32>, tensor<?x2x32xf32>) length(%{{.*}}) first(%{{.*}}) outs(%{{.*}} : tensor<?x8x32xf32>) -> tensor<?x8x32xf32>
  %0 = rows.attention causal scale(0.125)
      ins(%q, %k, %v : tensor<?x8x64xf32>, tensor<?x2x64xf32>, tensor<?x2x32xf32>)
      length(%n) first(%n) outs(%o : tensor<?x8x32xf32>) -> tensor<?x8x32xf32>
  return %0 : tensor<?x8x32xf32>
}

// CHECK-LABEL: @attention_blocks
func.func @attention_blocks(%q: tensor<96x8x64xf32>, %k: tensor<?x2x64xf32>, %n: index, %m: tensor<4x3x5xi8>, %qo: tensor<4xi32>, %ko: tensor<6xi32>, %o: tensor<96x8x64xf32>, %l: tensor<96x8xf32>) -> (tensor<96x8x64xf32>, tensor<96x8xf32>) {
  // CHECK: rows.attention scale(1.250000e-01) ins({{.*}}) length(%{{.*}}) blocks(%{{.*}} : tensor<4x3x5xi8>) block_size([32, 16]) outs(%{{.*}} : tensor<96x8x64xf32>) -> tensor<96x8x64xf32>
  %0 = rows.attention scale(0.125)
      ins(%q, %k, %k : tensor<96x8x64xf32>, tensor<?x2x64xf32>, tensor<?x2x64xf32>)
      length(%n) blocks(%m : tensor<4x3x5xi8>) block_size([32, 16])
      outs(%o : tensor<96x8x64xf32>) -> tensor<96x8x64xf32>
  // CHECK: blocks(%{{.*}} : tensor<4x3x5xi8>) offsets(%{{.*}}, %{{.*}} : tensor<4xi32>, tensor<6xi32>) outs(%{{.*}} : tensor<96x8x64xf32>) lse(%{{.*}} : tensor<96x8xf32>) -> tensor<96x8x64xf32>, tensor<96x8xf32>
  %1:2 = rows.attention scale(0.125)
      ins(%0, %k, %k : tensor<96x8x64xf32>, tensor<?x2x64xf32>, tensor<?x2x64xf32>)
      length(%n) blocks(%m : tensor<4x3x5xi8>) offsets(%qo, %ko : tensor<4xi32>, tensor<6xi32>)
      outs(%o : tensor<96x8x64xf32>) lse(%l : tensor<96x8xf32>) -> tensor<96x8x64xf32>, tensor<96x8xf32>
  return %1#0, %1#1 : tensor<96x8x64xf32>, tensor<96x8xf32>
}

// CHECK-LABEL: @attention_over_memrefs
func.func @attention_over_memrefs(%q: memref<4x8x64xf32>, %k: memref<9x2x64xf32>, %v: memref<9x2x64xf32>, %n: index, %o: memref<4x8x64xf32>) {
  // CHECK: rows.attention scale(1.000000e+00) ins(
  // CHECK-SAME: length(%{{[a-z0-9]+}}) outs(%{{.*}} : memref<4x8x64xf32>)
  rows.attention scale(1.0) ins(%q, %k, %v : memref<4x8x64xf32>, memref<9x2x64xf32>, memref<9x2x64xf32>)
      length(%n) outs(%o : memref<4x8x64xf32>)
  return
}

// CHECK-LABEL: @states
func.func @states(%x: tensor<?x4x8xf32>, %o: index, %m: index, %s: tensor<16x4x8xf32>, %y: memref<?x8xi8>, %t: memref<16x8xi8>) -> tensor<16x4x8xf32> {
  // CHECK: rows.limit %{{.*}}, %{{.*}} at_most 16 "rows of state 's'"
  rows.limit %o, %m at_most 16 "rows of state 's'"
  // CHECK: rows.insert ins(%{{.*}} : tensor<?x4x8xf32>) at(%{{.*}}) outs(%{{.*}} : tensor<16x4x8xf32>) -> tensor<16x4x8xf32>
  %0 = rows.insert ins(%x : tensor<?x4x8xf32>) at(%o) outs(%s : tensor<16x4x8xf32>) -> tensor<16x4x8xf32>
  // CHECK: rows.insert ins(%{{.*}} : memref<?x8xi8>) at(%{{.*}}) outs(%{{.*}} : memref<16x8xi8>)
  rows.insert ins(%y : memref<?x8xi8>) at(%o) outs(%t : memref<16x8xi8>)
  return %0 : tensor<16x4x8xf32>
}
