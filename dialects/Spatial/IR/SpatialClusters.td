//===- SpatialClusters.td - k-means -----------------------------*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIALCLUSTERS
#define TERCET_DIALECTS_SPATIAL_IR_SPATIALCLUSTERS

include "dialects/Spatial/IR/SpatialTokens.td"

def Spatial_KmeansInitOp : Spatial_Op<"kmeans_init"> {
  let summary = "points for k-means to begin with";
  let description = [{
    `result[k] = points[row[k]]`, for K of the N rows of `points` [N, D], no two of
    them the same. Every row is as likely as any other. The rows are drawn one from
    each K-th of the points, which begin at a random one:

        row[k] = (draw(0, 1, N) + a[k] + draw(k, 0, a[k + 1] - a[k])) mod N
        a[k] = floor(k * N / K)

    where draw(i, j, n) = floor((p + 2^32 q) * n / 2^64), with the first two words p and
    q of Philox4x32-10 of the counter (i, b, j, 0) under the key `seed` (low word,
    high word); b is 0. Probabilities are equal to N / 2^64. With K = N the result is
    the points, rotated.

    With [B, N, D] the result is [B, K, D], and b the number of the batch: each draws
    rows of its own, the first those that it draws alone.

    Where N is smaller than K, which only a dynamic N may be, rows repeat; without
    any points the result is 0.

    Verifier: SPATIAL-C5: points are [N, D], the result [K, D], or [B, N, D] and
    [B, K, D], static, positive B, K and D; the seed is [2]. SPATIAL-C2: K is at most N,
    where N is known.

    ```mlir
    %c0 = spatial.kmeans_init %x seed(%s) : tensor<?x64xf32>, tensor<2xi32> -> tensor<256x64xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$points, Spatial_I32:$seed);
  let results = (outs Spatial_F32:$result);
  let assemblyFormat = [{
    $points `seed` `(` $seed `)` attr-dict `:` type($points) `,` type($seed)
    `->` type($result)
  }];
}

def Spatial_KmeansAssignOp : Spatial_Op<"kmeans_assign"> {
  let summary = "the nearest centroid of each point";
  let description = [{
    For point n of `points` [N, D] the k that has the least

        score[k] = |c_k|^2 - 2 (x_n . c_k)

    among `centroids` [K, D], the lowest of equal ones; `scores` has that score, the
    squared distance less |x_n|^2. With `clamp0` scores are squared distances,
    max(0, (|x_n|^2 + |c_k|^2) - 2 (x_n . c_k)), as flash-kmeans has them (arXiv
    2603.09229): points near several centroids may then tie. A score that is no number
    is never the least; a point with no other gets cluster 0 and the score infinity.

    Squared lengths are sums in order of multiplications. The product is summed as
    the target likes: labels of targets may differ where two scores differ by
    rounding. No matrix [N, K] is ever in memory.

    With points [B, N, D] and centroids [B, K, D] each batch is assigned to its own
    centroids, as B ops would, to the bit.

    Verifier: SPATIAL-C1: points are [N, D], centroids [K, D], ids and scores [N], or
    all with B in front; B, K and D are static and positive. SPATIAL-C2: K is at most N,
    where N is known.

    ```mlir
    %ids, %scores = spatial.kmeans_assign %x, %c : tensor<?x64xf32>, tensor<1024x64xf32>
        -> tensor<?xi32>, tensor<?xf32>
    ```
  }];
  let arguments = (ins Spatial_F32:$points, Spatial_F32:$centroids,
                       UnitAttr:$clamp0);
  let results = (outs Spatial_I32:$ids, Spatial_F32:$scores);
  let assemblyFormat = [{
    (`clamp0` $clamp0^)? $points `,` $centroids attr-dict
    `:` type($points) `,` type($centroids) `->` type($ids) `,` type($scores)
  }];
}

def Spatial_KmeansUpdateOp : Spatial_Op<"kmeans_update",
    [AllTypesMatch<["centroids", "result"]>]> {
  let summary = "the means of the points of each cluster";
  let description = [{
    `result[k]` is the mean of the points whose id is k, or `centroids[k]` where there
    is none; `counts[k]` is how many there are. Sums are taken in f32 in an order of
    their own: points are cut into 8 chunks of ceil(N / 8), each chunk is summed in
    the order of its points, and the chunks in theirs. So results depend on neither
    threads nor machine. Ids are from 0 to K - 1; N is below 2^24. A point that has
    values that are no numbers makes those of its cluster's mean none.

    With points [B, N, D] each batch has its own ids, centroids and counts.

    Verifier: SPATIAL-C3: points are [N, D], ids [N], centroids [K, D], counts [K], or
    all with B in front; B, K and D are static and positive.

    ```mlir
    %c1, %counts = spatial.kmeans_update %x, %ids, %c
        : tensor<?x64xf32>, tensor<?xi32>, tensor<1024x64xf32> -> tensor<1024xi32>
    ```
  }];
  let arguments = (ins Spatial_F32:$points, Spatial_I32:$ids,
                       Spatial_F32:$centroids);
  let results = (outs Spatial_F32:$result, Spatial_I32:$counts);
  let assemblyFormat = [{
    $points `,` $ids `,` $centroids attr-dict
    `:` type($points) `,` type($ids) `,` type($centroids) `->` type($counts)
  }];
  let extraClassDeclaration = [{
    /// Chunks that points are summed in.
    static constexpr int64_t kChunks = 8;
  }];
}

def Spatial_KmeansOp : Spatial_Op<"kmeans",
    [AllTypesMatch<["initial", "centroids"]>]> {
  let summary = "k-means from given centroids";
  let description = [{
    Lloyd's iterations, at most `max_iters`, as flash-kmeans runs them: `ids` from
    `spatial.kmeans_assign`, new centroids from `spatial.kmeans_update`; where no
    centroid has moved by `tol` or more (its Euclidean distance from before), the
    iterations end and the centroids before the move are the result. With tol = 0
    they never end early. `ids` are those of the last iteration, `iterations` how many
    there were.

    A compiled program has the iterations one after the other and no branches: those
    behind the end change nothing, but take their time.

    A point with a value that is no number goes to cluster 0, whose centroid then has
    none there, either: from the next iteration on it is nearest to no point, and
    there is no end before the last iteration.

    With points [B, N, D] and centroids [B, K, D] each batch is clustered for itself,
    as B ops would, to the bit: one may end before another. `iterations` is [B].

    Verifier: SPATIAL-C1 and SPATIAL-C2 as above, iterations is tensor<i32>, or [B].
    SPATIAL-C4: max_iters is positive, tol not negative.

    ```mlir
    %ids, %c, %n = spatial.kmeans %x, %c0 max_iters(20) tol(1.0e-4)
        : tensor<?x64xf32>, tensor<1024x64xf32> -> tensor<?xi32>, tensor<i32>
    ```
  }];
  let arguments = (ins Spatial_F32:$points, Spatial_F32:$initial,
                       I64Attr:$max_iters, F32Attr:$tol);
  let results = (outs Spatial_I32:$ids, Spatial_F32:$centroids,
                      Spatial_I32:$iterations);
  let assemblyFormat = [{
    $points `,` $initial `max_iters` `(` $max_iters `)` `tol` `(` $tol `)`
    attr-dict `:` type($points) `,` type($initial)
    `->` type($ids) `,` type($iterations)
  }];
}

#endif
