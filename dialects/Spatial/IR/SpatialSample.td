//===- SpatialSample.td - a sampler over growing sets ----------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALSAMPLE
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALSAMPLE

include "dialects/Spatial/IR/SpatialTokens.td"

def Spatial_FieldKindAttr : Spatial_WordAttr<"FieldKind",
    "what a model gives, or what is interpolated", [
  I32EnumAttrCase<"Velocity", 0, "velocity">,
  I32EnumAttrCase<"Clean", 1, "clean">]>;

def Spatial_SampleOp : Op<Spatial_Dialect, "sample", [
    SingleBlock, AllTypesMatch<["noise", "result"]>]> {
  let summary = "a sampler that computes the tokens that matter";
  let description = [{
    Euler's method from sigma = 1 (noise) down to 0 (clean), in stages. In a stage of
    m tokens the region is the model: it gets the rows [m, d] of the active tokens,
    the set of these tokens [m], and sigma [1], and yields their velocity
    dy/dsigma, or with `gives(clean)` an estimate c of the clean rows, which stands
    for the velocity `(y - c) / sigma`. It may use what is above the op. The op owns
    the latent y, which begins as `start`, or as `noise` without it.

    `stages` has a pair for each stage, its steps and its active tokens; the last
    stage is often all of them. The first set is `spatial.anchors` of the grid,
    `pattern`, `stride` and `seed`. Step i of all goes from `sigmas[i]` to
    `sigmas[i + 1]`:

    1. `u`, of the model, on the rows of the active tokens;
    2. `v`, `spatial.lift` of u. With `lifts(clean)` instead what is lifted are the clean
       rows `y - sigma * u`, and v is u on active tokens and `(y - lifted) / sigma`
       elsewhere;
    3. `y' = y + (sigma' - sigma) * v` on all tokens;
    4. after the last step of a stage, but the last one: `spatial.densify` by
       `spatial.importance` of v, or with `scores(clean)` of the lifted clean rows, and
       for each weight in `blend` a
       `spatial.micro_flow` of y' at sigma', with the noise and the lifted
       `y - sigma * v` of the active tokens as the clean estimate.

    All in f32; sigma' - sigma is rounded to f32 when it is compiled. With one stage
    of all tokens this is the plain Euler sampler, to the bit.

    In a grid with tiles active counts are of tiles, and sets are those of the tokens
    of active tiles (`spatial.tile_tokens`); this is an extension of the paper, which
    is about tokens. The sizes of the region's arguments are `?`: the op is lowered
    to a copy of the region for each step, with the sizes of its stage
    (`spatial-lower-sample`).

    With `checkpoints` an entry point @f whose sampler this is gets others beside it,
    @f_step0, @f_step1, ..., one for each step, with the arguments of @f; what they know
    of each other is in states (@f_latent, @f_active1, ...), which a session saves and
    restores. The last one has the results of @f, to the bit.

    Verifier: SPATIAL-J1: noise, start and result are [N, d], with the grid's N.
    SPATIAL-J2: stages are pairs of positive numbers, the second one growing, up to
    the tiles; the first of them is a multiple of the frames of tiles; tiles divide
    the grid; the stride is positive. SPATIAL-J3: sigmas has one more than the
    steps, falling, the last not below 0. SPATIAL-J4: blend weights are above 0 and
    at most 1, and there is one where there are stages to go between. SPATIAL-J5:
    the region takes [?, d] f32, [?] i32 and [1] f32 and yields [?, d] f32.

    ```mlir
    %latent = spatial.sample %noise grid<1, 64, 64>
        stages [[7, 1433], [4, 2539], [7, 4096]] sigmas [1.0, 0.95, ...]
        pattern(checker_border) seed(7) blend [0.33333334] : tensor<4096x64xf32> {
    ^bb0(%rows: tensor<?x64xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
      %v = func.call @model(%rows, %index, %sigma)
          : (tensor<?x64xf32>, tensor<?xi32>, tensor<1xf32>) -> tensor<?x64xf32>
      spatial.yield %v : tensor<?x64xf32>
    }
    ```
  }];
  let arguments = (ins Spatial_F32:$noise, Optional<Spatial_F32>:$start,
    Spatial_GridAttr:$grid, TypedArrayAttrBase<I64ArrayAttr, "stages">:$stages,
    DenseF32ArrayAttr:$sigmas,
    DefaultValuedAttr<Spatial_AnchorPatternAttr,
      "::tercet::spatial::AnchorPattern::CheckerBorder">:$pattern,
    DefaultValuedAttr<I64Attr, "2">:$stride,
    DefaultValuedAttr<I64Attr, "0">:$seed,
    DefaultValuedAttr<DenseF32ArrayAttr, "{}">:$blend,
    DefaultValuedAttr<Spatial_FieldKindAttr,
      "::tercet::spatial::FieldKind::Velocity">:$gives,
    DefaultValuedAttr<Spatial_FieldKindAttr,
      "::tercet::spatial::FieldKind::Velocity">:$lifts,
    DefaultValuedAttr<Spatial_FieldKindAttr,
      "::tercet::spatial::FieldKind::Velocity">:$scores,
    UnitAttr:$checkpoints);
  let results = (outs Spatial_F32:$result);
  let regions = (region SizedRegion<1>:$model);
  let assemblyFormat = [{
    $noise (`start` `(` $start^ `:` type($start) `)`)? `grid` `` $grid
    `stages` $stages `sigmas` custom<Floats>($sigmas)
    (`pattern` `(` $pattern^ `)`)? (`stride` `(` $stride^ `)`)?
    (`seed` `(` $seed^ `)`)? (`blend` custom<Floats>($blend)^)?
    (`gives` `(` $gives^ `)`)? (`lifts` `(` $lifts^ `)`)?
    (`scores` `(` $scores^ `)`)? (`checkpoints` $checkpoints^)?
    attr-dict `:` type($result) $model
  }];
  let extraClassDeclaration = [{
    struct Stage { int64_t steps, active; };
    ::llvm::SmallVector<Stage> getStageList();
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Spatial_YieldOp : Op<Spatial_Dialect, "yield", [
    Pure, Terminator, HasParent<"SampleOp">]> {
  let summary = "what a sampler's model gives";
  let arguments = (ins AnyRankedTensor:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif
