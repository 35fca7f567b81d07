// RUN: tercet-opt %s --gpu-shared-memory=private-space=5 | FileCheck %s

// CHECK-DAG: memref.global "private" @two_shared : memref<8xf32, 3> = uninitialized {alignment = 16 : i64}
// CHECK-DAG: memref.global "private" @two_shared_{{.*}} : memref<3x4xi8, 3>
// CHECK-LABEL: func @two
// CHECK-SAME: tercet.shared_bytes = 44 : i64
func.func @two() {
  // CHECK: %[[A:.*]] = memref.get_global @two_shared : memref<8xf32, 3>
  // CHECK: memref.memory_space_cast %[[A]] : memref<8xf32, 3> to memref<8xf32>
  %a = memref.alloc() : memref<8xf32>
  // CHECK: memref.get_global @two_shared_{{.*}} : memref<3x4xi8, 3>
  %b = memref.alloc() : memref<3x4xi8>
  %c0 = arith.constant 0 : index
  %f = arith.constant 0.0 : f32
  memref.store %f, %a[%c0] : memref<8xf32>
  // CHECK-NOT: memref.dealloc
  memref.dealloc %a : memref<8xf32>
  return
}

// CHECK-LABEL: func @own
func.func @own() {
  // CHECK: %[[A:.*]] = memref.alloca() : memref<8xf32, 5>
  // CHECK: memref.memory_space_cast %[[A]] : memref<8xf32, 5> to memref<8xf32>
  %a = memref.alloca() : memref<8xf32>
  %c0 = arith.constant 0 : index
  %f = arith.constant 0.0 : f32
  memref.store %f, %a[%c0] : memref<8xf32>
  return
}
