//===- SpatialAttrs.td - the grid ------------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALATTRS
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALATTRS

include "dialects/Spatial/IR/SpatialDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Spatial_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::tercet::spatial";
  let genSpecializedAttr = 0;
}

/// Printed as a word.
class Spatial_WordAttr<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::tercet::spatial";
}

def Spatial_AnchorPatternAttr : Spatial_WordAttr<"AnchorPattern",
    "the tokens that a set of anchors begins with", [
  I32EnumAttrCase<"CheckerBorder", 0, "checker_border">,
  I32EnumAttrCase<"Stride", 1, "stride">]>;

def Spatial_GridAttr : AttrDef<Spatial_Dialect, "Grid"> {
  let mnemonic = "grid";
  let summary = "a grid of tokens, cut into tiles";
  let description = [{
    `frames` x `height` x `width` tokens in raster order. `tile` is the size of a
    tile along each axis, one token where it is not given; tiles are numbered in
    raster order of tiles and hold their tokens in raster order, those at the far
    edges are smaller where a tile does not divide the grid.

    Verifier: SPATIAL-G1: sizes are positive and N = frames * height * width fits
    into 31 bits. SPATIAL-G2: a tile has three sizes, each from 1 to the grid's.

    ```mlir
    #spatial.grid<1, 64, 64>
    #spatial.grid<4, 16, 16, tile = [4, 4, 4]>
    ```
  }];
  let parameters = (ins "int64_t":$frames, "int64_t":$height, "int64_t":$width,
                        OptionalArrayRefParameter<"int64_t">:$tile);
  let assemblyFormat = [{
    `<` $frames `,` $height `,` $width
        (`,` `tile` `=` `[` $tile^ `]`)? `>`
  }];
  let extraClassDeclaration = [{
    /// N.
    int64_t getTokens() const { return getFrames() * getHeight() * getWidth(); }
    /// frames, height, width.
    std::array<int64_t, 3> getSizes() const {
      return {getFrames(), getHeight(), getWidth()};
    }
    /// Of a tile: 1, 1, 1 where none is given.
    std::array<int64_t, 3> getTileSizes() const;
    /// Tiles along each axis.
    std::array<int64_t, 3> getTileCounts() const;
    int64_t getTiles() const;
    /// Whether all tiles have the same size.
    bool hasEqualTiles() const;
    /// Tokens of a tile that is whole.
    int64_t getTileVolume() const;
  }];
  let genVerifyDecl = 1;
}

#endif
