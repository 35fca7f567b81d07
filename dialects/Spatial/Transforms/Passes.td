//===- Passes.td - passes over the spatial dialect -------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_PASSES
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def DecomposeSpatial : Pass<"decompose-spatial"> {
  let summary = "spatial ops that are work on elements, as linalg";
  let description = [{
    Every op that has no kernel of its own becomes linalg, in the order of
    operations of its description; compiled code and the reference path
    (`tercet-to-reference`) share this pass. What has one stays, and is lowered by
    the passes behind this one.
  }];
  let options = [
    Option<"reference", "reference", "bool", "false",
      "also ops that have a kernel of their own, as plain linalg">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::tercet::rows::RowsDialect"];
}

def LowerSample : Pass<"spatial-lower-sample"> {
  let summary = "samplers as straight code";
  let description = [{
    A `spatial.sample` becomes the ops of its steps, with a copy of its region for
    each. Nothing that depends on the step's number goes into an op but through
    a tensor of one value, so that the kernels of a stage's steps are the same. The
    copies begin with casts that forget sizes; see `spatial-refine-sizes`.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def SplitSample : Pass<"spatial-split-sample", "::mlir::ModuleOp"> {
  let summary = "an entry point for each step of a sampler with checkpoints";
  let description = [{
    Beside a public function @f whose `spatial.sample` has `checkpoints` it makes
    @f_step0, @f_step1, ... with the same arguments, each of which does one step on
    states of the module. @f stays as it is.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::mlir::ml_program::MLProgramDialect"];
}

def RefineSizes : Pass<"spatial-refine-sizes"> {
  let summary = "sizes that are known, from operands to results";
  let description = [{
    Moves every `tensor.cast` that forgets sizes behind its users: through
    elementwise ops, ops with ReifyRankedShapedTypeOpInterface, and, by upstream's
    canonicalizations, linalg, tensor and destination-style ops. A module without
    such casts is not changed.

    ```mlir
    %0 = tensor.cast %x : tensor<6x4xf32> to tensor<?x4xf32>
    %1 = arith.negf %0 : tensor<?x4xf32>
    ```
    becomes
    ```mlir
    %0 = arith.negf %x : tensor<6x4xf32>
    %1 = tensor.cast %0 : tensor<6x4xf32> to tensor<?x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

#endif
