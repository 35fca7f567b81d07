// RUN: tercet-opt %s --split-input-file --verify-diagnostics --cpu-scratch | FileCheck %s

// Each temporary at an offset of its own, a multiple of a cache line; the argument
// stands behind the buffers.
// CHECK-LABEL: func.func @kernel
// CHECK-SAME: %[[A:[a-z0-9]+]]: memref<4xf32>, %[[S:[a-z0-9]+]]: memref<192xi8> {tercet.scratch}, %{{.*}}: index
// CHECK-SAME: tercet.scratch_bytes = 192 : i64
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: memref.view %[[S]][%[[ZERO]]][] : memref<192xi8> to memref<5xf32>
// CHECK: %[[NEXT:.*]] = arith.constant 64 : index
// CHECK: memref.view %[[S]][%[[NEXT]]][] : memref<192xi8> to memref<9x13xi8>
// CHECK-NOT: memref.dealloc
func.func @kernel(%a: memref<4xf32>, %begin: index, %end: index) {
  %0 = memref.alloc() : memref<5xf32>
  %1 = memref.alloca() : memref<9x13xi8>
  %v = memref.load %0[%begin] : memref<5xf32>
  memref.store %v, %a[%begin] : memref<4xf32>
  %c = arith.constant 1 : i8
  memref.store %c, %1[%begin, %end] : memref<9x13xi8>
  memref.dealloc %0 : memref<5xf32>
  return
}

// -----

// A kernel without temporaries stays as it is.
// CHECK-LABEL: func.func @none
// CHECK-SAME: (%{{.*}}: memref<4xf32>, %{{.*}}: index, %{{.*}}: index) {
func.func @none(%a: memref<4xf32>, %begin: index, %end: index) {
  return
}

// -----

func.func @dynamic(%a: memref<4xf32>, %n: index, %begin: index, %end: index) {
  // expected-error @below {{a kernel's temporary buffers are contiguous and of static size, not 'memref<?xf32>'}}
  %0 = memref.alloc(%n) : memref<?xf32>
  return
}
