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
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif
