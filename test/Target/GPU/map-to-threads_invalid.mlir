// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(gpu-map-to-threads))'

func.func @reduction(%a: memref<8xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 0.0 : f32
  // expected-error @below {{with a reduction cannot be mapped to threads}}
  %r = scf.parallel (%i) = (%c0) to (%c8) step (%c1) init (%f) -> f32 {
    %v = memref.load %a[%i] : memref<8xf32>
    scf.reduce(%v : f32) {
    ^bb0(%x: f32, %y: f32):
      %s = arith.addf %x, %y : f32
      scf.reduce.return %s : f32
    }
  }
  return %r : f32
}

// -----

func.func @writes_and_yields(%a: memref<8xf32>, %b: memref<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 0.0 : f32
  // expected-error @below {{writes memory and has results outside of a parallel loop}}
  %r = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %f) -> f32 {
    %v = memref.load %a[%i] : memref<8xf32>
    memref.store %f, %a[%i] : memref<8xf32>
    %s = arith.addf %acc, %v : f32
    scf.yield %s : f32
  }
  memref.store %r, %b[] : memref<f32>
  return
}

// -----

func.func @parallel_in_thread(%a: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 0.0 : f32
  %t = gpu.thread_id x
  // expected-error @below {{runs a parallel loop in each thread's turn}}
  scf.for %i = %t to %c8 step %c8 {
    scf.parallel (%j) = (%c0) to (%c8) step (%c1) {
      memref.store %f, %a[%j] : memref<8xf32>
      scf.reduce
    }
  }
  return
}
