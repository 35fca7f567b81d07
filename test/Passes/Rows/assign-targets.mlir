// One copy of the module per target, in the order given.
// RUN: tercet-opt %s --assign-targets=targets=cpu:x86-64-v3,hip:gfx942 | FileCheck %s
// RUN: not tercet-opt %s --assign-targets 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not tercet-opt %s --assign-targets=targets=cpu:x86-64-v3,cpu:x86-64-v3 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not tercet-opt %s --assign-targets=targets=tpu:v5 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not tercet-opt %s --assign-targets=targets=cpu:pentium 2>&1 | FileCheck %s --check-prefix=CPU

// CHECK: module @target_0 attributes {tercet.target = "cpu:x86-64-v3"}
// CHECK: func.func @f
// CHECK: module @target_1 attributes {tercet.target = "hip:gfx942"}
// CHECK: func.func @f
// NONE: error: no target is given; choose cpu:host
// TWICE: error: target 'cpu:x86-64-v3' is given twice
// UNKNOWN: error: unknown target 'tpu:v5'; a target is one of cpu:host
// CPU: error: unknown CPU 'pentium'; choose host, x86-64-v2
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
