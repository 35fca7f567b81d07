// RUN: tercet-opt %s --split-input-file --lower-rows-quantize --canonicalize --cse | FileCheck %s

// The norm's sum of squares: 16 partial sums in order, then halves added to halves.
// Columns 32..39 are masked; columns 40..47 exist in the result only.
// CHECK-LABEL: @norm
// CHECK: scf.for %[[ROW:.*]] = %c0
// CHECK:   scf.for %{{.*}} = %c0 to %c32 step %c16 iter_args({{.*}}) -> (vector<16xf32>)
// CHECK:   vector.maskedload
// CHECK:   vector.extract_strided_slice {{.*}} sizes = [8]
// CHECK:   arith.addf %{{.*}} : vector<8xf32>
// CHECK:   arith.addf %{{.*}} : vector<4xf32>
// CHECK:   arith.addf %{{.*}} : vector<2xf32>
// CHECK:   math.sqrt %{{.*}} : f32
// CHECK:   vector.reduction <maxnumf>
// CHECK:   memref.store %{{.*}}, %arg3[%[[ROW]]]
// CHECK:   math.roundeven %{{.*}} : vector<16xf32>
// CHECK:   arith.cmpf uno
// CHECK:   vector.store %{{.*}} : memref<?x48xi8>, vector<16xi8>
// CHECK:   vector.reduction <add>
// CHECK:   memref.store %{{.*}}, %arg4[%[[ROW]]]
// Nothing may be contracted or reordered.
// CHECK-NOT: fastmath
// CHECK-NOT: math.fma
func.func @norm(%x: memref<?x40xf32>, %g: memref<40xf32>, %q: memref<?x48xi8>, %a: memref<?xf32>, %s: memref<?xi32>) {
  rows.quantize <absmax_i8> eps(1.0e-5) ins(%x : memref<?x40xf32>, %g : memref<40xf32>)
      outs(%q, %a, %s : memref<?x48xi8>, memref<?xf32>, memref<?xi32>)
  return
}

// -----

// log2(8) rounds of the transform over a copy of the row.
// CHECK-LABEL: @hadamard
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<8xf32>
// CHECK-COUNT-3: arith.subf
// CHECK: vector.maskedstore %arg1
func.func @hadamard(%x: memref<4x8xf32>, %q: memref<4x8xi8>, %a: memref<4xf32>, %s: memref<4xi32>) {
  rows.quantize <absmean_i4> hadamard eps(1.0e-5) ins(%x : memref<4x8xf32>)
      outs(%q, %a, %s : memref<4x8xi8>, memref<4xf32>, memref<4xi32>)
  return
}

// -----

// The last column alone is no mask of one lane.
// CHECK-LABEL: @last_column
// CHECK: vector.store %{{.*}} : memref<?x17xi8>, vector<16xi8>
// CHECK: memref.store %{{.*}} : memref<?x17xi8>
// CHECK-NOT: maskedstore
func.func @last_column(%x: memref<?x17xf32>, %q: memref<?x17xi8>, %a: memref<?xf32>, %s: memref<?xi32>) {
  rows.quantize <absmax_i8> eps(1.0e-5) ins(%x : memref<?x17xf32>)
      outs(%q, %a, %s : memref<?x17xi8>, memref<?xf32>, memref<?xi32>)
  return
}

// -----

// A thread has rows of its own.
// CHECK-LABEL: @pack
// CHECK: %[[T:.*]] = gpu.thread_id x
// CHECK: scf.for %[[ROW:.*]] = %[[T]] to %{{.*}} step %c64
// CHECK:   arith.extsi %{{.*}} : vector<16xi8> to vector<16xi32>
// CHECK:   vector.store %{{.*}}, %arg1[%[[ROW]], %c16]
// CHECK:   vector.reduction <add>
func.func @pack(%x: memref<?x21xi8>, %q: memref<?x32xi8>, %s: memref<?xi32>) {
  rows.pack {config = {threads = 64 : i64}} ins(%x : memref<?x21xi8>)
      outs(%q, %s : memref<?x32xi8>, memref<?xi32>)
  return
}
