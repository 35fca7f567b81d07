//===- SpatialTiles.td - blocks of tokens and attention on them -*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALTILES
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALTILES

include "dialects/Spatial/IR/SpatialTokens.td"

def Spatial_Order : Spatial_Enum<"Order", "in which order tokens lie", [
    I32EnumAttrCase<"raster", 0>, I32EnumAttrCase<"box", 1>,
    I32EnumAttrCase<"hilbert", 2>]>;
def Spatial_OrderAttr : EnumAttr<Spatial_Dialect, Spatial_Order, "order"> {
  let assemblyFormat = "$value";
}

def Spatial_Pattern : Spatial_Enum<"Pattern", "which blocks a mask has", [
    I32EnumAttrCase<"dense", 0>, I32EnumAttrCase<"causal", 1>,
    I32EnumAttrCase<"window", 2>, I32EnumAttrCase<"radial", 3>]>;
def Spatial_PatternAttr : EnumAttr<Spatial_Dialect, Spatial_Pattern, "pattern"> {
  let assemblyFormat = "$value";
}

def Spatial_I8 : RankedTensorOf<[I8]>;

def Spatial_TileOrderOp : Spatial_Op<"tile_order"> {
  let summary = "an order of a grid's tokens, and blocks of it";
  let description = [{
    `places[p]` is the token (in raster order) that lies at the place p, `ranks[n]`
    the place of the token n, and block i has the places `offsets[i]` up to
    `offsets[i + 1]`, so that `spatial.gather` by `places` makes the tokens of a
    block rows that follow each other, and by `ranks` undoes it. Three constants.

    * `raster`: the order of the numbers.
    * `box`: tile by tile, in raster order of tiles and in raster order inside of
      each. Blocks are the grid's tiles, smaller at the far edges.
    * `hilbert`: along a Hilbert curve of boxes of any size: tokens that follow each
      other are neighbours along one axis; where sizes are odd a step may go along
      several axes at once, one along each.

    Blocks of the first and the last order have `block` tokens each, the last one
    what remains.

    Verifier: SPATIAL-B1: places and ranks are [N]. SPATIAL-B2: `box` takes a grid
    with a tile and no `block`, the others a `block` from 1 to N. SPATIAL-B3:
    offsets are [blocks + 1].

    ```mlir
    %places, %ranks, %offsets = spatial.tile_order hilbert
        grid(#spatial.grid<4, 16, 16>) block(128)
        : tensor<1024xi32>, tensor<1024xi32>, tensor<9xi32>
    ```
  }];
  let arguments = (ins Spatial_OrderAttr:$order, Spatial_GridAttr:$grid,
                       OptionalAttr<I64Attr>:$block);
  let results = (outs Spatial_I32:$places, Spatial_I32:$ranks,
                      Spatial_I32:$offsets);
  let assemblyFormat = [{
    $order `grid` `(` $grid `)` (`block` `(` $block^ `)`)? attr-dict
    `:` type($places) `,` type($ranks) `,` type($offsets)
  }];
  let hasFolder = 1;
  let extraClassDeclaration = [{
    int64_t getBlocks();
  }];
}

def Spatial_BlockOrderOp : Spatial_Op<"block_order"> {
  let summary = "tokens sorted by the block that each names";
  let description = [{
    What `spatial.tile_order` gives, for blocks that are data, such as clusters: a
    stable sort of `blocks` [N], numbers from 0 to K - 1. `places[p]` is the token at
    the place p, `ranks[n]` the place of the token n, and block i has the places
    `offsets[i]` up to `offsets[i + 1]`. Other numbers are undefined here; an entry
    point refuses them where the argument has `tercet.range`.

    Verifier: SPATIAL-B16: blocks, places and ranks are [N], offsets [K + 1] with
    K >= 1, all static.

    ```mlir
    %places, %ranks, %offsets = spatial.block_order %ids : tensor<1024xi32>
        -> tensor<1024xi32>, tensor<1024xi32>, tensor<101xi32>
    ```
  }];
  let arguments = (ins Spatial_I32:$blocks);
  let results = (outs Spatial_I32:$places, Spatial_I32:$ranks,
                      Spatial_I32:$offsets);
  let assemblyFormat = [{
    $blocks attr-dict `:` type($blocks)
    `->` type($places) `,` type($ranks) `,` type($offsets)
  }];
}

