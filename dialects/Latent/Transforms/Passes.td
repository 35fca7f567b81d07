//===- Passes.td - passes over the latent dialect --------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_PASSES
#define TERCET_DIALECTS_LATENT_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def DecomposeMoe : Pass<"latent-decompose-moe"> {
  let summary = "a mixture-of-experts block as its parts";
  let description = [{
    Rewrites `latent.moe` to `latent.route`, `latent.project`, `latent.experts`,
    `latent.combine` and `latent.rms_norm`, with the shared expert's activation and
    the sums as elementwise linalg, in the order of the op's description.

    The norm of the block becomes the norm of each `latent.project` that reads it
    with an i8 or ternary weight, where it is part of the quantiser, and one
    `latent.rms_norm` for the router and what else reads floats; to the bit they
    are the same. `combine_norm` is the norm of the projection behind it.

    ```mlir
    %y = latent.moe <relu2> #latent.routing<top_k = 2> %x norm(%g : ...) router(%wr : ...)
        down_project(%wd, %sd : ...) up(...) down(...) up_project(%wu, %su : ...) : tensor<?x32xf32>
    // becomes
    %n = latent.rms_norm %x, %g : ...
    %ids, %w = latent.route #latent.routing<top_k = 2> %n, %wr : ...
    %z = latent.project %x, %wd scale(%sd : ...) norm(%g : ...) : ...
    %e = latent.experts <relu2> %z, %ids up(...) down(...) : ...
    %u = latent.combine %e, %w : ...
    %y = latent.project %u, %wu scale(%su : ...) : ...
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numBlocks", "moe-decomposed",
                              "latent.moe ops that were decomposed">];
}

def DecomposeMamba : Pass<"latent-decompose-mamba"> {
  let summary = "a Mamba-2 mixer as its parts";
  let description = [{
    Rewrites `latent.mamba` to `latent.project`, `latent.causal_conv`, `latent.scan`
    and `latent.gated_norm`, in the order of the op's description. What each reads
    of the projection's columns is a `tensor.extract_slice` of it.

    ```mlir
    %y, %c1, %s1 = latent.mamba groups(2) %x in_project(%wi : ...) conv(...) heads(...)
        gate_norm(%g : ...) out_project(%wo : ...) states(%c0, %s0 : ...) : tensor<?x32xf32>
    // becomes
    %p = latent.project %x, %wi : ...
    %z = tensor.extract_slice %p[0, 0] [%t, 64] [1, 1] : ...
    %xbc, %c1 = latent.causal_conv ... state(%c0) : ...
    %u, %s1 = latent.scan ... state(%s0) : ...
    %n = latent.gated_norm groups(2) %u_rows, %z, %g : ...
    %y = latent.project %n, %wo : ...
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numBlocks", "mamba-decomposed",
                              "latent.mamba ops that were decomposed">];
}

#endif
