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

#endif
