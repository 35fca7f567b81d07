//===- TernaryOps.td - operations ------------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_TERNARY_IR_TERNARYOPS
#define TERCET_DIALECTS_TERNARY_IR_TERNARYOPS

include "dialects/Ternary/IR/TernaryDialect.td"
include "dialects/Ternary/IR/TernaryAttrs.td"
include "dialects/Ternary/IR/TernaryTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Ternary_Op<string mnemonic, list<Trait> traits = []>
    : Op<Ternary_Dialect, mnemonic,
         !listconcat(traits, [Pure,
           DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
          ["reifyResultShapes"]>])> {
  let hasVerifier = 1;
}

def Ternary_TernarizeOp : Ternary_Op<"ternarize"> {
  let summary = "round float weights to trits with one scale";
  let description = [{
    For a float matrix W of shape [N, K], converted to f32, in this order (arXiv
    2402.17764; mask rule of arXiv 2603.05168):

        beta  = max(mean(|W|), 1e-5)        over the dense, unmasked matrix; summed
                row by row in f64, divided there and rounded to f32 once
        s     = 1 / beta
        Wq    = clip(round_half_even(W * s), -1, 1)
        N:M   : in each group of m consecutive elements of a row keep the n
                largest |W|, ties keep the lower index; the others become 0
        exact : the m - n smallest |W| (ties drop the higher index) become 0, each
                kept weight becomes sign(W) (+1 for 0), never 0

    A rank-3 weight [E, N, K] has one scale per expert. The input must be a
    weight: a `ml_program.global` bound to float data, or a constant; the op runs
    at compile time.

    Verifier: TERNARY-T1: the input has rank 2 or 3 and a float element type.
    TERNARY-T2: trits have the shape of the input. TERNARY-T3: the scale is a
    tensor<f32>, or tensor<Exf32> for rank 3. TERNARY-T4: K is a multiple of m.

    ```mlir
    %w, %s = ternary.ternarize %master sparsity(<2:4>)
        : tensor<256x64xf32> -> tensor<256x64x!ternary.trit>, tensor<f32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[AnyFloat]>:$input,
                       OptionalAttr<Ternary_SparsityAttr>:$sparsity);
  let results = (outs Ternary_TritTensor:$trits, F32Tensor:$scale);
  let assemblyFormat = [{
    $input (`sparsity` `(` $sparsity^ `)`)? attr-dict
    `:` type($input) `->` type($trits) `,` type($scale)
  }];
}

def Ternary_QuantizeOp : Ternary_Op<"quantize"> {
  let summary = "quantise activations per token (row)";
  let description = [{
    For each row x of the input [M, K], in f32 and in this order:

        hadamard  : x <- H x / sqrt(K) first, H the Walsh-Hadamard matrix
                    (BitNet v2, arXiv 2504.18415); K is a power of two
        absmax_i8 : g = max(max|x|, 1e-5); s = 127 / g;
                    q = clip(round_half_even(x * s), -128, 127); scale = g / 127
        absmean_i4: g = max(mean|x|, 1e-5); s = sqrt(7) / g;
                    q = clip(round_half_even(x * s), -8, 7); scale = g / sqrt(7)
                    (BitNet a4.8, arXiv 2411.04965)

    so that x is about q * scale. NaN in x gives q = 0 there; infinities give
    g = inf and therefore q = 0 in the whole row: no value is undefined.

    Verifier: TERNARY-Q1: the input has rank 2. TERNARY-Q2: q has the shape of the
    input and scale is [M]. TERNARY-Q3: with `hadamard` K is static and a power of two.

    ```mlir
    %q, %s = ternary.quantize %x <absmax_i8> : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$input,
                       Ternary_QuantModeAttr:$mode, UnitAttr:$hadamard);
  let results = (outs RankedTensorOf<[I8]>:$values, RankedTensorOf<[F32]>:$scale);
  let assemblyFormat = [{
    $input $mode (`hadamard` $hadamard^)? attr-dict
    `:` type($input) `->` type($values) `,` type($scale)
  }];
}

def Ternary_MatmulOp : Ternary_Op<"matmul"> {
  let summary = "integer matrix product with ternary weights";
  let description = [{
    `result[m, n] = sum over k of input[m, k] * weight[n, k]` in exact i32.

    Verifier: TERNARY-M1: input is [M, K] i8, weight [N, K] trits, result [M, N]
    i32. TERNARY-M2: K <= 2^31 / 128, so that no sum overflows (and a storage
    code's own bound holds).

    ```mlir
    %y = ternary.matmul %q, %w : tensor<?x64xi8>, tensor<256x64x!ternary.trit> -> tensor<?x256xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8]>:$input, Ternary_TritTensor:$weight);
  let results = (outs RankedTensorOf<[I32]>:$result);
  let assemblyFormat = [{
    $input `,` $weight attr-dict `:` type($input) `,` type($weight) `->` type($result)
  }];
}

def Ternary_LinearOp : Ternary_Op<"linear", [AttrSizedOperandSegments]> {
  let summary = "a whole BitLinear layer: [norm ->] quantise -> matmul -> scale [+ bias]";
  let description = [{
    The composite that a model is written with. In this order, floats in f32:

        norm  : x <- x * (1 / sqrt(mean(x^2) + eps)) * gain      (RMSNorm, if given)
        q, a  = ternary.quantize(x)                              (per row)
        acc   = ternary.matmul(q, weight)                        (exact i32)
        y     = float(acc) * (a[m] * scale) [+ bias[n]]

    The mean of squares is summed as 16 strided partial sums, each in order by
    multiply and add, combined as a binary tree (8, 4, 2, 1), on every target: the
    integers that follow do not depend on the machine.

    `scale` multiplies; a checkpoint that stores 1/scale must be inverted first.
    It is a tensor<f32>, or tensor<Nxf32> where parts of a fused matrix have
    scales of their own.

    Verifier: TERNARY-L1: input is [M, K], weight [N, K], result [M, N].
    TERNARY-L2: scale is tensor<f32> or tensor<Nxf32>. TERNARY-L3: gain is
    tensor<Kxf32>. TERNARY-L4: bias is tensor<Nxf32>. TERNARY-L5: eps is not
    negative. TERNARY-L6: with `hadamard` K is a power of two.

    ```mlir
    %y = ternary.linear %x, %w scale(%s : tensor<f32>) norm(%g : tensor<64xf32>) bias(%b : tensor<256xf32>)
        : tensor<?x64xf32>, tensor<256x64x!ternary.trit> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$input, Ternary_TritTensor:$weight,
                       RankedTensorOf<[F32]>:$scale,
                       Optional<RankedTensorOf<[F32]>>:$gain,
                       Optional<RankedTensorOf<[F32]>>:$bias,
                       DefaultValuedAttr<F32Attr, "1.0e-5f">:$eps,
                       DefaultValuedAttr<Ternary_QuantModeAttr,
                         "::tercet::ternary::QuantMode::AbsmaxI8">:$mode,
                       UnitAttr:$hadamard);
  let results = (outs RankedTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $input `,` $weight `scale` `(` $scale `:` type($scale) `)`
    (`norm` `(` $gain^ `:` type($gain) `)`)?
    (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`hadamard` $hadamard^)? attr-dict
    `:` type($input) `,` type($weight) `->` type($result)
  }];
}

def Ternary_EncodeOp : Ternary_Op<"encode"> {
  let summary = "give trits a storage code";
  let description = [{
    The same trits, stored by the code in the result's encoding. Weights only: it
    runs at compile time. `encode(decode(x))` folds to x where the code is the
    same, and `decode(encode(x))` folds to x.

    Verifier: TERNARY-E1: the result has a `#ternary.code` encoding and the input
    has none. TERNARY-E2: shapes agree. TERNARY-E3: with `b33` or `c5`, K is a
    multiple of 4.

    ```mlir
    %e = ternary.encode %w : tensor<256x64x!ternary.trit> -> tensor<256x64x!ternary.trit, #ternary.code<t5>>
    ```
  }];
  let arguments = (ins Ternary_TritTensor:$input);
  let results = (outs Ternary_TritTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

def Ternary_DecodeOp : Ternary_Op<"decode"> {
  let summary = "forget the storage code";
  let description = [{
    The inverse of `ternary.encode`, or the trits as i8 values where the result's
    element type is i8 (reference path only: it is what an optimised path avoids).

    Verifier: TERNARY-D1: the input has a `#ternary.code` encoding, or the result
    is i8. TERNARY-D2: shapes agree and the result has no encoding.

    ```mlir
    %w = ternary.decode %e : tensor<256x64x!ternary.trit, #ternary.code<t5>> -> tensor<256x64xi8>
    ```
  }];
  let arguments = (ins Ternary_TritTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

#endif
