//===- TestArtifact.h - small artifacts made without the compiler -*- C++
//-*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_RUNTIME_TESTARTIFACT_H
#define TERCET_TEST_UNIT_RUNTIME_TESTARTIFACT_H

#include "runtime/schema/Header.h"
#include "runtime/schema/tercet_generated.h"
#include "tercet/runtime.h"
#include <memory>
#include <string>
#include <vector>

namespace tercet::test {

/// 64-byte-aligned bytes of exactly their size, so that a sanitizer sees a read
/// past the end.
class AlignedBytes {
public:
  AlignedBytes() = default;
  explicit AlignedBytes(size_t size);
  AlignedBytes(const void *data, size_t size);
  uint8_t *data() const { return bytes.get(); }
  size_t size() const { return length; }

private:
  std::unique_ptr<uint8_t, void (*)(void *)> bytes{nullptr, std::free};
  size_t length = 0;
};

/// A manifest to change, and the bytes of its segments.
struct Source {
  schema::ManifestT manifest;
  std::vector<std::vector<uint8_t>> segments;

  schema::TargetT &target(size_t i = 0) { return *manifest.targets[i]; }
  schema::ProgramT &program(size_t i = 0) { return *target().programs[i]; }
};

/// Three entry points over the kernels of kernels.c, for the host.
///
///   affine:  x f32 [M <= 64, 8] -> y = (x * w + 1) * w + 1, through the arena
///   columns: x f32 [M <= 64, 8], z f32 [M, 2] -> sums of columns + row (M x
///   8),
///            a copy of x (M x 8) and 3 zero bytes
///   step:    v i32 [4] -> the state `total` after total += v * {3, 5, 3, 5}
///
/// with the weight w = 0.5, 1, ..., 4 (rebindable) and total = {10, 20, 30,
/// 40}.
Source makeSource();
/// The same for a GPU, with code that the driver of fake/driver.c takes.
Source makeGpuSource(const std::string &device, const std::string &chip,
                     schema::BlobFormat format);

/// Lays the file out; digests and offsets are made right.
AlignedBytes write(Source &source);
/// Writes bytes to a new file of the test's folder.
std::string writeTemporary(const std::string &name, const void *data,
                           size_t size);

/// The message and code of a status, which is freed.
struct Outcome {
  tercet_code code;
  std::string message;
};
Outcome outcome(tercet_status *status);

/// A host tensor over a vector.
template <typename T>
DLTensor tensor(std::vector<T> &data, std::vector<int64_t> &shape) {
  uint8_t code = std::is_floating_point_v<T> ? kDLFloat
                 : std::is_signed_v<T>       ? kDLInt
                                             : kDLUInt;
  return {data.data(),
          {kDLCPU, 0},
          static_cast<int32_t>(shape.size()),
          {code, sizeof(T) * 8, 1},
          shape.data(),
          nullptr,
          0};
}

} // namespace tercet::test

#endif
