// The reference path through MLIR's ordinary lowering, executed. The expected
// numbers are worked out in the comments.
// RUN: tercet-opt %s --tercet-to-reference --convert-elementwise-to-linalg \
// RUN:   --one-shot-bufferize="bufferize-function-boundaries" \
// RUN:   --convert-linalg-to-loops --expand-strided-metadata --lower-affine \
// RUN:   --convert-scf-to-cf --convert-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=void \
// RUN:   --shared-libs=%llvm_bin/../lib/libmlir_runner_utils%shlibext,%llvm_bin/../lib/libmlir_c_runner_utils%shlibext \
// RUN: | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}

func.func private @print_bytes(%b: tensor<?x?xi8>) {
  %i = arith.extsi %b : tensor<?x?xi8> to tensor<?x?xi32>
  %u = tensor.cast %i : tensor<?x?xi32> to tensor<*xi32>
  call @printMemrefI32(%u) : (tensor<*xi32>) -> ()
  return
}

func.func private @print_trits(%t: tensor<?x?x!ternary.trit>) {
  %b = ternary.decode %t : tensor<?x?x!ternary.trit> -> tensor<?x?xi8>
  call @print_bytes(%b) : (tensor<?x?xi8>) -> ()
  return
}

func.func private @print_floats(%f: tensor<?xf32>) {
  %u = tensor.cast %f : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}

func.func private @print_scalar(%f: tensor<f32>) {
  %u = tensor.cast %f : tensor<f32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}

func.func private @ternarize() {
  // mean |w| = 32 / 16 = 2. Then 1 -> 0.5 -> 0 (half to even), 1.5 -> 0.75 -> 1,
  // -7 -> -3.5 -> -1 (clipped).
  %w = arith.constant dense<[[ 1.0, -1.0, 1.5, -1.5],
                             [-7.0,  3.0, 1.0,  1.5],
                             [ 2.0, -2.0, 2.0, -2.0],
                             [ 3.0,  1.0, 1.5, -1.0]]> : tensor<4x4xf32>
  %d, %ds = ternary.ternarize %w : tensor<4x4xf32> -> tensor<4x4x!ternary.trit>, tensor<f32>
  %d1 = tensor.cast %d : tensor<4x4x!ternary.trit> to tensor<?x?x!ternary.trit>
  // CHECK-LABEL: sizes = [4, 4]
  // CHECK-NEXT: {{\[}}[0,   0,   1,   -1],
  // CHECK-NEXT: [-1,   1,   0,   1],
  // CHECK-NEXT: [1,   -1,   1,   -1],
  // CHECK-NEXT: [1,   0,   1,   0]]
  call @print_trits(%d1) : (tensor<?x?x!ternary.trit>) -> ()
  // CHECK: sizes = []
  // CHECK-NEXT: [2]
  call @print_scalar(%ds) : (tensor<f32>) -> ()

  // At most 2:4: of equal ones the lower index stays; the scale is the dense one.
  %s, %ss = ternary.ternarize %w sparsity(<2:4>) : tensor<4x4xf32> -> tensor<4x4x!ternary.trit>, tensor<f32>
  %s1 = tensor.cast %s : tensor<4x4x!ternary.trit> to tensor<?x?x!ternary.trit>
  // CHECK: sizes = [4, 4]
  // CHECK-NEXT: {{\[}}[0,   0,   1,   -1],
  // CHECK-NEXT: [-1,   1,   0,   0],
  // CHECK-NEXT: [1,   -1,   0,   0],
  // CHECK-NEXT: [1,   0,   1,   0]]
  call @print_trits(%s1) : (tensor<?x?x!ternary.trit>) -> ()
  // CHECK: sizes = []
  // CHECK-NEXT: [2]
  call @print_scalar(%ss) : (tensor<f32>) -> ()

  // Exactly 3:4: the smallest goes (of equal ones the higher index), the rest are signs.
  %e, %es = ternary.ternarize %w sparsity(<3:4, exact>) : tensor<4x4xf32> -> tensor<4x4x!ternary.trit>, tensor<f32>
  %e1 = tensor.cast %e : tensor<4x4x!ternary.trit> to tensor<?x?x!ternary.trit>
  // CHECK: sizes = [4, 4]
  // CHECK-NEXT: {{\[}}[1,   0,   1,   -1],
  // CHECK-NEXT: [-1,   1,   0,   1],
  // CHECK-NEXT: [1,   -1,   1,   0],
  // CHECK-NEXT: [1,   1,   1,   0]]
  call @print_trits(%e1) : (tensor<?x?x!ternary.trit>) -> ()

  // A scale per expert: means 2 and 0.5.
  %x = arith.constant dense<[[[1.0, -1.0, 2.0, -4.0]], [[1.0, -1.0, 0.0, 0.0]]]> : tensor<2x1x4xf32>
  %t, %ts = ternary.ternarize %x sparsity(<1:4>) : tensor<2x1x4xf32> -> tensor<2x1x4x!ternary.trit>, tensor<2xf32>
  %t1 = tensor.collapse_shape %t [[0, 1], [2]] : tensor<2x1x4x!ternary.trit> into tensor<2x4x!ternary.trit>
  %t2 = tensor.cast %t1 : tensor<2x4x!ternary.trit> to tensor<?x?x!ternary.trit>
  // CHECK: sizes = [2, 4]
  // CHECK-NEXT: {{\[}}[0,   0,   0,   -1],
  // CHECK-NEXT: [1,   0,   0,   0]]
  call @print_trits(%t2) : (tensor<?x?x!ternary.trit>) -> ()
  %ts1 = tensor.cast %ts : tensor<2xf32> to tensor<?xf32>
  // CHECK: sizes = [2]
  // CHECK-NEXT: [2, 0.5]
  call @print_floats(%ts1) : (tensor<?xf32>) -> ()
  return
}

