// RUN: tercet-opt %s --pass-pipeline='builtin.module(func.func(gpu-map-to-threads,canonicalize,cse))' | FileCheck %s

// One round of the threads needs a condition, not a loop.
// CHECK-LABEL: func @one_round
// CHECK: %[[T:.*]] = gpu.thread_id x
// CHECK: %[[IN:.*]] = arith.cmpi slt, %[[T]], %{{.*}}
// CHECK: scf.if %[[IN]]
// CHECK-DAG: %[[COL:.*]] = arith.remui %[[T]], %c8
// CHECK-DAG: %[[ROW:.*]] = arith.divui %[[T]], %c8
// CHECK: memref.store %{{.*}}, %arg0[%[[ROW]], %[[COL]]]
// CHECK-NOT: gpu.barrier
func.func @one_round(%out: memref<4x8xf32>) attributes {tercet.workgroup_size = 64 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  scf.parallel (%i, %j) = (%c0, %c0) to (%c4, %c8) step (%c1, %c1) {
    memref.store %f, %out[%i, %j] : memref<4x8xf32>
    scf.reduce
  }
  return
}

// More points than threads, and a number that is not known.
// CHECK-LABEL: func @rounds
// CHECK-DAG: %[[T:.*]] = gpu.thread_id x
// CHECK-DAG: %[[S:.*]] = arith.constant 64 : index
// CHECK: scf.for %{{.*}} = %[[T]] to %{{.*}} step %[[S]]
func.func @rounds(%out: memref<?xf32>, %n: index) attributes {tercet.workgroup_size = 64 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %f = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %f, %out[%i] : memref<?xf32>
    scf.reduce
  }
  return
}

// A barrier between a loop that writes and one that reads the same buffer, also
// through views; none between loops that touch different buffers.
// CHECK-LABEL: func @barriers
// CHECK: memref.store {{.*}}, %arg0
// CHECK-NOT: gpu.barrier
// CHECK: memref.store {{.*}}, %arg1
// CHECK: gpu.barrier
// CHECK: memref.load
// CHECK-NOT: gpu.barrier
// CHECK: return
func.func @barriers(%a: memref<16xf32>, %b: memref<16xf32>, %c: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %f, %a[%i] : memref<16xf32>
    scf.reduce
  }
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %f, %b[%i] : memref<16xf32>
    scf.reduce
  }
  %view = memref.subview %a[4] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1], offset: 4>>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %view[%i] : memref<8xf32, strided<[1], offset: 4>>
    memref.store %v, %c[%i] : memref<16xf32>
    scf.reduce
  }
  return
}

// A scalar result belongs to thread 0; a loop that all threads run ends in a
// barrier, because its next round may touch what this one wrote.
// CHECK-LABEL: func @uniform
// CHECK: %[[T:.*]] = gpu.thread_id x
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[T]], %c0
// CHECK: scf.if %[[FIRST]]
// CHECK-NEXT: memref.store
// CHECK: scf.for
// CHECK:   memref.store
// CHECK:   gpu.barrier
// CHECK-NEXT: }
func.func @uniform(%a: memref<f32>, %b: memref<8xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  memref.store %f, %a[] : memref<f32>
  scf.for %k = %c0 to %n step %c1 {
    scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
      %v = memref.load %b[%i] : memref<8xf32>
      %w = arith.addf %v, %f : f32
      memref.store %w, %b[%i] : memref<8xf32>
      scf.reduce
    }
  }
  return
}

// What starts from the thread's number is spread over the threads already.
// CHECK-LABEL: func @threaded
// CHECK: scf.for %{{.*}} = %{{.*}} to
// CHECK-NOT: scf.if
// CHECK: return
func.func @threaded(%a: memref<8xf32>) {
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  %t = gpu.thread_id x
  scf.for %i = %t to %c8 step %c8 {
    memref.store %f, %a[%i] : memref<8xf32>
  }
  return
}

// An instruction on values alone touches no memory, whatever it fails to say: all
// threads compute it, one stores.
// CHECK-LABEL: func @instruction
// CHECK: llvm.call_intrinsic "llvm.amdgcn.sdot4"
// CHECK: scf.if
// CHECK-NEXT: memref.store
func.func @instruction(%a: memref<4xi32>) attributes {tercet.workgroup_size = 64 : i64} {
  %c0 = arith.constant 0 : index
  %v = memref.load %a[%c0] : memref<4xi32>
  %f = llvm.mlir.constant(false) : i1
  %d = llvm.call_intrinsic "llvm.amdgcn.sdot4"(%v, %v, %v, %f) : (i32, i32, i32, i1) -> i32
  memref.store %d, %a[%c0] : memref<4xi32>
  return
}
