// RUN: tercet-opt %s -split-input-file -verify-diagnostics --gpu-relax-atomics | FileCheck %s --check-prefixes=CHECK,NVVM
// RUN: tercet-opt %s -split-input-file -verify-diagnostics --gpu-relax-atomics=vendor=rocdl | FileCheck %s --check-prefixes=CHECK,ROCDL

llvm.mlir.global private @sums() {addr_space = 3 : i32} : !llvm.array<64 x i32>

// CHECK-LABEL: llvm.func @shared
// NVVM: llvm.atomicrmw add %{{.*}}, %{{.*}} syncscope("block") monotonic
// ROCDL: llvm.atomicrmw add %{{.*}}, %{{.*}} syncscope("workgroup") monotonic
llvm.func @shared(%i: i64, %v: i32) {
  %0 = llvm.mlir.addressof @sums : !llvm.ptr<3>
  %1 = llvm.addrspacecast %0 : !llvm.ptr<3> to !llvm.ptr
  %2 = llvm.getelementptr %1[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i32
  %3 = llvm.atomicrmw add %2, %v acq_rel : !llvm.ptr, i32
  llvm.return
}

// -----

llvm.func @global(%p: !llvm.ptr<1>, %v: i32) {
  // expected-error @below {{is of memory that other workgroups see}}
  %0 = llvm.atomicrmw add %p, %v acq_rel : !llvm.ptr<1>, i32
  llvm.return
}