func.func private @quantize() {
  // Row 0: g = 127, s = 1: half to even. Row 1: all zero, g = 1e-5. Row 2: not a
  // number counts as 0. Row 3: infinity makes the row 0 and the scale infinite.
  %x = arith.constant dense<[[127.0, 0.5, -1.5, 2.5], [0.0, 0.0, 0.0, 0.0],
                             [0x7fc00000, 1.0, -0.5, 0.25],
                             [0x7f800000, 1.0, 2.0, 3.0]]> : tensor<4x4xf32>
  %q, %s = ternary.quantize %x <absmax_i8> : tensor<4x4xf32> -> tensor<4x4xi8>, tensor<4xf32>
  %q1 = tensor.cast %q : tensor<4x4xi8> to tensor<?x?xi8>
  %s1 = tensor.cast %s : tensor<4xf32> to tensor<?xf32>
  // 0.25 * 127 = 31.75; -0.5 * 127 = -63.5 to the even -64.
  // CHECK: sizes = [4, 4]
  // CHECK-NEXT: {{\[}}[127,   0,   -2,   2],
  // CHECK-NEXT: [0,   0,   0,   0],
  // CHECK-NEXT: [0,   127,   -64,   32],
  // CHECK-NEXT: [0,   0,   0,   0]]
  call @print_bytes(%q1) : (tensor<?x?xi8>) -> ()
  // CHECK: sizes = [4]
  // CHECK-NEXT: [1, 7.87402e-08, 0.00787402, inf]
  call @print_floats(%s1) : (tensor<?xf32>) -> ()

  // absmean: mean |y| = 2, s = sqrt(7) / 2 = 1.3229: 1.3 -> 1, 3.97 -> 4, 0, -2.6 -> -3.
  // Row 1: mean 5, s = .52915: 10.6 is clipped to 7, the others are 0.
  %y = arith.constant dense<[[1.0, 3.0, 0.0, -2.0, 4.0], [20.0, 0.5, 0.5, -0.5, 3.5]]> : tensor<2x5xf32>
  %p, %r = ternary.quantize %y <absmean_i4> : tensor<2x5xf32> -> tensor<2x5xi8>, tensor<2xf32>
  %p1 = tensor.cast %p : tensor<2x5xi8> to tensor<?x?xi8>
  %r1 = tensor.cast %r : tensor<2xf32> to tensor<?xf32>
  // CHECK: sizes = [2, 5]
  // CHECK-NEXT: {{\[}}[1,   4,   0,   -3,   5],
  // CHECK-NEXT: [7,   0,   0,   0,   2]]
  call @print_bytes(%p1) : (tensor<?x?xi8>) -> ()
  // 2 / sqrt(7), 5 / sqrt(7)
  // CHECK: sizes = [2]
  // CHECK-NEXT: [0.755929, 1.88982]
  call @print_floats(%r1) : (tensor<?xf32>) -> ()

  // Hadamard of (1, 2, 3, 4) is (10, -2, -4, 0) / 2: s = 127 / 5, -1 -> -25.4,
  // -2 -> -50.8. Of a unit vector at 2: (1, 1, -1, -1) / 2.
  %z = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 1.0, 0.0]]> : tensor<2x4xf32>
  %h, %t = ternary.quantize %z <absmax_i8> hadamard : tensor<2x4xf32> -> tensor<2x4xi8>, tensor<2xf32>
  %h1 = tensor.cast %h : tensor<2x4xi8> to tensor<?x?xi8>
  %t1 = tensor.cast %t : tensor<2xf32> to tensor<?xf32>
  // CHECK: sizes = [2, 4]
  // CHECK-NEXT: {{\[}}[127,   -25,   -51,   0],
  // CHECK-NEXT: [127,   127,   -127,   -127]]
  call @print_bytes(%h1) : (tensor<?x?xi8>) -> ()
  // CHECK: sizes = [2]
  // CHECK-NEXT: [0.0393701, 0.00393701]
  call @print_floats(%t1) : (tensor<?xf32>) -> ()
  return
}

