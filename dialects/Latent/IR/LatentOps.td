//===- LatentOps.td - operations -------------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_LATENT_IR_LATENTOPS
#define TERCET_DIALECTS_LATENT_IR_LATENTOPS

include "dialects/Latent/IR/LatentDialect.td"
include "dialects/Latent/IR/LatentAttrs.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Latent_Op<string mnemonic, list<Trait> traits = []>
    : Op<Latent_Dialect, mnemonic,
         !listconcat(traits, [Pure,
           DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
          ["reifyResultShapes"]>])> {
  let hasVerifier = 1;
}

def Latent_F32 : RankedTensorOf<[F32]>;
def Latent_Ids : RankedTensorOf<[I32]>;

def Latent_RmsNormOp : Latent_Op<"rms_norm", [AllTypesMatch<["input", "result"]>]> {
  let summary = "RMSNorm over the last axis";
  let description = [{
    `result = input * (1 / sqrt(mean(input^2) + eps)) * gain` over the last axis,
    the mean as in `ternary.linear`: followed by a product with a ternary weight,
    it is the `norm` of that op to the bit.

    Verifier: LATENT-N1: the input has rank 2 or more and the result its type.
    LATENT-N2: gain has the size of the last axis. LATENT-N3: eps is not negative.

    ```mlir
    %y = latent.rms_norm %x, %gain : tensor<?x128xf32>, tensor<128xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Latent_F32:$gain,
                       DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $input `,` $gain attr-dict `:` type($input) `,` type($gain)
  }];
}

def Latent_EmbedOp : Latent_Op<"embed"> {
  let summary = "rows of a table by number";
  let description = [{
    `result[m] = table[ids[m]]`. Ids outside of the table are undefined here; an
    entry point's `tercet.range` refuses them when it is called.

    Verifier: LATENT-B1: ids are [M], table [V, D] and the result [M, D].

    ```mlir
    %x = latent.embed %tokens, %table : tensor<?xi32>, tensor<63x128xf32> -> tensor<?x128xf32>
    ```
  }];
  let arguments = (ins Latent_Ids:$ids, Latent_F32:$table);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $ids `,` $table attr-dict `:` type($ids) `,` type($table) `->` type($result)
  }];
}

def Latent_RotaryOp : Latent_Op<"rotary", [AllTypesMatch<["input", "result"]>,
    AllTypesMatch<["cos", "sin"]>]> {
  let summary = "rotary position embedding from tables";
  let description = [{
    For token m at position `position` + m, head h and i < D/2 (arXiv 2104.09864,
    the halves of a head rotate against each other):

        result[m, h, i]       = x[m, h, i] * c - x[m, h, i + D/2] * s
        result[m, h, i + D/2] = x[m, h, i + D/2] * c + x[m, h, i] * s

    with c = cos[position + m, i] and s = sin[position + m, i].

    Verifier: LATENT-R1: the input is [M, H, D] with an even static D and the result
    has its type. LATENT-R2: both tables are [P, D/2].

    ```mlir
    %y = latent.rotary %x, %cos, %sin at(%position)
        : tensor<?x4x32xf32>, tensor<512x16xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Latent_F32:$cos, Latent_F32:$sin,
                       Index:$position);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $input `,` $cos `,` $sin `at` `(` $position `)` attr-dict
    `:` type($input) `,` type($cos)
  }];
}