def Spatial_BlockMeanOp : Spatial_Op<"block_mean"> {
  let summary = "the mean of the tokens of each block";
  let description = [{
    `result[i, h, :]` is the sum of `input[n, h, :]` over the block's tokens, n from
    offsets[i] up to offsets[i + 1], added in this order to 0, divided by the number
    of them; 0 for a block without tokens. Offsets ascend from 0 to N.

    Verifier: SPATIAL-B4: input is [N, H, d], offsets [nb + 1], the result
    [nb, H, d], all static.

    ```mlir
    %means = spatial.block_mean %q, %offsets
        : tensor<1024x8x64xf32>, tensor<9xi32> -> tensor<8x8x64xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_I32:$offsets);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $offsets attr-dict `:` type($input) `,` type($offsets)
    `->` type($result)
  }];
}

def Spatial_BlockSpreadOp : Spatial_Op<"block_spread"> {
  let summary = "what a block has, for each of its tokens";
  let description = [{
    `result[n, h, :] = input[i, h, :]` with i the block of the token n, the one with
    offsets[i] <= n < offsets[i + 1]. Offsets ascend from 0 to N.

    Verifier: SPATIAL-B5: input is [nb, H, d], offsets [nb + 1], the result
    [N, H, d], all static.

    ```mlir
    %coarse = spatial.block_spread %y, %offsets
        : tensor<8x8x64xf32>, tensor<9xi32> -> tensor<1024x8x64xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_I32:$offsets);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $offsets attr-dict `:` type($input) `,` type($offsets)
    `->` type($result)
  }];
}

def Spatial_BlockMaskOp : Spatial_Op<"block_mask"> {
  let summary = "a choice of blocks that is known when a model is compiled";
  let description = [{
    `result[0, i, j]` is 1 where block i of the queries sees block j of the keys,
    else 0; a constant.

    * `dense`: every pair. `causal`: j <= i. `window(r)`: |i - j| <= r.
    * `radial`: of blocks of `block` tokens of a grid in raster order (arXiv
      2506.19852). Two tokens whose frames are d apart and that are e apart inside
      of their frames (by number) see each other where d <= 1, or where the key's
      frame is the first, or where e <= max(block, w) with
      w = decay * 2^(bit length of tokens a frame - bit length of d), and, if w <
      block, d is a multiple of floor(block / w). A pair of blocks is chosen where
      more than 3/5 of its keys are each seen by more than 1/3 of its queries, and
      where i = j.

    Verifier: SPATIAL-B6: the result is [1, nq, nk] and static. SPATIAL-B7: `window`
    takes a reach of 0 or more, and only it does. SPATIAL-B8: `radial` takes a
    grid, a block and a positive finite decay, and gives [1, nb, nb] for its
    nb = ceil(N / block) blocks; only it takes them.

    ```mlir
    %mask = spatial.block_mask radial grid(#spatial.grid<16, 16, 16>) block(128)
        decay(1.0) : tensor<1x32x32xi8>
    ```
  }];
  let arguments = (ins Spatial_PatternAttr:$pattern,
                       OptionalAttr<I64Attr>:$reach,
                       OptionalAttr<Spatial_GridAttr>:$grid,
                       OptionalAttr<I64Attr>:$block,
                       OptionalAttr<F64Attr>:$decay);
  let results = (outs Spatial_I8:$result);
  let assemblyFormat = [{
    $pattern (`reach` `(` $reach^ `)`)? (`grid` `(` $grid^ `)`)?
    (`block` `(` $block^ `)`)? (`decay` `(` $decay^ `)`)? attr-dict
    `:` type($result)
  }];
  let hasFolder = 1;
}

