//===- Probes.cpp - what the machine can do at most -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Probes.h"
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define TERCET_TARGET(features) __attribute__((target(features)))
#endif

using namespace tercet::benchmarks;

namespace {

uint64_t readPortable(const uint8_t *data, size_t size) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 64 <= size; i += 64)
    for (int j = 0; j < 8; ++j) {
      uint64_t word;
      std::memcpy(&word, data + i + 8 * j, 8);
      sums[j] ^= word;
    }
  uint64_t sum = 0;
  for (uint64_t part : sums)
    sum ^= part;
  return sum;
}

void updatePortable(uint8_t *data, size_t size) {
  for (size_t i = 0; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, data + i, 8);
    word = ~word;
    std::memcpy(data + i, &word, 8);
  }
}

#if defined(__x86_64__)
TERCET_TARGET("avx512f") void updateAvx512(uint8_t *data, size_t size) {
  __m512i ones = _mm512_set1_epi64(-1);
  for (size_t i = 0; i + 64 <= size; i += 64)
    _mm512_store_si512(data + i,
                       _mm512_xor_si512(_mm512_load_si512(data + i), ones));
}

TERCET_TARGET("avx512f") uint64_t readAvx512(const uint8_t *data, size_t size) {
  __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
  for (size_t i = 0; i + 256 <= size; i += 256) {
    a = _mm512_xor_si512(a, _mm512_load_si512(data + i));
    b = _mm512_xor_si512(b, _mm512_load_si512(data + i + 64));
    c = _mm512_xor_si512(c, _mm512_load_si512(data + i + 128));
    d = _mm512_xor_si512(d, _mm512_load_si512(data + i + 192));
  }
  a = _mm512_xor_si512(_mm512_xor_si512(a, b), _mm512_xor_si512(c, d));
  return (uint64_t)_mm512_reduce_or_epi64(a);
}

TERCET_TARGET("avx2") uint64_t readAvx2(const uint8_t *data, size_t size) {
  __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
  for (size_t i = 0; i + 128 <= size; i += 128) {
    const auto *at = (const __m256i *)(data + i);
    a = _mm256_xor_si256(a, _mm256_load_si256(at));
    b = _mm256_xor_si256(b, _mm256_load_si256(at + 1));
    c = _mm256_xor_si256(c, _mm256_load_si256(at + 2));
    d = _mm256_xor_si256(d, _mm256_load_si256(at + 3));
  }
  a = _mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
  return (uint64_t)(_mm256_extract_epi64(a, 0) | _mm256_extract_epi64(a, 1) |
                    _mm256_extract_epi64(a, 2) | _mm256_extract_epi64(a, 3));
}

// Sixteen accumulators hide the latency of the instruction on every machine
// that has it; nothing is loaded in the loop, and `volatile` keeps it whole.
TERCET_TARGET("avx512f,avx512vnni") double peakVnni512(uint64_t count) {
  __m512i sums[16], x = _mm512_set1_epi8(3), w = _mm512_set1_epi8(1);
  for (__m512i &sum : sums)
    sum = _mm512_setzero_si512();
  uint64_t done = 0;
  for (; done < count; done += 16) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; ++i)
      asm volatile("vpdpbusd %2, %1, %0" : "+v"(sums[i]) : "v"(x), "v"(w));
  }
  return done * 64.0 * 2;
}

TERCET_TARGET("avx2,avxvnni") double peakVnni256(uint64_t count) {
  __m256i sums[12], x = _mm256_set1_epi8(3), w = _mm256_set1_epi8(1);
  for (__m256i &sum : sums)
    sum = _mm256_setzero_si256();
  uint64_t done = 0;
  for (; done < count; done += 12) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; ++i)
      asm volatile("%{vex%} vpdpbusd %2, %1, %0"
                   : "+x"(sums[i])
                   : "x"(x), "x"(w));
  }
  return done * 32.0 * 2;
}

// Without VNNI a ternary dot product sums pairs in 16 bits: one vpmaddubsw and
// one vpaddw for 32 multiply-adds.
TERCET_TARGET("avx2") double peakMaddubs(uint64_t count) {
  __m256i sums[12], x = _mm256_set1_epi8(3), w = _mm256_set1_epi8(1);
  for (__m256i &sum : sums)
    sum = _mm256_setzero_si256();
  uint64_t done = 0;
  for (; done < count; done += 12) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; ++i) {
      __m256i product;
      asm volatile("vpmaddubsw %2, %1, %0" : "=x"(product) : "x"(x), "x"(w));
      asm volatile("vpaddw %1, %0, %0" : "+x"(sums[i]) : "x"(product));
    }
  }
  return done * 32.0 * 2;
}

TERCET_TARGET("avx512f") double peakFma512(uint64_t count) {
  __m512 sums[16], x = _mm512_set1_ps(0.5f), w = _mm512_set1_ps(1.0f);
  for (__m512 &sum : sums)
    sum = _mm512_setzero_ps();
  uint64_t done = 0;
  for (; done < count; done += 16) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; ++i)
      asm volatile("vfmadd231ps %2, %1, %0" : "+v"(sums[i]) : "v"(x), "v"(w));
  }
  return done * 16.0 * 2;
}

TERCET_TARGET("avx2,fma") double peakFma256(uint64_t count) {
  __m256 sums[12], x = _mm256_set1_ps(0.5f), w = _mm256_set1_ps(1.0f);
  for (__m256 &sum : sums)
    sum = _mm256_setzero_ps();
  uint64_t done = 0;
  for (; done < count; done += 12) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; ++i)
      asm volatile("vfmadd231ps %2, %1, %0" : "+x"(sums[i]) : "x"(x), "x"(w));
  }
  return done * 8.0 * 2;
}
#endif

} // namespace

uint64_t tercet::benchmarks::readAll(const uint8_t *data, size_t size) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return readAvx512(data, size);
  if (__builtin_cpu_supports("avx2"))
    return readAvx2(data, size);
#endif
  return readPortable(data, size);
}

void tercet::benchmarks::updateAll(uint8_t *data, size_t size) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return updateAvx512(data, size);
#endif
  updatePortable(data, size);
}

Int8Peak tercet::benchmarks::int8Peak() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vnni"))
    return {"AVX-512 VNNI vpdpbusd", peakVnni512};
  if (__builtin_cpu_supports("avxvnni"))
    return {"AVX-VNNI vpdpbusd", peakVnni256};
  if (__builtin_cpu_supports("avx2"))
    return {"AVX2 vpmaddubsw", peakMaddubs};
#endif
  return {nullptr, nullptr};
}

FmaPeak tercet::benchmarks::fmaPeak() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {"AVX-512 vfmadd231ps", peakFma512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {"AVX2 vfmadd231ps", peakFma256};
#endif
  return {nullptr, nullptr};
}