def Latent_AttentionOp : Latent_Op<"attention"> {
  let summary = "attention with grouped-query heads over a cache";
  let description = [{
    `result[m, h] = sum over j of softmax_j(scale * q[m, h] . k[j, g]) * v[j, g]`
    with g = h / (H / G), over the keys j < `length` (all where absent). With
    `causal` token m stands at position length - M + m and sees keys up to it.
    The softmax is computed online; no M x S matrix is ever stored. A token that
    sees no key gets zeros.

    Verifier: LATENT-T1: queries are [M, H, D], keys [S, G, D], values [S, G, V],
    the result [M, H, V]. LATENT-T2: H is a multiple of G.

    ```mlir
    %o = latent.attention %q, %k, %v length(%n) causal scale(0.25)
        : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x32xf32> -> tensor<?x4x32xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$query, Latent_F32:$key, Latent_F32:$value,
                       Optional<Index>:$length, UnitAttr:$causal, F32Attr:$scale);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`length` `(` $length^ `)`)? (`causal` $causal^)?
    `scale` `(` $scale `)` attr-dict
    `:` type($query) `,` type($key) `,` type($value) `->` type($result)
  }];
}

def Latent_RouteOp : Latent_Op<"route"> {
  let summary = "choose experts for every token";
  let description = [{
    Logits g = weight * x per token and the choice that `routing` describes.

    Verifier: LATENT-O1: input is [M, D], weight [E, D] f32 ([3E, D] for an
    attention router). LATENT-O2: bias is [E]. LATENT-O3: top_k <= E.
    LATENT-O4: E is a multiple of groups, and top_k <= the experts of top_groups
    groups. LATENT-O5: ids and weights are [M, top_k]. LATENT-O6: a group has as
    many experts as its score sums.

    ```mlir
    %ids, %w = latent.route #latent.routing<top_k = 4, scale = 2.5 : f32> %x, %wr bias(%b : tensor<32xf32>)
        : tensor<?x128xf32>, tensor<32x128xf32> -> tensor<?x4xi32>, tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Latent_F32:$weight,
                       Optional<Latent_F32>:$bias, Latent_RoutingAttr:$routing);
  let results = (outs Latent_Ids:$ids, Latent_F32:$weights);
  let assemblyFormat = [{
    qualified($routing) $input `,` $weight (`bias` `(` $bias^ `:` type($bias) `)`)? attr-dict
    `:` type($input) `,` type($weight) `->` type($ids) `,` type($weights)
  }];
}

def Latent_DequantizeOp : Latent_Op<"dequantize"> {
  let summary = "a weight of 4-bit floats with a scale for each block of columns";
  let description = [{
    `result[.., k] = values[.., k] * scales[.., k / block]`, which f32 holds exactly.
    The type of the scales says which format it is:

    | scales     | block | format |
    |------------|-------|--------|
    | f8E4M3FN   | 16    | NVFP4; its scale for the whole tensor is the `scale` of the product |
    | f8E8M0FNU  | 32    | MXFP4 (OCP Microscaling Formats 1.0) |

    The result is the weight of `latent.project` or `latent.experts` (or `moe`),
    whose kernels read the 4-bit values; it is never stored. In a weight file the
    values are U8 with two columns a byte, the even one in the low half.

    Verifier: LATENT-Q1: values are f4E2M1FN, [N, K] or [E, N, K], static, and the
    result has their shape. LATENT-Q2: there is a scale of a type above for each
    block of columns.

    ```mlir
    %w = latent.dequantize %v, %s
        : tensor<64x128xf4E2M1FN>, tensor<64x8xf8E4M3FN> -> tensor<64x128xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$values, AnyRankedTensor:$scales);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $values `,` $scales attr-dict `:` type($values) `,` type($scales) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// Columns that share a scale.
    int64_t getBlock();
  }];
}

def Latent_ProjectOp : Latent_Op<"project", [AttrSizedOperandSegments]> {
  let summary = "a linear layer with a weight in any encoding";
  let description = [{
    `result = [norm(]input[)] * weight^T`, with the norm of `latent.rms_norm`. For a
    trit weight this is `ternary.linear`, and for an i8 weight the same with its
    values in place of the trits. For a float weight sums are those of
    `rows.float_matmul`, times the scale where there is one.

    Verifier: LATENT-P1: input is [M, K], weight [N, K], result [M, N].
    LATENT-P2: weights are f32, bf16, f16, i8 or trits (or come from
    `latent.dequantize`); i8 and trits have a scale tensor<f32> (or tensor<Nxf32>),
    floats may have one; 2^17 columns of i8 and 2^24 of trits are the most that i32
    sums hold. LATENT-P3: gain is [K]. LATENT-P4: eps is not negative.

    ```mlir
    %z = latent.project %x, %w scale(%s : tensor<f32>)
        : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, AnyRankedTensor:$weight,
                       Optional<Latent_F32>:$scale, Optional<Latent_F32>:$gain,
                       DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $input `,` $weight (`scale` `(` $scale^ `:` type($scale) `)`)?
    (`norm` `(` $gain^ `:` type($gain) `)`)? attr-dict
    `:` type($input) `,` type($weight) `->` type($result)
  }];
}

def Latent_ExpertsOp : Latent_Op<"experts", [AttrSizedOperandSegments]> {
  let summary = "the chosen experts of every token";
  let description = [{
    For token m and slot j with expert e = ids[m, j]:

        h            = activation(up[e] * x[m] [, gate[e] * x[m]]) [* weights[m, j]]
        result[m, j] = down[e] * h

    Only the experts in `ids` run, straight from their encoded weights; an id
    outside of [0, E) drops the slot, whose result is 0. `weights` here is the
    position before the second product; after it, it belongs to
    `latent.combine`. Scales are one per expert.

    Verifier: LATENT-X1: input is [M, K], ids [M, k], result [M, k, L].
    LATENT-X2: up is [E, F, K], down [E, L, F], gate (for gated activations, and
    only for these) like up; E is not 0. LATENT-X3: weights are as in
    `latent.project`, with scales [E] where they have one, and no scale is without
    its weight. LATENT-X4: weights are [M, k].

    ```mlir
    %e = latent.experts <relu2> %z, %ids up(%u, %us : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
        down(%d, %ds : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
        : tensor<?x64xf32>, tensor<?x4xi32> -> tensor<?x4x64xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Latent_Ids:$ids,
                       AnyRankedTensor:$up, Optional<Latent_F32>:$up_scale,
                       Optional<AnyRankedTensor>:$gate, Optional<Latent_F32>:$gate_scale,
                       AnyRankedTensor:$down, Optional<Latent_F32>:$down_scale,
                       Optional<Latent_F32>:$weights,
                       Latent_ActivationAttr:$activation,
                       OptionalAttr<Latent_StrategyAttr>:$strategy);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $activation $input `,` $ids
    `up` `` custom<Weight>($up, type($up), $up_scale, type($up_scale))
    (`gate` `` custom<Weight>($gate, type($gate), $gate_scale, type($gate_scale))^)?
    `down` `` custom<Weight>($down, type($down), $down_scale, type($down_scale))
    (`weights` `(` $weights^ `:` type($weights) `)`)? attr-dict
    `:` type($input) `,` type($ids) `->` type($result)
  }];
}

def Latent_CombineOp : Latent_Op<"combine"> {
  let summary = "sum a token's experts";
  let description = [{
    `result[m] = sum over j of [weights[m, j] *] input[m, j]`, in the order of the
    slots, by multiply and add from 0: the same bits on every run.

    Verifier: LATENT-C1: input is [M, k, L], weights [M, k], result [M, L].

    ```mlir
    %u = latent.combine %e, %w : tensor<?x4x64xf32>, tensor<?x4xf32> -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Optional<Latent_F32>:$weights);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $input (`,` $weights^)? attr-dict
    `:` type($input) (`,` type($weights)^)? `->` type($result)
  }];
}