def Spatial_BlockSelectOp : Spatial_Op<"block_select"> {
  let summary = "chooses the blocks of keys of each block of queries";
  let description = [{
    From means of blocks, `queries` [nq, H, d] and `keys` [nk, Hk, d] with H a
    multiple of Hk, a mask [H, nq, nk]: 1 where a block is chosen, else 0.

        score[h, i, j]  = scale * sum over c of queries[i, h, c] * keys[j, h', c]
                          [ + log(offsets[j + 1] - offsets[j]) ]
        weight[h, i, j] = exp(score[h, i, j] - max over j of score[h, i, :])

    with h' = h / (H / Hk), the sum in the order of c. With `sizes` (offsets of the
    blocks of keys) a block counts with its size, and one without tokens not at all.
    For each h and i, blocks are ranked by falling score; equal scores keep the
    lower block first, NaN ranks last and has weight 0, as has minus infinity. A
    block is chosen if one of these holds:

    * its rank is below `top_k`;
    * `top_p` is given and the weights of the blocks before it, added in the order
      of j, are less than top_p times the sum of all: the fewest blocks that have
      that share of the weight;
    * its rank is below `minimum`;
    * j < `sinks`;
    * `neighbours` is given and |i - j| <= neighbours.

    A row has always a block: the first by rank.

    Verifier: SPATIAL-B9: queries are [nq, H, d], keys [nk, Hk, d] with H a multiple
    of Hk, sizes [nk + 1], the result [H, nq, nk], all static. SPATIAL-B10: the scale
    is finite. SPATIAL-B11: top_k or top_p is given; top_k is from 1 to nk, top_p
    above 0 and at most 1. SPATIAL-B12: minimum, sinks and neighbours are from 0 to
    nk.

    ```mlir
    %mask = spatial.block_select %qm, %km scale(0.125) top_k(8) top_p(0.3)
        neighbours(1) : tensor<32x8x64xf32>, tensor<32x8x64xf32> -> tensor<8x32x32xi8>
    ```
  }];
  let arguments = (ins Spatial_F32:$queries, Spatial_F32:$keys,
                       Optional<Spatial_I32>:$sizes, F32Attr:$scale,
                       OptionalAttr<I64Attr>:$top_k, OptionalAttr<F32Attr>:$top_p,
                       OptionalAttr<I64Attr>:$minimum,
                       OptionalAttr<I64Attr>:$sinks,
                       OptionalAttr<I64Attr>:$neighbours);
  let results = (outs Spatial_I8:$result);
  let assemblyFormat = [{
    $queries `,` $keys (`sizes` `(` $sizes^ `:` type($sizes) `)`)?
    `scale` `(` $scale `)` (`top_k` `(` $top_k^ `)`)?
    (`top_p` `(` $top_p^ `)`)? (`minimum` `(` $minimum^ `)`)?
    (`sinks` `(` $sinks^ `)`)? (`neighbours` `(` $neighbours^ `)`)? attr-dict
    `:` type($queries) `,` type($keys) `->` type($result)
  }];
}

def Spatial_BlockAttentionOp : Spatial_Op<"block_attention", [
    AttrSizedOperandSegments]> {
  let summary = "attention of chosen pairs of blocks";
  let description = [{
    `query` [N, H, d], `key` [S, Hk, d], `value` [S, Hk, dv]; query head h reads key
    head h / (H / Hk). A token sees the keys of the blocks that `mask` [Hm, nq, nk]
    (any number but 0) chooses for its block; Hm is 1, or a multiple of Hk that
    divides H, and h has the mask h / (H / Hm). Blocks are rows that follow each
    other: block i of the queries has the rows offsets[i] up to offsets[i + 1] of
    `query_offsets` [nq + 1], those of the keys of `key_offsets` [nk + 1]; offsets
    ascend from 0 to N and S. Sizes are data and may differ; offsets that are
    constants and equal sizes make the fastest code. Without a mask every token
    sees all keys. With `causal` a token sees besides that only the keys up to its
    own place, counted from the end: key j where j <= S - N + n.

        score[n, h, j]  = scale * sum over c of query[n, h, c] * key[j, h', c]
        result[n, h, :] = sum over j of softmax(score[n, h, :])[j] * value[j, h', :]
        lse[n, h]       = log(sum over j of exp(score[n, h, j]))

    over the seen keys; zeros and minus infinity where there are none. Keys and
    values of blocks that are not chosen are not read. `lse` joins results over
    parts of the keys. Targets may sum and round differently.

    Verifier: SPATIAL-B13: query is [N, H, d], key [S, Hk, d], value [S, Hk, dv], the
    result [N, H, dv], lse [N, H], all static, H a multiple of Hk. SPATIAL-B14: the
    scale is finite. SPATIAL-B15: a mask is [Hm, nq, nk] with Hm as above, and goes
    with offsets [nq + 1] and [nk + 1].

    ```mlir
    %y, %lse = spatial.block_attention %q, %k, %v mask(%mask, %o, %o :
        tensor<8x32x32xi8>, tensor<33xi32>, tensor<33xi32>) scale(0.125)
        : tensor<4096x8x64xf32>, tensor<4096x8x64xf32>, tensor<4096x8x64xf32>
        -> tensor<4096x8x64xf32>, tensor<4096x8xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$query, Spatial_F32:$key, Spatial_F32:$value,
                       Optional<Spatial_I8>:$mask,
                       Optional<Spatial_I32>:$query_offsets,
                       Optional<Spatial_I32>:$key_offsets,
                       F32Attr:$scale, UnitAttr:$causal);
  let results = (outs Spatial_F32:$result, Spatial_F32:$lse);
  let assemblyFormat = [{
    (`causal` $causal^)? $query `,` $key `,` $value
    (`mask` `(` $mask^ `,` $query_offsets `,` $key_offsets `:`
      type($mask) `,` type($query_offsets) `,` type($key_offsets) `)`)?
    `scale` `(` $scale `)` attr-dict
    `:` type($query) `,` type($key) `,` type($value)
    `->` type($result) `,` type($lse)
  }];
}

#endif
