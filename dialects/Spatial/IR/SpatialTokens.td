//===- SpatialTokens.td - subsets of tokens --------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALTOKENS
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALTOKENS

include "dialects/Spatial/IR/SpatialAttrs.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Spatial_Op<string mnemonic, list<Trait> traits = []>
    : Op<Spatial_Dialect, mnemonic, !listconcat(traits, [Pure])> {
  let hasVerifier = 1;
}

def Spatial_F32 : RankedTensorOf<[F32]>;
def Spatial_I32 : RankedTensorOf<[I32]>;

def Spatial_GatherOp : Spatial_Op<"gather", [
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "rows of the active tokens";
  let description = [{
    `result[j] = input[index[j]]`: [N, d] and [m] give [m, d]. Numbers outside of
    0 .. N-1 are undefined here; an entry point refuses them when it is called
    where the argument has `tercet.range`, and what is no set where it has
    `tercet.ascending` beside it.

    `index` need not be a set; where it is 0 .. N-1, this is `input`.

    Verifier: SPATIAL-T1: input is [N, d], index [m], the result [m, d], all static
    but for m.

    ```mlir
    %rows = spatial.gather %x, %index : tensor<4096x64xf32>, tensor<1433xi32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_I32:$index);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $index attr-dict `:` type($input) `,` type($index)
    `->` type($result)
  }];
  let hasFolder = 1;
}

def Spatial_ScatterOp : Spatial_Op<"scatter", [AllTypesMatch<["base", "result"]>]> {
  let summary = "rows put in the places of the active tokens";
  let description = [{
    `base` [N, d] with row index[j] replaced by update[j], for each of the m rows
    of `update`. `index` is ascending without duplicates. With m = N this is
    `update`.

    Verifier: SPATIAL-T2: base is [N, d], update [m, d], index [m], all static.

    ```mlir
    %y = spatial.scatter %rows, %index into %x
        : tensor<1433x64xf32>, tensor<1433xi32>, tensor<4096x64xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$update, Spatial_I32:$index,
                       Spatial_F32:$base);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $update `,` $index `into` $base attr-dict
    `:` type($update) `,` type($index) `,` type($base)
  }];
  let hasFolder = 1;
}

def Spatial_AnchorsOp : Spatial_Op<"anchors"> {
  let summary = "the set of tokens that a sampler begins with";
  let description = [{
    A set of as many tokens as the result has, of tiles where the grid has tiles:
    they are numbered as the tokens of the grid of tiles, and what follows is about
    that grid. It begins with those of one frame that the pattern names:
    `checker_border`, those with even y and even x and those on the border;
    `stride`, those whose y is a multiple of `stride` or the last, and whose x is,
    too. Where they are too few, those of the rest with the smallest keys are added;
    where they are too many, those with the greatest keys are dropped. The key of
    number n of a frame is the first word of Philox4x32-10 of the counter
    (n, 0, 0, 0) under the key (low word of `seed`, high word); of equal keys the
    smaller n counts as the smaller. Every frame gets the same.

    Known when it is compiled: it folds to a constant.

    Verifier: SPATIAL-T3: the result is [m], a multiple of the frames up to the
    tokens of the grid; the stride is positive.

    ```mlir
    %index = spatial.anchors grid<1, 64, 64> pattern(checker_border) seed(7)
        : tensor<1433xi32>
    ```
  }];
  let arguments = (ins Spatial_GridAttr:$grid,
                       Spatial_AnchorPatternAttr:$pattern,
                       DefaultValuedAttr<I64Attr, "2">:$stride, I64Attr:$seed);
  let results = (outs Spatial_I32:$result);
  let assemblyFormat = [{
    `grid` `` $grid `pattern` `(` $pattern `)` (`stride` `(` $stride^ `)`)?
    `seed` `(` $seed `)` attr-dict `:` type($result)
  }];
  let hasFolder = 1;
}

