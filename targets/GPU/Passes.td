//===- Passes.td - what the GPU targets share ------------------*- tablegen -*-===//
#ifndef TERCET_TARGETS_GPU_PASSES
#define TERCET_TARGETS_GPU_PASSES

include "mlir/Pass/PassBase.td"

def GPULowerRowsMatmul : Pass<"gpu-lower-rows-matmul", "::mlir::func::FuncOp"> {
  let summary = "rows.matmul over memrefs to parallel loops of a workgroup";
  let description = [{
    Where the op's `config` has `k_split`: the words of a weight row are dealt out
    to that many slices of a workgroup, whose partial sums meet in shared memory.
    Without it the op is left to `lower-rows-matmul`, where a thread has an output.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::NVVM::NVVMDialect", "::mlir::LLVM::LLVMDialect"];
}

def GPULowerRowsMatmulMatrix : Pass<"gpu-lower-rows-matmul-matrix", "::mlir::func::FuncOp"> {
  let summary = "rows.matmul over memrefs to matrix instructions of waves";
  let description = [{
    Where the op's `config` names a matrix engine (`mma.m16n8k32` of NVIDIA,
    `mfma.16x16x32` and `wmma.16x16x16` of AMD): a wave has `panels` panels of 16
    outputs, `k_split` waves share a panel, each with a slice of K, and their sums
    meet in shared memory. Another engine's op is left alone.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect"];
}

def GPULowerRowsQuantize : Pass<"gpu-lower-rows-quantize", "::mlir::func::FuncOp"> {
  let summary = "rows.quantize and norm over memrefs to parallel loops of a workgroup";
  let description = [{
    A row by all threads; float sums by 16 of them, in the order that all targets
    keep. An op with `hadamard` is left to `lower-rows-quantize`.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def GPUReductionsInnermost : Pass<"gpu-reductions-innermost", "::mlir::func::FuncOp"> {
  let summary = "reductions of linalg.generic become its innermost loops";
  let description = [{
    Parallel loops first, then reductions, each in the order that they had. So all
    parallel loops can be spread over threads, and a thread has a whole reduction.
    Terms are summed in the same order.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::affine::AffineDialect"];
}

def GPUMapToThreads : Pass<"gpu-map-to-threads", "::mlir::func::FuncOp"> {
  let summary = "parallel loops of a workgroup to its threads";
  let description = [{
    The points of an outermost `scf.parallel`, numbered with the last dimension
    fastest, go to the threads in turn: thread t takes t, t + T, t + 2T, ... A
    loop inside a parallel loop, and a reduction, stays sequential in a thread.
    What writes memory outside of parallel loops is done by thread 0. A barrier
    stands wherever a step reads or writes a buffer that an earlier step wrote, or
    writes one that it read.

    T is the function's `tercet.workgroup_size`.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::arith::ArithDialect"];
}

def GPULowerRowsAttention : Pass<"gpu-lower-rows-attention", "::mlir::func::FuncOp"> {
  let summary = "rows.attention over memrefs to parallel loops of a workgroup";
  let description = [{
    A workgroup has `rows` rows (of the op's `config`: queries times the query heads
    that share a key head) and takes `keys` keys at a time, with a running maximum
    and sum; scores, probabilities and sums meet in shared memory. Where the config
    names an `engine` of floats, both products take its matrix instructions.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::gpu::GPUDialect"];
}

def GPULowerRowsNearest : Pass<"gpu-lower-rows-nearest", "::mlir::func::FuncOp"> {
  let summary = "rows.nearest over memrefs to matrix instructions of waves";
  let description = [{
    Where the op's `config` names an `engine` of floats: a wave has 32 rows, or 16, of
    the workgroup's and takes some tiles of vectors at a time; least scores and their
    numbers stay in registers. Waves that share rows have every so many blocks of
    vectors each, and what lanes found meets in shared memory. Without an engine the op
    is left to `lower-rows-nearest`.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::gpu::GPUDialect"];
}

def GPULowerRowsScan : Pass<"gpu-lower-rows-scan", "::mlir::func::FuncOp"> {
  let summary = "rows.scan and rows.causal_conv over memrefs to threads";
  let description = [{
    Sixteen threads share a value of a head, each with every sixteenth of its states
    in registers over a block of steps; `gpu.shuffle` adds them up in the order that
    `latent.scan` states. Of a convolution a thread has a channel and a part of the
    steps. Needs `threads` in the op's `config`.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def GPUSharedMemory : Pass<"gpu-shared-memory", "::mlir::ModuleOp"> {
  let summary = "allocations of a workgroup to shared memory";
  let description = [{
    Each `memref.alloc` outside of parallel loops becomes a global in shared memory
    (address space 3), live for the whole kernel; `memref.dealloc` goes. Sizes must
    be static; a kernel may take `limit` bytes. Sets `tercet.shared_bytes`. A
    `memref.alloc` inside a parallel loop, where each thread would need its own,
    is an error. A `memref.alloca` is memory of a thread.
  }];
  let options = [Option<"limit", "limit", "int64_t", /*default=*/"49152",
                        "bytes of shared memory that a workgroup may have">,
                 Option<"privateSpace", "private-space", "unsigned", /*default=*/"0",
                        "address space of a thread's own memory">];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def GPUKernelABI : Pass<"gpu-kernel-abi", "::mlir::ModuleOp"> {
  let summary = "kernel functions over memrefs to kernels over pointers";
  let description = [{
    A function becomes an `llvm.func` with a global pointer (address space 1) for
    each memref argument and an i64 for each index argument
    (runtime/include/tercet/kernel.h); the memref descriptors are built in its
    body from static shapes and `tercet.dims`. Block and thread numbers and
    barriers become those of the vendor: `nvvm` or `rocdl`. Bodies stay as they
    are otherwise.
  }];
  let options = [Option<"vendor", "vendor", "std::string", /*default=*/"\"nvvm\"",
                        "nvvm or rocdl">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::NVVM::NVVMDialect",
                           "::mlir::ROCDL::ROCDLDialect",
                           "::mlir::arith::ArithDialect"];
}

def GPURelaxAtomics : Pass<"gpu-relax-atomics", "::mlir::ModuleOp"> {
  let summary = "atomics of shared memory order nothing but themselves";
  let description = [{
    `llvm.atomicrmw` on shared memory becomes monotonic and of the workgroup's
    scope; barriers order what is read afterwards. One of other memory is an error.
  }];
  let options = [Option<"vendor", "vendor", "std::string", /*default=*/"\"nvvm\"",
                        "nvvm or rocdl">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def GPUVerifyLowered : Pass<"gpu-verify-lowered", "::mlir::ModuleOp"> {
  let summary = "only operations that LLVM IR can express are left";
  let description = [{
    Names the first operation of a kernel that no lowering took, with its place,
    where translation would fail without one.
  }];
}

#endif
