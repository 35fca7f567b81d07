// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(distribute-workgroups{mode=grid}))'

// Work beside the tiles would be done by every workgroup.
func.func @beside(%a: memref<64xf32>, %b: memref<64xf32>) {
  // expected-error @below {{stands outside of the kernel's tiles; the root op must start from a fill or an empty tensor}}
  memref.copy %a, %b : memref<64xf32> to memref<64xf32>
  scf.forall (%i) = (0) to (64) step (8) {
  }
  return
}

// -----

// expected-error @below {{a kernel has one bufferized scf.forall that begins at 0}}
func.func @two() {
  scf.forall (%i) = (0) to (64) step (8) {
  }
  scf.forall (%i) = (0) to (64) step (8) {
  }
  return
}
