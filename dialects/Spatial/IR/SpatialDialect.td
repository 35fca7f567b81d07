//===- SpatialDialect.td - dialect definition ------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALDIALECT
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALDIALECT

include "mlir/IR/OpBase.td"

def Spatial_Dialect : Dialect {
  let name = "spatial";
  let cppNamespace = "::tercet::spatial";
  let summary = "tokens and tiles of a video that are computed just in time";
  let description = [{
    Only the tokens and tiles of a (t, h, w) grid that matter now are computed:
    subsets of tokens that grow from stage to stage (Just-in-Time spatial
    acceleration, arXiv 2603.10744), attention over chosen pairs of tiles
    (arXiv 2505.13389, 2505.16864, 2505.18875, 2506.19852), streams of chunks with a
    history (arXiv 2603.04379), and k-means (arXiv 2603.09229).

    Symbols: N tokens of the grid, m of them active, d values a token, H heads.
    Tokens are numbered in raster order, n = (t * h + y) * w + x. Sets of tokens are
    i32 [m], ascending and without duplicates; how many they are is static, which
    ones is data. Everything is exact: a result is a function of the operands to
    the bit where the op's description gives an order of operations, on every
    target.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif
