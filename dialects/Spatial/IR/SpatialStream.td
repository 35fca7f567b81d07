//===- SpatialStream.td - chunk after chunk of a video ---------*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALSTREAM
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALSTREAM

include "dialects/Spatial/IR/SpatialTokens.td"

def Spatial_PatchifyOp : Spatial_Op<"patchify"> {
  let summary = "boxes of a video as tokens";
  let description = [{
    `input` [T, H, W, C] cut into boxes of `patch` (a, b, c) frames, rows and columns;
    `result` [N, a * b * c * C] has a row for each box, boxes in raster order, values
    of a box in the order of its frames, rows, columns and channels. Where a box
    sticks out at the far end, the last frame, row or column is repeated. A product
    with it is a convolution whose stride is its kernel.

    Verifier: SPATIAL-S1: input is [T, H, W, C], patch three positive sizes, and the
    result [N, a * b * c * C] with N = ceil(T/a) * ceil(H/b) * ceil(W/c), all static.

    ```mlir
    %tokens = spatial.patchify %video patch([2, 4, 4])
        : tensor<8x64x64x1xf32> -> tensor<1024x32xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, DenseI64ArrayAttr:$patch);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `patch` `(` $patch `)` attr-dict `:` type($input) `->` type($result)
  }];
}

def Spatial_UnpatchifyOp : Spatial_Op<"unpatchify"> {
  let summary = "tokens put together to a video";
  let description = [{
    The inverse of `spatial.patchify`: what of a box sticks out is left out.

    Verifier: SPATIAL-S2: result is [T, H, W, C], patch three positive sizes, and the
    input what `spatial.patchify` gives for it.

    ```mlir
    %video = spatial.unpatchify %tokens patch([2, 4, 4])
        : tensor<1024x32xf32> -> tensor<8x64x64x1xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, DenseI64ArrayAttr:$patch);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `patch` `(` $patch `)` attr-dict `:` type($input) `->` type($result)
  }];
}

def Spatial_RopeTableOp : Spatial_Op<"rope_table", [AllTypesMatch<["cos", "sin"]>]> {
  let summary = "tables of a rotary embedding of places on a grid";
  let description = [{
    A head's pairs are shared out to the three axes: the first `widths[0]` / 2 of them
    turn with the frame, the next `widths[1]` / 2 with the row, the last with the
    column. Pair i of an axis of width w turns a token at the place p of that axis
    (from `start` on) by the angle p * theta^(-2 i / w). Two constants [N', D/2]: the
    cosines and sines, computed in f64 and rounded.

    With `pool` a row is the mean of the cosines (sines) of a box of places, which
    need not lie on the unit circle; boxes are those of `spatial.patchify`, N' their
    number. So keys of a patchified history share the places of its tokens.

    Verifier: SPATIAL-S3: widths are three even sizes, not negative, not all zero;
    theta and pool are positive, start has three numbers. SPATIAL-S4: results are
    [N', D/2].

    ```mlir
    %cos, %sin = spatial.rope_table grid(#spatial.grid<9, 24, 40>)
        widths([44, 42, 42]) theta(10000.0) start([20, 0, 0]) : tensor<8640x64xf32>
    ```
  }];
  let arguments = (ins Spatial_GridAttr:$grid, DenseI64ArrayAttr:$widths,
                       F64Attr:$theta,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0}">:$start,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1, 1}">:$pool);
  let results = (outs Spatial_F32:$cos, Spatial_F32:$sin);
  let assemblyFormat = [{
    `grid` `(` $grid `)` `widths` `(` $widths `)` `theta` `(` $theta `)`
    (`start` `(` $start^ `)`)? (`pool` `(` $pool^ `)`)? attr-dict `:` type($cos)
  }];
}

def Spatial_RopeOp : Spatial_Op<"rope", [AllTypesMatch<["input", "result"]>,
    AllTypesMatch<["cos", "sin"]>]> {
  let summary = "rotary embedding by a row of a table for each token";
  let description = [{
    For token m, head h and pair i, with x and y its two values and c = cos[m, i],
    s = sin[m, i]: x * c - y * s and y * c + x * s. The values of a pair are 2 i and
    2 i + 1, or, with `halves`, i and i + D/2. Rows of the tables of active tokens
    are what `spatial.gather` picks.

    Verifier: SPATIAL-S5: input is [M, H, D] with an even static D, the tables are
    [M, D/2].

    ```mlir
    %r = spatial.rope %q, %cos, %sin : tensor<?x4x32xf32>, tensor<?x16xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_F32:$cos, Spatial_F32:$sin,
                       UnitAttr:$halves);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    (`halves` $halves^)? $input `,` $cos `,` $sin attr-dict `:` type($input) `,` type($cos)
  }];
}

def Spatial_HistoryPushOp : Spatial_Op<"history_push",
    [AllTypesMatch<["history", "result"]>]> {
  let summary = "the newest frames of a history and a chunk";
  let description = [{
    `history` [S, ...] and behind it `chunk` [C, ...]: the last S of these S + C.

    Verifier: SPATIAL-S6: both are static and agree but in the first axis.

    ```mlir
    %next = spatial.history_push %history, %chunk
        : tensor<19x48x80x16xf32>, tensor<9x48x80x16xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$history, Spatial_F32:$chunk);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $history `,` $chunk attr-dict `:` type($history) `,` type($chunk)
  }];
}

