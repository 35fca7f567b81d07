//===- RowsEnums.td - enums (apart: tblgen emits all it sees) --*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSENUMS
#define TERCET_DIALECTS_ROWS_IR_ROWSENUMS

include "mlir/IR/EnumAttr.td"

def Rows_WeightTransform : I32EnumAttr<"WeightTransform", "what the compiler does to bound data", [
    I32EnumAttrCase<"Identity", 0, "identity">,
    I32EnumAttrCase<"Encode", 1, "encode">,
    I32EnumAttrCase<"TernarizeEncode", 2, "ternarize_encode">,
    I32EnumAttrCase<"TernarizeScale", 3, "ternarize_scale">]> {
  let cppNamespace = "::tercet::rows";
}

#endif
