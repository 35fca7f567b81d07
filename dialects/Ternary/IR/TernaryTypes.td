//===- TernaryTypes.td - the trit type -------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_TERNARY_IR_TERNARYTYPES
#define TERCET_DIALECTS_TERNARY_IR_TERNARYTYPES

include "dialects/Ternary/IR/TernaryDialect.td"
include "mlir/IR/AttrTypeBase.td"

def Ternary_TritType : TypeDef<Ternary_Dialect, "Trit"> {
  let mnemonic = "trit";
  let summary = "one of the values -1, 0, 1";
  let description = [{
    The element type of a ternary weight tensor, for instance
    `tensor<256x64x!ternary.trit>`. A tensor of trits is abstract until it
    carries a `#ternary.code` as its encoding; its sparsity, if any, is part of
    that encoding.
  }];
}

def Ternary_TritTensor
    : TypeConstraint<And<[RankedTensorOf<[AnyType]>.predicate,
        CPred<"::llvm::isa<::tercet::ternary::TritType>("
              "::llvm::cast<::mlir::RankedTensorType>($_self).getElementType())">]>,
        "ranked tensor of trits", "::mlir::RankedTensorType">;

#endif