def Spatial_NearestOp : Spatial_Op<"nearest"> {
  let summary = "for every token the nearest active one";
  let description = [{
    `result[n]` is the position in `index` of the active token of the same frame with
    the least dy^2 + dx^2; of several the smallest position. 0 where the frame has
    none. Integer arithmetic. With m = N it is n; of a constant it is a constant.

    Verifier: SPATIAL-T4: index is [m], the result [N] with the grid's N >= m, whose
    height and width are below 2^15.

    ```mlir
    %map = spatial.nearest %index grid<1, 64, 64> : tensor<1433xi32> -> tensor<4096xi32>
    ```
  }];
  let arguments = (ins Spatial_I32:$index, Spatial_GridAttr:$grid);
  let results = (outs Spatial_I32:$result);
  let assemblyFormat = [{
    $index `grid` `` $grid attr-dict `:` type($index) `->` type($result)
  }];
  let hasFolder = 1;
}

def Spatial_LiftOp : Spatial_Op<"lift"> {
  let summary = "rows of the active tokens, interpolated to all tokens";
  let description = [{
    Active tokens keep their rows to the bit; the others get the row of the nearest
    active token, `update[map[n]]`, blurred over each frame: by taps along x, then
    by the same taps along y. With rho = m / N and sigma = min(max(0.4 / sqrt(rho), 1), 10)
    the taps are exp(-i^2 / (2 sigma^2)), i = -r .. r, r = ceil(3 sigma), divided by their
    sum in this order, in double precision, then rounded to f32. A sum begins with
    the product of the first tap and adds the others one by one, each rounded to
    f32. Outside of a frame the field is mirrored at its border tokens (-1 is 1).

    With m = N this is `update`, and nothing is blurred.

    Verifier: SPATIAL-T5: update is [m, d], index [m], map [N] and the result [N, d]
    with the grid's N >= m > 0.

    ```mlir
    %v = spatial.lift %u, %index, %map grid<1, 64, 64>
        : tensor<1433x64xf32>, tensor<1433xi32>, tensor<4096xi32> -> tensor<4096x64xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$update, Spatial_I32:$index, Spatial_I32:$map,
                       Spatial_GridAttr:$grid);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $update `,` $index `,` $map `grid` `` $grid attr-dict
    `:` type($update) `,` type($index) `,` type($map) `->` type($result)
  }];
  let hasFolder = 1;
}

def Spatial_ImportanceOp : Spatial_Op<"importance"> {
  let summary = "how much a field varies about each token";
  let description = [{
    For each value of a token, e(v^2) - e(v) * e(v), where e is the sum over the 3 x 3
    tokens about it, in raster order from 0, with zeros outside of the frame, divided
    by 9. Then the mean over the token's d values: their sum in the order of
    `ternary.linear` (16 strided partial sums, then a tree), divided by d. Where the
    grid has tiles, the result is one value a tile: the sum over its tokens in raster
    order from 0, divided by their number. All in f32.

    Verifier: SPATIAL-T6: the input is [N, d] with the grid's N, the result one value
    a tile of the grid. SPATIAL-T7: tiles divide the grid.

    ```mlir
    %s = spatial.importance %v grid<1, 64, 64> : tensor<4096x64xf32> -> tensor<4096xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_GridAttr:$grid);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `grid` `` $grid attr-dict `:` type($input) `->` type($result)
  }];
}

