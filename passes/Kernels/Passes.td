//===- Passes.td - from kernel functions to target code --------*- tablegen -*-===//
#ifndef TERCET_PASSES_KERNELS_PASSES
#define TERCET_PASSES_KERNELS_PASSES

include "mlir/Pass/PassBase.td"

def TileKernels : Pass<"tile-kernels", "::mlir::ModuleOp"> {
  let summary = "tile every kernel's root op over a grid of workgroups";
  let description = [{
    Asks the module's target for each kernel's `config` (tile sizes, engine) and
    tiles the root op with it into one `scf.forall`; fills of its inits go along.
    A tile size of 0 leaves a loop whole; only parallel loops are tiled.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect",
                           "::mlir::tensor::TensorDialect"];
}

def BufferizeKernels : Pass<"bufferize-kernels", "::mlir::ModuleOp"> {
  let summary = "kernel functions from tensors to memrefs";
  let description = [{
    Results become trailing memref arguments (before the index arguments) that the
    kernel writes in place; inputs become read-only memrefs. Sets `tercet.access`
    on the arguments and `tercet.grid` on the function. Each kernel is bufferized
    alone: its size does not depend on the model.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ExpandMath : Pass<"expand-math"> {
  let summary = "maths functions to arithmetic that every target has";
  let description = [{
    No call to libm or to a vendor's device library may survive. What stays are
    operations with an exact instruction or an exact expansion in LLVM: sqrt, fma,
    absf, copysign, roundings. The rest becomes upstream's polynomials and
    expansions over these, the same on every target, so that CPU and GPU agree to
    the bit. f16 and bf16 are computed in f32; a function of f64 has no polynomial
    and is an error. `arith.maximumf` and `arith.minimumf` become comparisons that
    order zeros, which upstream's later expansion of them does not.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def DistributeWorkgroups : Pass<"distribute-workgroups", "::mlir::func::FuncOp"> {
  let summary = "scf.forall over tiles to workgroups";
  let description = [{
    Mode `loop` (CPU): two more index arguments, the first and one past the last
    workgroup, and a loop over them. Mode `grid` (GPU): the workgroup is
    `gpu.block_id x`. Either way a workgroup's number is delinearized into tile
    offsets, the last tile dimension fastest.
  }];
  let options = [Option<"mode", "mode", "std::string", /*default=*/"\"loop\"",
                        "loop or grid">];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect"];
}

def LowerRowsMatmul : Pass<"lower-rows-matmul", "::mlir::func::FuncOp"> {
  let summary = "rows.matmul over memrefs to vectors or threads";
  let description = [{
    Generates the product of one tile from a code's decoder, a dot engine and the
    op's epilogue region. The op's `config` says how: `engine` (a registered dot
    engine), `row_block` (rows that share a decoded word), `prefetch` (bytes ahead
    in the weights), `threads` (GPU: threads of a workgroup), `exact_tail` (one to
    three rows left over of a dynamic number are one block, not single rows).
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect"];
}

def LowerRowsGroupedMatmul
    : Pass<"lower-rows-grouped-matmul", "::mlir::func::FuncOp"> {
  let summary = "grouped products over memrefs to plain ones on views";
  let description = [{
    A loop over rows, or over slices and blocks of their sorted rows, around a
    rows.matmul or rows.float_matmul with the same config and epilogue. Weights are read where they
    are; only sorted rows that an index picks from the input are copied, 16 at a
    time.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def LowerRowsFloatMatmul
    : Pass<"lower-rows-float-matmul", "::mlir::func::FuncOp"> {
  let summary = "rows.float_matmul over memrefs to vectors or threads";
  let description = [{
    Blocks of four rows and four outputs in 16-lane vectors; with `threads` in the
    op's `config` (GPU) a parallel loop over outputs instead. Weights of 4 bits are
    decoded 16 at a time, by a table in a register where `permute16` is in the
    `config` (AVX-512).
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def LowerRowsInsert : Pass<"lower-rows-insert", "::mlir::func::FuncOp"> {
  let summary = "rows.insert over memrefs to a copy into a view of the state";
  let description = [{
    ```mlir
    rows.insert ins(%x : memref<?x64xf32>) at(%o) outs(%s : memref<512x64xf32>)
    // becomes
    %v = memref.subview %s[%o, 0] [%m, 64] [1, 1] : ...
    linalg.generic {copy} ins(%x) outs(%v)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect"];
}

def LowerRowsNearest : Pass<"lower-rows-nearest", "::mlir::func::FuncOp"> {
  let summary = "rows.nearest over memrefs to vectors or threads";
  let description = [{
    On vectors a lane has a row, and products are register blocks of `block` vectors
    by `row_vectors` registers of `lanes` rows; the least score and its number stay in
    registers. With `threads` in the op's `config` (GPU) threads share a row's
    vectors and compare what they found.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def LowerRowsSegmentSum : Pass<"lower-rows-segment-sum", "::mlir::func::FuncOp"> {
  let summary = "rows.segment_sum over memrefs to loops or threads";
  let description = [{
    Row after row is added to the sums of its number. With `threads` in the op's
    `config` (GPU) a thread has a column.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect"];
}

def LowerRowsSelect : Pass<"lower-rows-select", "::mlir::func::FuncOp"> {
  let summary = "rows.select over memrefs to loops";
  let description = [{
    Sixteen passes over the keys find the k-th largest, two bits each, and one
    writes what is chosen in order. With `threads` in the op's config each thread
    of a workgroup finds it and writes a part.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect"];
}

def LowerRowsTopK : Pass<"lower-rows-topk", "::mlir::func::FuncOp"> {
  let summary = "rows.topk and rows.group over memrefs to loops or threads";
  let description = [{
    Any k and any number of columns, without tables: each pick is the greatest
    64-bit key of value and column below the last one. With `threads` in the op's
    `config` (GPU) a thread has a row; the counting sort of rows.group runs on one
    thread.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect"];
}

def LowerRowsQuantize : Pass<"lower-rows-quantize", "::mlir::func::FuncOp"> {
  let summary = "rows.quantize, norm and pack over memrefs to vectors or threads";
  let description = [{
    Rows are taken 16 columns at a time; reductions are 16 strided partial sums,
    combined as a tree, whatever the machine. With `threads` in the op's `config`
    (GPU) a thread has a row of its own, else the rows are a loop.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::gpu::GPUDialect"];
}

def LowerRowsScan : Pass<"lower-rows-scan", "::mlir::func::FuncOp"> {
  let summary = "rows.causal_conv and rows.scan over memrefs to vectors";
  let description = [{
    The state is read, kept in registers over a block of steps and written back in
    place. Lanes lie along the channels of a convolution and along the states of a
    scan, whose sums have the order that `latent.scan` states. Many steps of a scan are
    products of matrices, `chunk` (of the op's `config`) steps at once, in blocks of
    `row_block` rows and `vectors` vectors, with `fma` where there is one.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def LowerRowsAttention : Pass<"lower-rows-attention", "::mlir::func::FuncOp"> {
  let summary = "rows.attention over memrefs to vectors";
  let description = [{
    Blocks of keys with a running maximum and sum; see the op. Many rows lie along
    the lanes and the products are register blocks; with at most a vector of rows
    the lanes lie along the width of a key. The op's `config` says how: `lanes`
    (floats of a vector), `fma` (whether there is a fused multiply-add),
    `row_vectors` (vectors of rows in a register block), `key_block` (keys, or
    columns of the result, in a register block), `keys` (of a block).
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

#endif