def Spatial_SegmentModulateOp : Spatial_Op<"segment_modulate",
    [AllTypesMatch<["input", "result"]>, AllTypesMatch<["scale", "shift"]>]> {
  let summary = "scale and shift of rows, the same within a segment";
  let description = [{
    `result[m, i] = input[m, i] * (1 + scale[s, i]) + shift[s, i]`, s being the segment
    of row m: the first lengths[0] rows are of segment 0, and so on. Without
    `lengths` there is one segment, of any number of rows. History and noisy tokens
    have different times but the same one each: two vectors, not one a token.

    Verifier: SPATIAL-S7: input is [M, d], scale and shift are [S, d]; lengths are S
    numbers, not negative, that add up to M, or S is 1.

    ```mlir
    %y = spatial.segment_modulate %x, %scale, %shift lengths([2400, 8640])
        : tensor<11040x5120xf32>, tensor<2x5120xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_F32:$scale,
                       Spatial_F32:$shift,
                       OptionalAttr<DenseI64ArrayAttr>:$lengths);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $scale `,` $shift (`lengths` `(` $lengths^ `)`)? attr-dict
    `:` type($input) `,` type($scale)
  }];
}

def Spatial_ScaleKeysOp : Spatial_Op<"scale_keys",
    [AllTypesMatch<["input", "result"]>]> {
  let summary = "keys of a history, amplified head by head";
  let description = [{
    The first `count` rows of `input` [M, H, D] times 1 + gain / (1 + exp(-strength[h])),
    the others as they are.

    Verifier: SPATIAL-S8: input is [M, H, D], strength [H]; count is not negative and,
    where M is known, at most M.

    ```mlir
    %k2 = spatial.scale_keys %k, %strength count(2400)
        : tensor<11040x40x128xf32>, tensor<40xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_F32:$strength,
                       I64Attr:$count,
                       DefaultValuedAttr<F32Attr, "9.0f">:$gain);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $strength `count` `(` $count `)` attr-dict
    `:` type($input) `,` type($strength)
  }];
}

def Spatial_PyramidDownOp : Spatial_Op<"pyramid_down"> {
  let summary = "noise of half the height and width";
  let description = [{
    `input` [T, 2 h, 2 w, C] to [T, h, w, C]: half the sum of each 2 x 2 values,
    ((a + b) + (c + d)) * 0.5 with a, b in the upper row. Independent values of
    variance 1 stay such.

    Verifier: SPATIAL-S9: both are static and of rank 4, the input twice as high and
    wide.

    ```mlir
    %half = spatial.pyramid_down %noise : tensor<9x48x80x16xf32> -> tensor<9x24x40x16xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Spatial_PyramidJumpOp : Spatial_Op<"pyramid_jump",
    [AllTypesMatch<["noise", "result"]>]> {
  let summary = "a latent of twice the height and width, noised again";
  let description = [{
    The step to the next level of a pyramid sampler (arXiv 2603.04379, 2410.05954).
    `input` [T, h, w, C] of noise level s = `sigma` is repeated 2 x 2 and becomes

        alpha * up(input) + beta * n
        alpha = 1 / (sqrt(1 + 1/gamma) * s + (1 - s)),  beta = alpha * s / sqrt(gamma)

    where n has, in each block of 2 x 2 places, the covariance
    (1 + gamma) I - gamma 1 1^T: correlated so that the noise which repeating made
    equal is independent again, of level s' = 2 s / (1 + s) for gamma = 1/3. n is
    made of independent `noise` z [T, 2 h, 2 w, C] by the symmetric root,
    sqrt(1 + gamma) * (z - mean) + sqrt(1 - 3 gamma) * mean over the block, whose
    mean is ((a + b) + (c + d)) * 0.25; factors are computed in f64 and rounded.

    Verifier: SPATIAL-S10: shapes as for `spatial.pyramid_down`. SPATIAL-S11: sigma is
    from 0 to 1, gamma positive and at most 1/3.

    ```mlir
    %x1 = spatial.pyramid_jump %x0, %noise sigma(0.5) gamma(0.3333333333333333)
        : tensor<9x24x40x16xf32>, tensor<9x48x80x16xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_F32:$noise, F64Attr:$sigma,
                       F64Attr:$gamma);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $noise `sigma` `(` $sigma `)` `gamma` `(` $gamma `)` attr-dict
    `:` type($input) `,` type($noise)
  }];
}

def Spatial_LevelStepOp : Spatial_Op<"level_step",
    [AllTypesMatch<["input", "velocity", "start", "result"]>]> {
  let summary = "a deterministic step within a level";
  let description = [{
    The end of the level as the velocity sees it, and from there back to the noise
    level `next`:

        x0     = input - sigma * velocity
        result = (1 - next) * x0 + next * start

    in f32, in this order; `start` is where the level began. Both levels are scalars.

    Verifier: SPATIAL-S12: sigma and next are tensors without axes.

    ```mlir
    %x1 = spatial.level_step %x, %v, %start, %sigma, %next : tensor<9x24x40x16xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$input, Spatial_F32:$velocity,
                       Spatial_F32:$start, Spatial_F32:$sigma,
                       Spatial_F32:$next);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $input `,` $velocity `,` $start `,` $sigma `,` $next attr-dict
    `:` type($input) `,` type($sigma) `,` type($next)
  }];
}

#endif