def Spatial_DensifyOp : Spatial_Op<"densify"> {
  let summary = "a set grown by those that matter most";
  let description = [{
    `next` is `index` and those m' - m others with the largest `importance`, `added`
    these alone; both ascending. Of equal values (0 and -0 among them) the smaller
    number is taken first; NaN is taken last.

    Verifier: SPATIAL-T8: index is [m], importance [N], next [m'] and added
    [m' - m] with m < m' <= N.

    ```mlir
    %next, %added = spatial.densify %index, %s
        : tensor<1433xi32>, tensor<4096xf32> -> tensor<2539xi32>, tensor<1106xi32>
    ```
  }];
  let arguments = (ins Spatial_I32:$index, Spatial_F32:$importance);
  let results = (outs Spatial_I32:$next, Spatial_I32:$added);
  let assemblyFormat = [{
    $index `,` $importance attr-dict `:` type($index) `,` type($importance)
    `->` type($next) `,` type($added)
  }];
}

def Spatial_MicroFlowOp : Spatial_Op<"micro_flow",
    [AllTypesMatch<["y", "clean", "noise", "result"]>]> {
  let summary = "tokens that become active, drawn to where they belong";
  let description = [{
    A token n in `added` gets
    `(1 - w) * y[n] + w * ((1 - sigma) * clean[n] + sigma * noise[n])`, others keep y[n].
    1 - w and 1 - sigma are rounded to f32 when it is compiled, then every operation
    is. With w = 1 it is the bracket. `clean` is an estimate of the clean latent that
    was lifted to all tokens. Steps with weights 1 / r, 1 / (r - 1), ..., 1 end at the
    target; the first alone with r = 3 is what the released code of arXiv 2603.10744
    does.

    Verifier: SPATIAL-T9: y is [N, d], added [k] with k <= N; 0 < w <= 1.

    ```mlir
    %z = spatial.micro_flow %y, %added, %clean, %noise sigma(0.7) weight(1.0)
        : tensor<4096x64xf32>, tensor<1106xi32>
    ```
  }];
  let arguments = (ins Spatial_F32:$y, Spatial_I32:$added, Spatial_F32:$clean,
                       Spatial_F32:$noise, F32Attr:$sigma, F32Attr:$weight);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $y `,` $added `,` $clean `,` $noise `sigma` `(` $sigma `)` `weight` `(` $weight `)`
    attr-dict `:` type($y) `,` type($added)
  }];
}

def Spatial_RandomNormalOp : Spatial_Op<"random_normal"> {
  let summary = "normal noise, the same bits everywhere";
  let description = [{
    Element i of the result in raster order, for the 64-bit `seed` (low word, high
    word): P and Q are Philox4x32-10 of the counters (i, 0, 0, 0) and (i, 1, 0, 0)
    under the key `seed`. S is the sum of twelve 16-bit numbers, the low and the
    high halves of P's four words and of Q's first two. r = (S - 393210) * 2^-18 is
    exact, and the result is Teichroew's polynomial in f32, each operation rounded:
    with q = r * r,
    `((((0.029899776 * q + 0.008355968) * q + 0.076542912) * q + 0.252408784) * q
    + 3.949846138) * r`. Its greatest magnitude is 8.65; the share of values within z
    standard deviations is that of the normal distribution to about 2 * 10^-4.

    Verifier: SPATIAL-T10: the seed is [2]; the result is static and has at most
    2^31 - 1 elements.

    ```mlir
    %noise = spatial.random_normal %seed : tensor<2xi32> -> tensor<4096x64xf32>
    ```
  }];
  let arguments = (ins Spatial_I32:$seed);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = "$seed attr-dict `:` type($seed) `->` type($result)";
}

def Spatial_TileTokensOp : Spatial_Op<"tile_tokens"> {
  let summary = "the tokens of a set of tiles";
  let description = [{
    The ascending set of all tokens of the tiles in `tiles`, which is ascending
    without duplicates. Without tiles in the grid it is `tiles`.

    Verifier: SPATIAL-T11: tiles is [k], the result [k * tokens of a tile], of a grid
    that tiles divide.

    ```mlir
    %index = spatial.tile_tokens %tiles grid<4, 16, 16, tile = [4, 4, 4]>
        : tensor<8xi32> -> tensor<512xi32>
    ```
  }];
  let arguments = (ins Spatial_I32:$tiles, Spatial_GridAttr:$grid);
  let results = (outs Spatial_I32:$result);
  let assemblyFormat = [{
    $tiles `grid` `` $grid attr-dict `:` type($tiles) `->` type($result)
  }];
  let hasFolder = 1;
}

#endif
