// RUN: tercet-opt %s --cpu-kernel-abi | FileCheck %s

// One pointer a buffer, one integer a size, and the range of workgroups; buffers do
// not overlap.
// CHECK-LABEL: llvm.func internal @kernel.body
// CHECK-SAME: %[[A:[a-z0-9]+]]: !llvm.ptr {llvm.noalias, llvm.readonly}, %[[B:[a-z0-9]+]]: !llvm.ptr {llvm.noalias}, %[[T:[a-z0-9]+]]: !llvm.ptr {llvm.noalias},
// CHECK-SAME: %[[N:[a-z0-9]+]]: i64, %[[BEGIN:[a-z0-9]+]]: i64, %[[END:[a-z0-9]+]]: i64)
// CHECK-SAME: always_inline
// CHECK-SAME: passthrough = ["no-builtins"]
// CHECK: llvm.insertvalue %[[A]], %{{.*}}[1]
// CHECK: llvm.insertvalue %[[N]], %{{.*}}[3, 0]

// The exported function takes the arguments out of a tercet_kernel_args.
// CHECK-LABEL: llvm.func @kernel(
// CHECK-SAME: %[[ARGS:.*]]: !llvm.ptr)
// CHECK-SAME: tercet.scratch_bytes = 64
// CHECK: %[[P0:.*]] = llvm.getelementptr %[[ARGS]][0]
// CHECK: %[[BUFFERS:.*]] = llvm.load %[[P0]]
// CHECK: %[[P8:.*]] = llvm.getelementptr %[[ARGS]][8]
// CHECK: %[[CONSTANTS:.*]] = llvm.load %[[P8]]
// CHECK: llvm.getelementptr %[[BUFFERS]][0]
// CHECK: llvm.getelementptr %[[BUFFERS]][8]
// The scratch is no buffer of the plan.
// CHECK: llvm.getelementptr %[[ARGS]][32]
// CHECK: llvm.getelementptr %[[CONSTANTS]][0]
// CHECK: llvm.getelementptr %[[ARGS]][16]
// CHECK: llvm.getelementptr %[[ARGS]][24]
// CHECK: llvm.call @kernel.body
func.func @kernel(%a: memref<?xf32> {tercet.access = 1 : i64, tercet.dims = array<i64: 0>}, %b: memref<4xf32>,
                  %t: memref<64xi8> {tercet.scratch}, %n: index, %begin: index, %end: index)
    attributes {tercet.scratch_bytes = 64 : i64} {
  %0 = memref.load %a[%begin] : memref<?xf32>
  memref.store %0, %b[%begin] : memref<4xf32>
  return
}
