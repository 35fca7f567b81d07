//===- Passes.td - from the model level to the rows level ------*- tablegen -*-===//
#ifndef TERCET_PASSES_ROWS_PASSES
#define TERCET_PASSES_ROWS_PASSES

include "mlir/Pass/PassBase.td"

def AssignTargets : Pass<"assign-targets", "::mlir::ModuleOp"> {
  let summary = "clone the module once per target";
  let description = [{
    Moves the module's contents into one nested module per target, each with a
    `tercet.target` attribute: from here on every target has its own copy.

    ```mlir
    module { func.func @f ... }
    // with targets=cpu:x86-64-v3,hip:gfx942 becomes
    module {
      module @target_0 attributes {tercet.target = "cpu:x86-64-v3"} { func.func @f ... }
      module @target_1 attributes {tercet.target = "hip:gfx942"} { func.func @f ... }
    }
    ```
  }];
  let options = [ListOption<"targets", "targets", "std::string",
                            "target strings, e.g. cpu:host">];
}

def SelectCodes : Pass<"select-codes", "::mlir::ModuleOp"> {
  let summary = "choose a storage code for every ternary weight";
  let description = [{
    Puts a `ternary.encode` between a ternary weight and its uses where there is
    none, with the code that the cost rule (`ternary::chooseCode`) or the option
    says. The sparsity that a weight obeys is the `ternary.sparsity` attribute of
    its global, or of the `ternary.ternarize` that makes it. The rule knows the
    target's decoders only where all targets of the program have the same ones;
    else one choice serves all, and weights are stored once.

    ```mlir
    %y = ternary.matmul %q, %w : tensor<?x64xi8>, tensor<256x64x!ternary.trit> -> ...
    // becomes
    %e = ternary.encode %w : ... -> tensor<256x64x!ternary.trit, #ternary.code<t5>>
    %y = ternary.matmul %q, %e : ...
    ```
  }];
  let options = [Option<"code", "code", "std::string", /*default=*/"\"\"",
                        "use this code for every weight that it can hold">,
                 Option<"decoder", "decoder", "std::string", /*default=*/"\"\"",
                        "how the target's CPU decodes: portable, avx512 or "
                        "avx512vbmi (default: not known)">];
  let dependentDialects = ["::tercet::ternary::TernaryDialect"];
  let statistics = [Statistic<"numEncoded", "weights-encoded",
                              "weights that were given a code">];
}

