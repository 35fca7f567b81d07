// k-means of up to 131072 points in 64 dimensions: 256 clusters, at most 20 iterations, fewer
// where no centroid moves by 1e-4. Other sizes are other numbers in these types.
func.func @kmeans(%points: tensor<?x64xf32> {tercet.name = "points", tercet.bound = 131072},
                  %initial: tensor<256x64xf32> {tercet.name = "initial"})
    -> (tensor<?xi32> {tercet.name = "labels"}, tensor<256x64xf32> {tercet.name = "centroids"},
        tensor<i32> {tercet.name = "iterations"}) {
  %labels, %centroids, %iterations = spatial.kmeans %points, %initial max_iters(20) tol(1.0e-4)
      : tensor<?x64xf32>, tensor<256x64xf32> -> tensor<?xi32>, tensor<i32>
  return %labels, %centroids, %iterations : tensor<?xi32>, tensor<256x64xf32>, tensor<i32>
}
