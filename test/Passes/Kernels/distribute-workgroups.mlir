// RUN: tercet-opt %s --distribute-workgroups=mode=loop | FileCheck %s --check-prefix=LOOP
// RUN: tercet-opt %s --distribute-workgroups=mode=grid | FileCheck %s --check-prefix=GRID
// RUN: not tercet-opt %s --distribute-workgroups=mode=spiral 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: error: distribute-workgroups takes mode=loop or mode=grid, got 'spiral'

// LOOP-LABEL: @tiles
// LOOP-SAME: %[[M:[a-z0-9]*]]: index, %[[BEGIN:[a-z0-9]*]]: index, %[[END:[a-z0-9]*]]: index)
// LOOP: scf.for %[[WG:.*]] = %[[BEGIN]] to %[[END]] step
// The last dimension is the fastest: four tiles of 64.
// LOOP: %[[N:.*]] = affine.apply #{{.*}}(%[[WG]])
// LOOP: memref.store
// GRID-LABEL: @tiles
// GRID: %[[WG:.*]] = gpu.block_id x
// GRID-NOT: scf.forall
// GRID: memref.store
func.func @tiles(%y: memref<?x256xf32>, %m: index) {
  %one = arith.constant 1.0 : f32
  scf.forall (%i, %j) = (0, 0) to (%m, 256) step (16, 64) {
    memref.store %one, %y[%i, %j] : memref<?x256xf32>
  }
  return
}

// A kernel without tiles is one workgroup.
// LOOP-LABEL: @single
// LOOP: %[[ANY:.*]] = arith.cmpi slt
// LOOP: scf.if %[[ANY]]
// LOOP: memref.store
func.func @single(%y: memref<f32>) {
  %one = arith.constant 1.0 : f32
  memref.store %one, %y[] : memref<f32>
  return
}
