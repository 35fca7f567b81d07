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

def MoveWeights : Pass<"latent-move-weights"> {
  let summary = "routing weights before or after the experts' second product";
  let description = [{
    Makes routing weights factors of the experts' hidden rows (`to=before`) or of
    their results (`to=after`), in `latent.moe` and in `latent.experts` with the
    `latent.combine` that reads it. Equal in real numbers, since the product
    between is linear without a bias; floats round differently, so no pipeline
    runs it by itself.

    ```mlir
    %e = latent.experts <relu2> %z, %ids up(...) down(...) : ...
    %u = latent.combine %e, %w : ...
    // becomes, with to=before
    %e = latent.experts <relu2> %z, %ids up(...) down(...) weights(%w : ...) : ...
    %u = latent.combine %e : ...
    ```
  }];
  let options = [Option<"to", "to", "std::string", "\"after\"",
                        "before or after">];
  let statistics = [Statistic<"numMoved", "weights-moved",
                              "experts whose weights were moved">];
}

def PruneExperts : Pass<"latent-prune-experts", "::mlir::ModuleOp"> {
  let summary = "drop experts that hardly any token chooses";
  let description = [{
    Layer-adaptive expert pruning (LAEP, arXiv 2601.14327) by a histogram of loads:
    in ascending order of load, ties by number, expert i with load L_i goes where

        L_i <= alpha * mean(L)    and    sum of the loads up to it <= beta * sum(L)

    and what is kept is rounded up to a multiple of `round-to`, the most loaded
    victims staying; at least `min-keep` and top_k stay. Weights of experts, rows
    of the router and the selection bias are picked from by `tercet.select` on their
    globals; `latent.kept` on the op holds the numbers that experts had. A warning
    says how many choices were of experts that are gone: the results change.

    Fails without a histogram, on one of another model (a layer that it does not
    have, another number of experts), on attention routers and on groups that
    would get unequal numbers.

    ```mlir
    // --latent-prune-experts="histogram=experts.json alpha=0.4 beta=0.1 round-to=8"
    ```
  }];
  let options = [
    Option<"histogramFile", "histogram", "std::string", "",
           "what tercet-run --profile-experts wrote">,
    Option<"alpha", "alpha", "double", "1",
           "largest load of a victim, as a multiple of the mean">,
    Option<"beta", "beta", "double", "0.1",
           "largest share of all choices that victims have together">,
    Option<"roundTo", "round-to", "int64_t", "1",
           "the number kept is a multiple of this">,
    Option<"minKeep", "min-keep", "int64_t", "1", "at least so many are kept">];
  let dependentDialects = ["::mlir::ml_program::MLProgramDialect"];
}

def PlaceExperts : Pass<"latent-place-experts", "::mlir::ModuleOp"> {
  let summary = "an order of experts by their loads";
  let description = [{
    Puts the weights of `latent.experts` in the order of slots of `devices` equal
    parts (devices, NUMA nodes, regions of memory): experts, the most loaded first,
    each into the part with the least load so far that has a slot left. For one
    part that is from hot to cold. `replicas` slots more per layer hold copies:
    one more again and again for the expert with the largest load a copy.

    Choices are turned into slots behind the router, copies taking turns by the
    number of the token, so that the results stay the same to the bit.
    `latent.slots` on the op is the expert of each slot; a remark gives the loads.

    ```mlir
    // --latent-place-experts="histogram=experts.json devices=4 replicas=8"
    ```
  }];
  let options = [
    Option<"histogramFile", "histogram", "std::string", "",
           "what tercet-run --profile-experts wrote">,
    Option<"devices", "devices", "int64_t", "1", "parts with as many slots each">,
    Option<"replicas", "replicas", "int64_t", "0", "slots for copies, per layer">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::mlir::ml_program::MLProgramDialect"];
}

def CountExperts : Pass<"latent-count-experts", "::mlir::ModuleOp"> {
  let summary = "histograms of the experts that tokens choose";
  let description = [{
    Every `latent.route` adds to a state `experts.<key of its router>` [E] i64 how
    many slots each expert got.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::mlir::ml_program::MLProgramDialect"];
}

#endif
