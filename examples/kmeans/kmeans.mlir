// k-means of up to 131072 points in 64 dimensions: 256 clusters, at most 20 iterations, fewer
// where no centroid moves by 1e-4. Other sizes are other numbers in these types.

// From points that are drawn. The seed says which; the same ones on every machine.
func.func @kmeans(%points: tensor<?x64xf32> {tercet.name = "points", tercet.bound = 131072})
    -> (tensor<?xi32> {tercet.name = "labels"}, tensor<256x64xf32> {tercet.name = "centroids"},
        tensor<i32> {tercet.name = "iterations"}) {
  %seed = arith.constant dense<[1, 0]> : tensor<2xi32>
  %initial = spatial.kmeans_init %points seed(%seed)
      : tensor<?x64xf32>, tensor<2xi32> -> tensor<256x64xf32>
  %labels, %centroids, %iterations = spatial.kmeans %points, %initial max_iters(20) tol(1.0e-4)
      : tensor<?x64xf32>, tensor<256x64xf32> -> tensor<?xi32>, tensor<i32>
  return %labels, %centroids, %iterations : tensor<?xi32>, tensor<256x64xf32>, tensor<i32>
}

// From centroids that are given, perhaps those of yesterday.
func.func @kmeans_from(%points: tensor<?x64xf32> {tercet.name = "points", tercet.bound = 131072},
                       %initial: tensor<256x64xf32> {tercet.name = "initial"})
    -> (tensor<?xi32> {tercet.name = "labels"}, tensor<256x64xf32> {tercet.name = "centroids"},
        tensor<i32> {tercet.name = "iterations"}) {
  %labels, %centroids, %iterations = spatial.kmeans %points, %initial max_iters(20) tol(1.0e-4)
      : tensor<?x64xf32>, tensor<256x64xf32> -> tensor<?xi32>, tensor<i32>
  return %labels, %centroids, %iterations : tensor<?xi32>, tensor<256x64xf32>, tensor<i32>
}
