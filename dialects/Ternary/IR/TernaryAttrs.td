//===- TernaryAttrs.td - sparsity and code attributes ----------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_TERNARY_IR_TERNARYATTRS
#define TERCET_DIALECTS_TERNARY_IR_TERNARYATTRS

include "dialects/Ternary/IR/TernaryDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Ternary_SparsityAttr : AttrDef<Ternary_Dialect, "Sparsity"> {
  let mnemonic = "sparsity";
  let summary = "N:M sparsity along the input dimension";
  let description = [{
    Of every `m` consecutive weights of an output row (along K, the input
    dimension) at most `n` are nonzero: `#ternary.sparsity<2:4>`. With `exact`
    exactly `n` are nonzero: `#ternary.sparsity<3:4, exact>` (Sherry, arXiv
    2601.07892). "At most" is what masking followed by rounding yields
    (Sparse-BitNet, arXiv 2603.05168): a kept weight may still round to 0.

    Verifier: TERNARY-S1: 0 < n < m. TERNARY-S2: m <= 64.
  }];
  let parameters = (ins "int64_t":$n, "int64_t":$m, "bool":$exact);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Ternary_CodeKind : I32EnumAttr<"CodeKind", "storage code of small integers", [
    I32EnumAttrCase<"I2", 0, "i2">,
    I32EnumAttrCase<"T5", 1, "t5">,
    I32EnumAttrCase<"B33", 2, "b33">,
    I32EnumAttrCase<"C5", 3, "c5">,
    I32EnumAttrCase<"I8", 4, "i8">]> {
  let cppNamespace = "::tercet::ternary";
  let genSpecializedAttr = 0;
}

def Ternary_CodeAttr : AttrDef<Ternary_Dialect, "Code"> {
  let mnemonic = "code";
  let summary = "how trits, or 8-bit weights, are stored";
  let description = [{
    The storage code of a trit tensor, used as its encoding:
    `tensor<256x64x!ternary.trit, #ternary.code<i2>>`, optionally with the
    sparsity that the weights obey:
    `#ternary.code<b33, #ternary.sparsity<2:4>>`.

    | code  | weights a 32-bit word | bits a weight | holds |
    |-------|-----------------------|---------------|-------|
    | `i2`  | 16 | 2.0   | any trits |
    | `t5`  | 20 | 1.6   | any trits |
    | `b33` | 24 | 1.333 | at most 2 of 4 nonzero |
    | `c5`  | 24 | 1.333 | exactly 3 of 4 nonzero |
    | `i8`  | 4  | 8.0   | any i8: weights that are no trits |

    All codes store rows as streams of little-endian 32-bit words and interleave
    the words of 16 output rows (a panel); see docs/codes.md.

    Verifier: TERNARY-C1: `b33` needs a sparsity of at most 2:4.
    TERNARY-C2: `c5` needs sparsity 3:4 exact.
  }];
  let parameters = (ins "::tercet::ternary::CodeKind":$kind,
                        OptionalParameter<"::tercet::ternary::SparsityAttr">:$sparsity);
  let assemblyFormat = "`<` $kind (`,` $sparsity^)? `>`";
  let genVerifyDecl = 1;
}

def Ternary_QuantMode : I32EnumAttr<"QuantMode", "activation quantisation rule", [
    I32EnumAttrCase<"AbsmaxI8", 0, "absmax_i8">,
    I32EnumAttrCase<"AbsmeanI4", 1, "absmean_i4">]> {
  let cppNamespace = "::tercet::ternary";
  let genSpecializedAttr = 0;
}
def Ternary_QuantModeAttr : EnumAttr<Ternary_Dialect, Ternary_QuantMode, "mode"> {
  let summary = "activation quantisation rule";
  let assemblyFormat = "`<` $value `>`";
}

#endif