def Latent_MoeOp : Latent_Op<"moe", [AttrSizedOperandSegments,
    AllTypesMatch<["input", "result"]>]> {
  let summary = "a whole mixture-of-experts block, latent or not";
  let description = [{
    For x = [norm(]input[)] in the order of these lines:

        ids, w = route(x)
        z      = latent_norm?(down_project * x)      x itself where there is none
        e      = experts(z, ids)
        u      = combine_norm?(combine(e, w))        w before the second product of
                                                     the experts with `weights_before`
        r      = up_project * u                      u itself where there is none
        y      = r + shared(x)                       shared expert of full width, with
                                                     the same activation, unweighted
        result = input + y                           with `residual`, else y

    Norms are `latent.rms_norm` with `eps`. Experts, their number, k and all
    widths are those of this op; two blocks of a model need not agree.

    Verifier: LATENT-M1: input and result are [M, D]. LATENT-M2: down_project and
    up_project come together, [L, D] and [D, L]; without them experts work on D.
    LATENT-M3: latent_norm needs down_project; combine_norm is [L] (D without
    projections). LATENT-M4: shared_up is [S, D], shared_gate like it for gated
    activations and only for these, shared_down [D, S]. LATENT-M5: scales as in
    `latent.project` and `latent.experts`. LATENT-M6: what `latent.route` and
    `latent.experts` ask of router and experts. LATENT-M7: norm is [D]. LATENT-M8: eps is
    not negative.

    ```mlir
    %y = latent.moe <relu2> #latent.routing<top_k = 4, scale = 2.5 : f32> %h
        norm(%g : tensor<128xf32>)
        router(%wr, %b : tensor<32x128xf32>, tensor<32xf32>)
        down_project(%wd, %sd : tensor<64x128x!ternary.trit>, tensor<f32>)
        up(%u, %us : tensor<32x128x64x!ternary.trit>, tensor<32xf32>)
        down(%d, %ds : tensor<32x64x128x!ternary.trit>, tensor<32xf32>)
        up_project(%wu, %su : tensor<128x64x!ternary.trit>, tensor<f32>)
        residual : tensor<?x128xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Optional<Latent_F32>:$gain,
      Latent_F32:$router, Optional<Latent_F32>:$router_bias,
      Optional<AnyRankedTensor>:$down_project, Optional<Latent_F32>:$down_project_scale,
      Optional<Latent_F32>:$latent_gain,
      AnyRankedTensor:$up, Optional<Latent_F32>:$up_scale,
      Optional<AnyRankedTensor>:$gate, Optional<Latent_F32>:$gate_scale,
      AnyRankedTensor:$down, Optional<Latent_F32>:$down_scale,
      Optional<Latent_F32>:$combine_gain,
      Optional<AnyRankedTensor>:$up_project, Optional<Latent_F32>:$up_project_scale,
      Optional<AnyRankedTensor>:$shared_up, Optional<Latent_F32>:$shared_up_scale,
      Optional<AnyRankedTensor>:$shared_gate, Optional<Latent_F32>:$shared_gate_scale,
      Optional<AnyRankedTensor>:$shared_down, Optional<Latent_F32>:$shared_down_scale,
      Latent_RoutingAttr:$routing, Latent_ActivationAttr:$activation,
      UnitAttr:$weights_before, UnitAttr:$residual,
      OptionalAttr<Latent_StrategyAttr>:$strategy,
      DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    $activation qualified($routing) $input
    (`norm` `(` $gain^ `:` type($gain) `)`)?
    `router` `` custom<Weight>($router, type($router), $router_bias, type($router_bias))
    (`down_project` `` custom<Weight>($down_project, type($down_project), $down_project_scale, type($down_project_scale))^)?
    (`latent_norm` `(` $latent_gain^ `:` type($latent_gain) `)`)?
    `up` `` custom<Weight>($up, type($up), $up_scale, type($up_scale))
    (`gate` `` custom<Weight>($gate, type($gate), $gate_scale, type($gate_scale))^)?
    `down` `` custom<Weight>($down, type($down), $down_scale, type($down_scale))
    (`weights_before` $weights_before^)?
    (`combine_norm` `(` $combine_gain^ `:` type($combine_gain) `)`)?
    (`up_project` `` custom<Weight>($up_project, type($up_project), $up_project_scale, type($up_project_scale))^)?
    (`shared_up` `` custom<Weight>($shared_up, type($shared_up), $shared_up_scale, type($shared_up_scale))^)?
    (`shared_gate` `` custom<Weight>($shared_gate, type($shared_gate), $shared_gate_scale, type($shared_gate_scale))^)?
    (`shared_down` `` custom<Weight>($shared_down, type($shared_down), $shared_down_scale, type($shared_down_scale))^)?
    (`residual` $residual^)? attr-dict `:` type($input)
  }];
}

#endif