def LowerStateUpdates : Pass<"lower-state-updates", "::mlir::ModuleOp"> {
  let summary = "tensor.insert_slice of rows into a state to rows.insert";
  let description = [{
    The destination is a state's value or another such update of it. A `rows.limit`
    keeps the rows inside of the state. Other uses of tensor.insert_slice fail.

    ```mlir
    %c0 = ml_program.global_load @cache : tensor<512x64xf32>
    %c1 = tensor.insert_slice %k into %c0[%position, 0] [%m, 64] [1, 1]
        : tensor<?x64xf32> into tensor<512x64xf32>
    // becomes
    rows.limit %position, %m at_most 512 "rows of state 'cache'"
    %c1 = rows.insert ins(%k : tensor<?x64xf32>) at(%position)
        outs(%c0 : tensor<512x64xf32>) -> tensor<512x64xf32>
    ```
  }];
  let dependentDialects = ["::tercet::rows::RowsDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def DecomposeLatent : Pass<"decompose-latent", "::mlir::ModuleOp"> {
  let summary = "latent ops but moe and experts to rows, ternary and linalg";
  let description = [{
    Norms become `rows.norm`, routers `rows.float_matmul` with the score in its
    epilogue and `rows.topk`, projections `ternary.linear` or `rows.float_matmul`,
    combine, embed and rotary linalg. `latent.moe` has to be taken apart first.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect", "::tercet::rows::RowsDialect",
    "::tercet::ternary::TernaryDialect"];
}

def DecomposeClusters : Pass<"decompose-clusters"> {
  let summary = "spatial.kmeans_assign and kmeans_update to rows kernels";
  let description = [{
    Assign becomes `rows.nearest`, update `rows.segment_sum`; squared lengths and
    means are linalg. `spatial.kmeans` is expanded by `decompose-spatial` before.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::tercet::rows::RowsDialect"];
}

def DecomposeBlockAttention : Pass<"decompose-block-attention"> {
  let summary = "spatial.block_attention and block_order to rows";
  let description = [{
    They become `rows.attention` and `rows.group`. Offsets that are constants of equal blocks become a `block_size`; others stay
    operands. Runs behind `decompose-spatial`, which makes the offsets of an order
    constants.

    ```mlir
    %o = arith.constant dense<[0, 64, 128]> : tensor<3xi32>
    %y, %lse = spatial.block_attention %q, %k, %v mask(%m, %o, %o : ...) scale(0.125) : ...
    // becomes
    %y = rows.attention scale(0.125) ins(%q, %k, %v : ...) length(%c128)
        blocks(%m : tensor<8x2x2xi8>) block_size([64, 64]) outs(%init : ...) -> ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect",
                           "::tercet::rows::RowsDialect"];
}

def DecomposeExperts : Pass<"decompose-experts", "::mlir::ModuleOp"> {
  let summary = "latent.experts to grouped products over encoded weights";
  let description = [{
    A remark says which strategy an op takes: `pairs`, a product for each token and
    chosen expert, or `grouped`, pairs sorted by expert. The op's own `strategy`
    comes first, then the option, then the rule: pairs where four times their
    number is at most the number of experts.
  }];
  let options = [Option<"strategy", "strategy", "std::string",
                        /*default=*/"\"auto\"", "auto, pairs or grouped">];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect", "::tercet::rows::RowsDialect"];
  let statistics = [Statistic<"numDecomposed", "experts-decomposed",
                              "latent.experts ops that were decomposed">];
}

def DecomposeTernary : Pass<"decompose-ternary", "::mlir::ModuleOp"> {
  let summary = "ternary ops to rows ops";
  let description = [{
    `ternary.linear` becomes `rows.quantize` and `rows.matmul` with the scale and
    bias in its epilogue; `ternary.quantize` and `ternary.matmul` become their rows
    counterparts. A weight's chain (global, ternarize, encode) becomes a
    `rows.weight` declaration: what the compiler does to its data when it writes
    the artifact. Assumes `select-codes` has run; fails on a weight that is not a
    global.
  }];
  let dependentDialects = ["::tercet::rows::RowsDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::math::MathDialect"];
}

def BindWeights : Pass<"bind-weights", "::mlir::ModuleOp"> {
  let summary = "external globals to rows.weight";
  let description = [{
    Turns every other `ml_program.global_load_const` of an external global into a
    `rows.load_weight` of an identity `rows.weight`, and drops globals without use.
  }];
  let dependentDialects = ["::tercet::rows::RowsDialect"];
}

def DecomposeConcat : Pass<"decompose-concat", "::mlir::func::FuncOp"> {
  let summary = "tensor.concat as elementwise work";
  let description = [{
    Each element of the result is selected from the operand whose range it lies in.
    Sizes along the axis are static.

    ```mlir
    %y = tensor.concat dim(0) %a, %b : (tensor<2x8xf32>, tensor<3x8xf32>) -> tensor<5x8xf32>
    // becomes
    %y = linalg.generic {iterator_types = ["parallel", "parallel"]} outs(%empty : tensor<5x8xf32>) {
      ... tensor.extract %a ... tensor.extract %b ... arith.select
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def GeneralizeNamedOps : Pass<"generalize-named-ops", "::mlir::func::FuncOp"> {
  let summary = "named linalg ops, except fills, to linalg.generic";
  let description = [{
    ```mlir
    %y = linalg.matmul ins(%a, %b) outs(%init)
    // becomes
    %y = linalg.generic {iterator_types = ["parallel", "parallel", "reduction"]} ...
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def FuseElementwise : Pass<"fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "chains of elementwise linalg ops to one op";
  let description = [{
    Upstream's elementwise fusion where it repeats no work: never into a reduction,
    and only where the consumer reads each element of the producer once.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def FuseGathers : Pass<"fuse-gathers", "::mlir::func::FuncOp"> {
  let summary = "rows that a set picks, read by their users where they lie";
  let description = [{
    A `linalg.generic` that gives rows `source[index[r], c]` goes where all of its
    users are `rows.float_matmul`, which then take the index, and elementwise ops,
    which then read the source themselves; one product at least.

    ```mlir
    %rows = linalg.generic ... ins(%index) { tensor.extract %source[...] }
    %y = rows.float_matmul ins(%rows, %w : ...)
    // becomes
    %y = rows.float_matmul ins(%source, %w : ...) index(%index : tensor<?xi32>)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def FuseEpilogues : Pass<"fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "pull elementwise consumers into products";
  let description = [{
    An elementwise `linalg.generic` whose one input is the only use of the result of a
    `rows.matmul` or `rows.float_matmul` becomes part of its epilogue region. Its further operands
    must be read by (), (r), (n) or (r, n).

    ```mlir
    %y = rows.matmul ... { rows.yield %v }
    %z = linalg.generic {relu} ins(%y)
    // becomes
    %z = rows.matmul ... { %r = arith.maximumf %v, %zero  rows.yield %r }
    ```
  }];
  let statistics = [Statistic<"numFused", "epilogues-fused",
                              "elementwise ops pulled into an epilogue">];
}

def OutlineKernels : Pass<"outline-kernels", "::mlir::ModuleOp"> {
  let summary = "one function over tensors per kernel";
  let description = [{
    Every rows op and linalg op of an entry function, with the constants, fills and
    empty tensors it needs, becomes a function in the nested module @kernels, run
    by a `rows.dispatch`. Weights, scales and sizes are arguments, so equal layers
    give equal functions. Fails on ops over tensors that no kernel can be made of,
    naming each kind once with its count and place.
  }];
  let dependentDialects = ["::tercet::rows::RowsDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def MergeKernels : Pass<"merge-kernels", "::mlir::ModuleOp"> {
  let summary = "one function for equal kernels, with stable names";
  let description = [{
    Kernel functions that are equal but for their name become one. A kernel's name
    is made of what it computes and a digest of its text: the same in every module.
  }];
  let statistics = [Statistic<"numMerged", "kernels-merged",
                              "functions replaced by an equal one">];
}

#endif
