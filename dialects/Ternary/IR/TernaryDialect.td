//===- TernaryDialect.td - dialect definition ------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_TERNARY_IR_TERNARYDIALECT
#define TERCET_DIALECTS_TERNARY_IR_TERNARYDIALECT

include "mlir/IR/OpBase.td"

def Ternary_Dialect : Dialect {
  let name = "ternary";
  let cppNamespace = "::tercet::ternary";
  let summary = "1.58-bit ternary weights with N:M sparsity";
  let description = [{
    Linear layers whose weights take the values -1, 0 and 1, as BitNet b1.58
    (arXiv 2402.17764) and Sparse-BitNet (arXiv 2603.05168) define them. Weights
    keep their encoded form (1.25 to 2 bits each) until they are in registers.

    The integer part is exact on every target: a `ternary.matmul` gives the same
    32-bit integers everywhere. Only the float epilogue may round differently.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

#endif
