// RUN: tercet-opt %s --split-input-file --verify-diagnostics --gpu-shared-memory=limit=64

func.func @dynamic(%n: index) {
  // expected-error @below {{cannot be shared memory; its shape must be static}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

// expected-error @below {{needs 68 bytes of shared memory, the target has 64; choose smaller tile_sizes}}
func.func @large() {
  %a = memref.alloc() : memref<17xf32>
  return
}

// -----

func.func @per_thread() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%c1) step (%c1) {
    // expected-error @below {{every thread would need its own}}
    %a = memref.alloc() : memref<4xf32>
    scf.reduce
  }
  return
}
