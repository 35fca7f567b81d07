// RUN: tercet-opt %s --gpu-kernel-abi=vendor=nvvm | FileCheck %s --check-prefixes=CHECK,NVVM
// RUN: tercet-opt %s --gpu-kernel-abi=vendor=rocdl | FileCheck %s --check-prefixes=CHECK,ROCDL

// CHECK-LABEL: llvm.func @kernel
// CHECK-SAME: (%[[A:[a-z0-9]+]]: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %[[B:[a-z0-9]+]]: !llvm.ptr<1> {llvm.noalias}, %[[N:[a-z0-9]+]]: i64, %[[M:[a-z0-9]+]]: i64)
// NVVM-SAME: nvvm.kernel, nvvm.reqntid = array<i32: 64, 1, 1>
// ROCDL-SAME: rocdl.flat_work_group_size = "64,64", rocdl.kernel, rocdl.reqd_work_group_size = array<i32: 64, 1, 1>
// The dynamic axes come from the index arguments that tercet.dims names; the
// strides follow.
// CHECK: %[[P:.*]] = llvm.addrspacecast %[[A]] : !llvm.ptr<1> to !llvm.ptr
// CHECK: llvm.insertvalue %[[P]], %{{.*}}[1]
// CHECK: llvm.insertvalue %[[M]], %{{.*}}[3, 1]
// CHECK: llvm.insertvalue %[[N]], %{{.*}}[3, 0]
// CHECK: llvm.insertvalue %[[M]], %{{.*}}[4, 0]
// NVVM: nvvm.read.ptx.sreg.ctaid.x : i32
// ROCDL: rocdl.workgroup.id.x : i32
// NVVM: nvvm.read.ptx.sreg.tid.x : i32
// ROCDL: rocdl.workitem.id.x : i32
// NVVM: nvvm.barrier0
// ROCDL: rocdl.barrier
// CHECK: llvm.return
func.func @kernel(%a: memref<?x?xf32> {tercet.access = 1 : i64, tercet.dims = array<i64: 0, 1>},
                  %b: memref<4x8xf32> {tercet.access = 2 : i64, tercet.dims = array<i64: -1, -1>},
                  %n: index, %m: index) attributes {tercet.workgroup_size = 64 : i64} {
  %block = gpu.block_id x
  %thread = gpu.thread_id x
  gpu.barrier
  %v = memref.load %a[%block, %thread] : memref<?x?xf32>
  memref.store %v, %b[%block, %thread] : memref<4x8xf32>
  return
}
