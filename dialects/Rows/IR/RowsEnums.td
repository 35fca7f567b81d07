//===- RowsEnums.td - enums (apart: tblgen emits all it sees) --*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSENUMS
#define TERCET_DIALECTS_ROWS_IR_ROWSENUMS

include "mlir/IR/EnumAttr.td"

def Rows_WeightTransform : I32EnumAttr<"WeightTransform", "what the compiler does to bound data", [
    I32EnumAttrCase<"Identity", 0, "identity">,
    I32EnumAttrCase<"Encode", 1, "encode">,
    I32EnumAttrCase<"TernarizeEncode", 2, "ternarize_encode">,
    I32EnumAttrCase<"TernarizeScale", 3, "ternarize_scale">,
    I32EnumAttrCase<"Bytes", 4, "bytes">]> {
  let cppNamespace = "::tercet::rows";
}

def Rows_BlockFormat : I32EnumAttr<"BlockFormat", "4-bit floats with a scale for each block of columns", [
    I32EnumAttrCase<"NVFP4", 0, "nvfp4">,
    I32EnumAttrCase<"MXFP4", 1, "mxfp4">]> {
  let cppNamespace = "::tercet::rows";
}

#endif