func.func private @linear() {
  // Norm of (3, 4, 0, 0) with eps 0: mean square 6.25, root 2.5: (1.2, 1.6, 0, 0).
  // g = 1.6: q = (round(95.25), 127, 0, 0). Trits (1, 1, 0, 0) and (1, -1, 0, 0)
  // give 222 and -32; y = q * (1.6 / 127) * (0.5, 2) + (1, -1).
  %x = arith.constant dense<[[3.0, 4.0, 0.0, 0.0]]> : tensor<1x4xf32>
  %m = arith.constant dense<[[1.0, 1.0, 0.0, 0.0], [1.0, -1.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %w, %beta = ternary.ternarize %m : tensor<2x4xf32> -> tensor<2x4x!ternary.trit>, tensor<f32>
  %e = ternary.encode %w : tensor<2x4x!ternary.trit> -> tensor<2x4x!ternary.trit, #ternary.code<i2>>
  %s = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %g = arith.constant dense<1.0> : tensor<4xf32>
  %b = arith.constant dense<[1.0, -1.0]> : tensor<2xf32>
  %y = ternary.linear %x, %e scale(%s : tensor<2xf32>) norm(%g : tensor<4xf32>) bias(%b : tensor<2xf32>) {eps = 0.0 : f32}
      : tensor<1x4xf32>, tensor<2x4x!ternary.trit, #ternary.code<i2>> -> tensor<1x2xf32>
  %y1 = tensor.collapse_shape %y [[0, 1]] : tensor<1x2xf32> into tensor<2xf32>
  %y2 = tensor.cast %y1 : tensor<2xf32> to tensor<?xf32>
  // CHECK: sizes = [2]
  // CHECK-NEXT: [2.39843, -1.8063]
  call @print_floats(%y2) : (tensor<?xf32>) -> ()

  // 20 columns, more than the 16 partial sums. The squares sum to 2911: the norm
  // divides by sqrt(145.55). The largest, 21, becomes 127, so q = round(127 k / 21),
  // which sum to 1276; y = 1276 * 21 / sqrt(145.55) / 127.
  %x2 = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0,
      11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 21.0]]> : tensor<1x20xf32>
  %m2 = arith.constant dense<1.0> : tensor<1x20xf32>
  %w2, %s2 = ternary.ternarize %m2 : tensor<1x20xf32> -> tensor<1x20x!ternary.trit>, tensor<f32>
  %g2 = arith.constant dense<1.0> : tensor<20xf32>
  %z = ternary.linear %x2, %w2 scale(%s2 : tensor<f32>) norm(%g2 : tensor<20xf32>) {eps = 0.0 : f32}
      : tensor<1x20xf32>, tensor<1x20x!ternary.trit> -> tensor<1x1xf32>
  %z1 = tensor.collapse_shape %z [[0, 1]] : tensor<1x1xf32> into tensor<1xf32>
  %z2 = tensor.cast %z1 : tensor<1xf32> to tensor<?xf32>
  // CHECK: sizes = [1]
  // CHECK-NEXT: [17.4888]
  call @print_floats(%z2) : (tensor<?xf32>) -> ()
  return
}

func.func @main() {
  call @ternarize() : () -> ()
  call @quantize() : () -> ()
  call @linear() : () -> ()
  return
}
