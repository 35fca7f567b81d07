//===- Passes.td - passes of the CPU target --------------------*- tablegen -*-===//
#ifndef TERCET_TARGETS_CPU_PASSES
#define TERCET_TARGETS_CPU_PASSES

include "mlir/Pass/PassBase.td"

def CPUKernelABI : Pass<"cpu-kernel-abi", "::mlir::ModuleOp"> {
  let summary = "kernel functions to the CPU kernel ABI";
  let description = [{
    `func.func @k(memrefs, index..., begin, end)` becomes `llvm.func @k(ptr)` that
    unpacks a `tercet_kernel_args` (runtime/include/tercet/kernel.h) and calls an
    internal function with one pointer per buffer; LLVM inlines it, and what its
    pointers promise (noalias, read-only) survives as metadata.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def CPUExpandCopies : Pass<"cpu-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "memref.copy to loops";
  let description = [{
    A kernel has no memcpy to call: copies become linalg ops, and then loops.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def CPUScratch : Pass<"cpu-scratch", "::mlir::func::FuncOp"> {
  let summary = "temporary buffers of a kernel to its worker's scratch memory";
  let description = [{
    Gives the kernel one more memref argument, marked `tercet.scratch`, behind its
    buffers, and makes every `memref.alloc` and `memref.alloca` a view of it at an
    offset of its own. `tercet.scratch_bytes` on the function is its size.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def CPUExpandFloats : Pass<"cpu-expand-floats", "::mlir::func::FuncOp"> {
  let summary = "float operations that the CPU lacks to those it has";
  let description = [{
    A kernel can call no library: conversions between f16 and f32 (`half`) and the
    fused multiply-add of f32 (`fma`) become exact arithmetic where there is no
    instruction. Conversions between f64 and the half types, and remainders of
    floats, are an error.
  }];
  let options = [Option<"half", "half", "bool", "false", "expand f16 conversions">,
                 Option<"fma", "fma", "bool", "false", "expand math.fma">];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif
