// A state is changed in place from the kernel function on: its result is tied to the
// argument, which is one memref for reading and writing; nothing is allocated, and
// nothing but the rows is copied.
// RUN: tercet-opt %s --outline-kernels --merge-kernels | FileCheck %s --check-prefix=OUTLINE
// RUN: tercet-opt %s --outline-kernels --merge-kernels --tercet-to-kernels | FileCheck %s --check-prefix=KERNEL
// RUN: tercet-opt %s --outline-kernels --merge-kernels --tercet-to-kernels \
// RUN:   | tercet-opt --pass-pipeline='builtin.module(builtin.module(func.func(lower-rows-insert)))' | FileCheck %s --check-prefix=LOWER

module attributes {tercet.target = "cpu:x86-64-v3"} {
  ml_program.global private mutable @s(dense<0.0> : tensor<4096x64xf32>) : tensor<4096x64xf32>
  ml_program.global private mutable @t(dense<0.0> : tensor<4096x64xf32>) : tensor<4096x64xf32>
  // Two states, one kernel.
  // OUTLINE: rows.dispatch @kernels::@[[K:insert_mx64_[a-z0-9]+]](
  // OUTLINE: rows.dispatch @kernels::@[[K]](
  // OUTLINE: func.func @[[K]](%{{.*}}: tensor<?x64xf32> {{.*}}, %[[S:.*]]: tensor<4096x64xf32> {{.*}}, %[[M:.*]]: index, %[[P:.*]]: index)
  // OUTLINE-SAME: -> (tensor<4096x64xf32> {tercet.dims = array<i64: -1, -1>, tercet.tied = 1 : i64})
  // OUTLINE-NOT: linalg.copy
  // OUTLINE: rows.insert {{.*}} outs(%[[S]] :
  // OUTLINE-NOT: func.func

  // KERNEL: func.func @insert{{.*}}(%[[X:.*]]: memref<?x64xf32> {tercet.access = 1 : i64, {{.*}}}, %[[S:.*]]: memref<4096x64xf32> {tercet.access = 3 : i64, {{.*}}tercet.tied = 0 : i64}, %[[M:.*]]: index, %[[P:.*]]: index)
  // KERNEL-NOT: memref.alloc
  // KERNEL-NOT: memref.copy
  // KERNEL: scf.forall (%[[I:.*]]) = (0) to (%{{.*}}) step (256)
  // KERNEL: memref.subview %[[S]][%{{.*}}, 0] [%{{.*}}, 64] [1, 1]
  // KERNEL: rows.insert
  // KERNEL-NOT: memref.copy
  // KERNEL: return

  // LOWER: scf.forall
  // LOWER: linalg.generic
  // LOWER-NOT: rows.insert
  func.func @f(%x: tensor<?x64xf32> {tercet.bound = 8}, %p: index) {
    %0 = ml_program.global_load @s : tensor<4096x64xf32>
    %1 = rows.insert ins(%x : tensor<?x64xf32>) at(%p) outs(%0 : tensor<4096x64xf32>) -> tensor<4096x64xf32>
    ml_program.global_store @s = %1 : tensor<4096x64xf32>
    %2 = ml_program.global_load @t : tensor<4096x64xf32>
    %3 = rows.insert ins(%x : tensor<?x64xf32>) at(%p) outs(%2 : tensor<4096x64xf32>) -> tensor<4096x64xf32>
    ml_program.global_store @t = %3 : tensor<4096x64xf32>
    return
  }
}
