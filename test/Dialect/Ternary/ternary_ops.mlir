// Every op, type and attribute in every form, printed and parsed again.
// RUN: tercet-opt %s --verify-roundtrip --verify-output-roundtrip | FileCheck %s
// RUN: tercet-opt %s --mlir-print-op-generic | tercet-opt | FileCheck %s

// CHECK-LABEL: func.func private @types
// CHECK-SAME: tensor<4x8x!ternary.trit>
// CHECK-SAME: tensor<4x8x!ternary.trit, #ternary.code<i2>>
// CHECK-SAME: tensor<4x8x!ternary.trit, #ternary.code<t5>>
// CHECK-SAME: tensor<4x8x!ternary.trit, #ternary.code<b33, <2:4>>>
// CHECK-SAME: tensor<4x8x!ternary.trit, #ternary.code<c5, <3:4, exact>>>
// CHECK-SAME: tensor<4x8x!ternary.trit, #ternary.code<i2, <6:8>>>
func.func private @types(tensor<4x8x!ternary.trit>,
    tensor<4x8x!ternary.trit, #ternary.code<i2>>,
    tensor<4x8x!ternary.trit, #ternary.code<t5>>,
    tensor<4x8x!ternary.trit, #ternary.code<b33, #ternary.sparsity<2:4>>>,
    tensor<4x8x!ternary.trit, #ternary.code<c5, <3:4, exact>>>,
    tensor<4x8x!ternary.trit, #ternary.code<i2, <6:8>>>)

// CHECK-LABEL: func.func private @sparsity
// CHECK-SAME: #ternary.sparsity<1:2>, #ternary.sparsity<63:64, exact>
func.func private @sparsity() attributes {
  s = [#ternary.sparsity<1:2>, #ternary.sparsity<63:64, exact>]}

// CHECK-LABEL: func.func @ternarize
func.func @ternarize(%w: tensor<16x8xf32>, %e: tensor<3x16x8xbf16>, %d: tensor<?x8xf16>) {
  // CHECK: ternary.ternarize %{{.*}} : tensor<16x8xf32> -> tensor<16x8x!ternary.trit>, tensor<f32>
  %a, %as = ternary.ternarize %w : tensor<16x8xf32> -> tensor<16x8x!ternary.trit>, tensor<f32>
  // CHECK: ternary.ternarize %{{.*}} sparsity(<2:4>) : tensor<3x16x8xbf16> -> tensor<3x16x8x!ternary.trit>, tensor<3xf32>
  %b, %bs = ternary.ternarize %e sparsity(<2:4>) : tensor<3x16x8xbf16> -> tensor<3x16x8x!ternary.trit>, tensor<3xf32>
  // CHECK: ternary.ternarize %{{.*}} sparsity(<3:4, exact>) : tensor<?x8xf16> -> tensor<?x8x!ternary.trit>, tensor<f32>
  %c, %cs = ternary.ternarize %d sparsity(<3:4, exact>) : tensor<?x8xf16> -> tensor<?x8x!ternary.trit>, tensor<f32>
  return
}

// CHECK-LABEL: func.func @quantize
func.func @quantize(%x: tensor<?x64xf32>, %y: tensor<3x?xf32>) {
  // CHECK: ternary.quantize %{{.*}} <absmax_i8> : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  %a, %as = ternary.quantize %x <absmax_i8> : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  // CHECK: ternary.quantize %{{.*}} <absmean_i4> hadamard : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  %b, %bs = ternary.quantize %x <absmean_i4> hadamard : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  // CHECK: ternary.quantize %{{.*}} <absmax_i8> : tensor<3x?xf32> -> tensor<3x?xi8>, tensor<3xf32>
  %c, %cs = ternary.quantize %y <absmax_i8> : tensor<3x?xf32> -> tensor<3x?xi8>, tensor<3xf32>
  return
}

// CHECK-LABEL: func.func @matmul
func.func @matmul(%q: tensor<?x64xi8>, %w: tensor<256x64x!ternary.trit>,
                  %e: tensor<256x64x!ternary.trit, #ternary.code<t5>>) {
  // CHECK: ternary.matmul %{{.*}}, %{{.*}} : tensor<?x64xi8>, tensor<256x64x!ternary.trit> -> tensor<?x256xi32>
  %a = ternary.matmul %q, %w : tensor<?x64xi8>, tensor<256x64x!ternary.trit> -> tensor<?x256xi32>
  // CHECK: ternary.matmul %{{.*}}, %{{.*}} : tensor<?x64xi8>, tensor<256x64x!ternary.trit, #ternary.code<t5>> -> tensor<?x256xi32>
  %b = ternary.matmul %q, %e : tensor<?x64xi8>, tensor<256x64x!ternary.trit, #ternary.code<t5>> -> tensor<?x256xi32>
  return
}

// CHECK-LABEL: func.func @linear
func.func @linear(%x: tensor<?x64xf32>, %w: tensor<256x64x!ternary.trit>, %s: tensor<f32>,
                  %p: tensor<256xf32>, %g: tensor<64xf32>) {
  // CHECK: ternary.linear %{{.*}}, %{{.*}} scale(%{{.*}} : tensor<f32>) : tensor<?x64xf32>, tensor<256x64x!ternary.trit> -> tensor<?x256xf32>
  %a = ternary.linear %x, %w scale(%s : tensor<f32>)
    : tensor<?x64xf32>, tensor<256x64x!ternary.trit> -> tensor<?x256xf32>
  // CHECK: ternary.linear %{{.*}}, %{{.*}} scale(%{{.*}} : tensor<256xf32>) norm(%{{.*}} : tensor<64xf32>) bias(%{{.*}} : tensor<256xf32>) hadamard
  // CHECK-SAME: {eps = 9.99999997E-7 : f32, mode = #ternary.mode<absmean_i4>}
  %b = ternary.linear %x, %w scale(%p : tensor<256xf32>) norm(%g : tensor<64xf32>) bias(%p : tensor<256xf32>)
    hadamard {eps = 1.0e-6 : f32, mode = #ternary.mode<absmean_i4>}
    : tensor<?x64xf32>, tensor<256x64x!ternary.trit> -> tensor<?x256xf32>
  // CHECK: ternary.linear %{{.*}}, %{{.*}} scale(%{{.*}} : tensor<f32>) bias(%{{.*}} : tensor<256xf32>) :
  %c = ternary.linear %x, %w scale(%s : tensor<f32>) bias(%p : tensor<256xf32>)
    : tensor<?x64xf32>, tensor<256x64x!ternary.trit> -> tensor<?x256xf32>
  return
}

// CHECK-LABEL: func.func @encode_decode
func.func @encode_decode(%w: tensor<256x64x!ternary.trit>) -> tensor<256x64xi8> {
  // CHECK: ternary.encode %{{.*}} : tensor<256x64x!ternary.trit> -> tensor<256x64x!ternary.trit, #ternary.code<b33, <2:4>>>
  %e = ternary.encode %w : tensor<256x64x!ternary.trit> -> tensor<256x64x!ternary.trit, #ternary.code<b33, <2:4>>>
  // CHECK: ternary.decode %{{.*}} : tensor<256x64x!ternary.trit, #ternary.code<b33, <2:4>>> -> tensor<256x64x!ternary.trit>
  %d = ternary.decode %e : tensor<256x64x!ternary.trit, #ternary.code<b33, <2:4>>> -> tensor<256x64x!ternary.trit>
  // CHECK: ternary.decode %{{.*}} : tensor<256x64x!ternary.trit> -> tensor<256x64xi8>
  %b = ternary.decode %d : tensor<256x64x!ternary.trit> -> tensor<256x64xi8>
  return %b : tensor<256x64xi8>
}
