//===- Passes.td - passes over the ternary dialect -------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_TERNARY_TRANSFORMS_PASSES
#define TERCET_DIALECTS_TERNARY_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def ToReference : Pass<"tercet-to-reference", "::mlir::ModuleOp"> {
  let summary = "every public op as plain linalg on unencoded tensors";
  let description = [{
    The path that every optimised one is checked against: no storage codes, no
    fusion, no target code. Ops of the ternary and latent dialects become linalg,
    tensor, arith and math in the order of float operations that their
    documentation states; a tensor of trits becomes a tensor of i8. What comes out goes through MLIR's ordinary CPU lowering.

    An external weight becomes an argument behind the function's own, in the order
    of the globals in the module, with its key as `tercet.name`, so that whoever
    runs the function feeds the weights as well. Calls are inlined first; a weight
    in a function that is still called is an error.

    ```mlir
    ml_program.global private @w(#ml_program.extern : tensor<4x8x!ternary.trit>) : tensor<4x8x!ternary.trit>
    func.func @f(%q: tensor<2x8xi8>) -> tensor<2x4xi32> {
      %w = ml_program.global_load_const @w : tensor<4x8x!ternary.trit>
      %y = ternary.matmul %q, %w : ...
    // becomes
    func.func @f(%q: tensor<2x8xi8>, %w: tensor<4x8xi8> {tercet.name = "w"}) -> tensor<2x4xi32> {
      %y = linalg.generic ...
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::tercet::ternary::TernaryDialect"];
}

#endif
