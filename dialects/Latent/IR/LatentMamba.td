//===- LatentMamba.td - the Mamba-2 mixer ----------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_LATENT_IR_LATENTMAMBA
#define TERCET_DIALECTS_LATENT_IR_LATENTMAMBA

include "dialects/Latent/IR/LatentOps.td"

def Latent_CausalConvOp : Latent_Op<"causal_conv", [
    AllTypesMatch<["input", "result"]>, AllTypesMatch<["state", "new_state"]>]> {
  let summary = "depthwise causal convolution over time with SiLU";
  let description = [{
    With in[t] = input[t] for t >= 0 and the rows of `state` before it (the last one
    is in[-1]), for each channel c, by multiply and add in the order of j:

        v            = bias[c] + sum over j < W of weight[c, j] * in[t - (W - 1) + j, c]
        result[t, c] = v / (1 + exp(-v))
        new_state    = the last W - 1 rows of in

    Verifier: LATENT-V1: input is [T, C], weight [C, W] with static sizes and W of 2
    or more, bias [C]. LATENT-V2: state is [W - 1, C].

    ```mlir
    %y, %s1 = latent.causal_conv %x, %w, %bias state(%s0)
        : tensor<?x96xf32>, tensor<96x4xf32>, tensor<96xf32>, tensor<3x96xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Latent_F32:$weight, Latent_F32:$bias,
                       Latent_F32:$state);
  let results = (outs Latent_F32:$result, Latent_F32:$new_state);
  let assemblyFormat = [{
    $input `,` $weight `,` $bias `state` `(` $state `)` attr-dict
    `:` type($input) `,` type($weight) `,` type($bias) `,` type($state)
  }];
}

def Latent_ScanOp : Latent_Op<"scan", [AllTypesMatch<["input", "result"]>,
    AllTypesMatch<["b", "c"]>, AllTypesMatch<["a_log", "dt_bias", "skip"]>,
    AllTypesMatch<["state", "new_state"]>]> {
  let summary = "the selective state space of Mamba-2, step after step";
  let description = [{
    For each step t in order and each head h, with g = h / (H / G):

        v      = dt[t, h] + dt_bias[h]
        D      = max(v, 0) + log1p(exp(-|v|))      then max(D, min_step) if given
        a      = exp(-(D * exp(a_log[h])))
        s[p,n] = a * s[p,n] + (D * input[t,h,p]) * b[t,g,n]
        result[t,h,p] = (sum over n of c[t,g,n] * s[p,n]) + skip[h] * input[t,h,p]

    where s [P, S] begins as state[h] and ends as new_state[h]. One step is the decode
    step. The state is f32. Step by step, sums over n are 16 strided partial sums
    combined as a tree (8, 4, 2, 1), each in order by multiply and add; the same bits on
    every target. A target may take `chunk` steps at once where there are many,
    which sums in another order: any split of a sequence into calls agrees to
    rounding (1e-4 relative), not to the bit.

    Verifier: LATENT-S1: input is [T, H, P], dt [T, H], b and c [T, G, S], a_log,
    dt_bias and skip [H], state [H, P, S], static but for T. LATENT-S2: H is a
    multiple of G. LATENT-S3: min_step is a number that is not negative.
    LATENT-S4: chunk is positive.

    ```mlir
    %y, %s1 = latent.scan %x, %dt, %b, %c heads(%a_log, %dt_bias, %d) state(%s0)
        : tensor<?x4x16xf32>, tensor<?x4xf32>, tensor<?x2x32xf32>, tensor<4xf32>,
          tensor<4x16x32xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Latent_F32:$dt, Latent_F32:$b,
                       Latent_F32:$c, Latent_F32:$a_log, Latent_F32:$dt_bias,
                       Latent_F32:$skip, Latent_F32:$state,
                       OptionalAttr<F32Attr>:$min_step,
                       DefaultValuedAttr<I64Attr, "128">:$chunk);
  let results = (outs Latent_F32:$result, Latent_F32:$new_state);
  let assemblyFormat = [{
    $input `,` $dt `,` $b `,` $c `heads` `(` $a_log `,` $dt_bias `,` $skip `)`
    `state` `(` $state `)` (`min_step` `(` $min_step^ `)`)? attr-dict
    `:` type($input) `,` type($dt) `,` type($b) `,` type($a_log) `,` type($state)
  }];
}

def Latent_GatedNormOp : Latent_Op<"gated_norm", [
    AllTypesMatch<["input", "gate", "result"]>]> {
  let summary = "gate, then RMSNorm over groups of columns";
  let description = [{
    With u = input * (gate / (1 + exp(-gate))), each of the `groups` equal parts of a
    row of u goes through the norm of `latent.rms_norm` by itself, and the row is
    multiplied by `gain`.

    Verifier: LATENT-G1: the input is [M, D], gain [D]. LATENT-G2: D is a multiple of
    groups. LATENT-G3: eps is not negative.

    ```mlir
    %u = latent.gated_norm groups(8) %y, %z, %gain : tensor<?x512xf32>, tensor<512xf32>
    ```
  }];
  let arguments = (ins Latent_F32:$input, Latent_F32:$gate, Latent_F32:$gain,
                       I64Attr:$groups,
                       DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps);
  let results = (outs Latent_F32:$result);
  let assemblyFormat = [{
    `groups` `(` $groups `)` $input `,` $gate `,` $gain attr-dict
    `:` type($input) `,` type($gain)
  }];
}

def Latent_MambaOp : Latent_Op<"mamba", [AttrSizedOperandSegments,
    AllTypesMatch<["input", "result"]>,
    AllTypesMatch<["a_log", "dt_bias", "skip"]>,
    AllTypesMatch<["conv_state", "new_conv_state"]>,
    AllTypesMatch<["state", "new_state"]>]> {
  let summary = "a whole Mamba-2 mixer, as Nemotron-H has it";
  let description = [{
    For x = [norm(]input[)], with H heads of P, G groups and S states of a head, in
    the order of these lines:

        z | xBC | dt = in_project * x          columns H*P | H*P + 2*G*S | H
        xBC, conv    = causal_conv(xBC)        with new_conv_state
        x' | B | C   = xBC                     columns H*P | G*S | G*S
        y, s         = scan(x', dt, B, C)      with new_state
        u            = gated_norm(y, z)        G groups, gain gate_norm
        r            = out_project * u
        result       = input + r               with `residual`, else r

    Norms have `eps`. States are what the steps before left: zeros at first.

    Verifier: LATENT-Y1: input and result are [T, D] with a static D. LATENT-Y2: state
    is [H, P, S], static, H a multiple of groups. LATENT-Y3: in_project is
    [2*H*P + 2*G*S + H, D], out_project [D, H*P]. LATENT-Y4: conv is [H*P + 2*G*S, W]
    with a bias and a conv state as `latent.causal_conv` asks. LATENT-Y5: a_log,
    dt_bias and skip are [H]. LATENT-Y6: gate_norm is [H*P], norm [D]. LATENT-Y7:
    weights and scales as in `latent.project`. LATENT-Y8: min_step, chunk and eps as
    in `latent.scan` and `latent.rms_norm`.

    ```mlir
    %y, %c1, %s1 = latent.mamba groups(2) %h norm(%g : tensor<32xf32>)
        in_project(%wi : tensor<196x32xf32>)
        conv(%wc, %bc : tensor<128x4xf32>, tensor<128xf32>)
        heads(%a_log, %dt_bias, %d : tensor<4xf32>)
        gate_norm(%gn : tensor<64xf32>) out_project(%wo : tensor<32x64xf32>)
        states(%c0, %s0 : tensor<3x128xf32>, tensor<4x16x16xf32>)
        residual : tensor<?x32xf32>
    ```
  }];
  // States come first: types are inferred by an operand's number, which an optional
  // operand before it would change.
  let arguments = (ins Latent_F32:$input, Latent_F32:$conv_state,
      Latent_F32:$state, Optional<Latent_F32>:$gain,
      AnyRankedTensor:$in_project, Optional<Latent_F32>:$in_project_scale,
      Latent_F32:$conv, Latent_F32:$conv_bias,
      Latent_F32:$a_log, Latent_F32:$dt_bias, Latent_F32:$skip,
      Latent_F32:$gate_gain,
      AnyRankedTensor:$out_project, Optional<Latent_F32>:$out_project_scale,
      I64Attr:$groups, OptionalAttr<F32Attr>:$min_step,
      DefaultValuedAttr<I64Attr, "128">:$chunk, UnitAttr:$residual,
      DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps);
  let results = (outs Latent_F32:$result, Latent_F32:$new_conv_state,
                      Latent_F32:$new_state);
  let assemblyFormat = [{
    `groups` `(` $groups `)` $input
    (`norm` `(` $gain^ `:` type($gain) `)`)?
    `in_project` `` custom<Weight>($in_project, type($in_project), $in_project_scale, type($in_project_scale))
    `conv` `(` $conv `,` $conv_bias `:` type($conv) `,` type($conv_bias) `)`
    `heads` `(` $a_log `,` $dt_bias `,` $skip `:` type($a_log) `)`
    `gate_norm` `(` $gate_gain `:` type($gate_gain) `)`
    `out_project` `` custom<Weight>($out_project, type($out_project), $out_project_scale, type($out_project_scale))
    `states` `(` $conv_state `,` $state `:` type($conv_state) `,` type($state) `)`
    (`min_step` `(` $min_step^ `)`)? (`residual` $residual^)?
    attr-dict `:` type($input)
  }];
}

#endif
