//===- Support.h - the few containers the runtime needs ---------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime links no C++ library: containers are malloc-backed, say false
// when memory runs out instead of throwing, and hold only trivially copyable
// things.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_SUPPORT_H
#define TERCET_RUNTIME_CORE_SUPPORT_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <pthread.h>
#include <type_traits>

namespace tercet::runtime {

/// A growable array. Every function that allocates returns false on failure and
/// leaves the array as it was.
template <typename T> class Array {
  static_assert(std::is_trivially_copyable_v<T>, "moved with realloc");

public:
  Array() = default;
  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;
  ~Array() { ::free(items); }

  T *data() { return items; }
  const T *data() const { return items; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  T &operator[](size_t i) { return items[i]; }
  const T &operator[](size_t i) const { return items[i]; }
  T *begin() { return items; }
  T *end() { return items + count; }
  const T *begin() const { return items; }
  const T *end() const { return items + count; }
  T &back() { return items[count - 1]; }
  void clear() { count = 0; }
  void pop() { --count; }

  [[nodiscard]] bool reserve(size_t n) {
    if (n <= capacity)
      return true;
    size_t grown = capacity * 2 > n ? capacity * 2 : n;
    if (grown > SIZE_MAX / sizeof(T))
      return false;
    T *moved = static_cast<T *>(::realloc(items, grown * sizeof(T)));
    if (!moved)
      return false;
    items = moved;
    capacity = grown;
    return true;
  }
  /// New elements are zero-initialised.
  [[nodiscard]] bool resize(size_t n) {
    if (!reserve(n))
      return false;
    if (n > count)
      ::memset(static_cast<void *>(items + count), 0, (n - count) * sizeof(T));
    count = n;
    return true;
  }
  [[nodiscard]] bool push(const T &item) {
    T copy = item; // `item` may live in this array
    if (!reserve(count + 1))
      return false;
    items[count++] = copy;
    return true;
  }

private:
  T *items = nullptr;
  size_t count = 0, capacity = 0;
};

/// Memory for tensors: 64-byte aligned, at least one byte, so never shared.
inline void *allocateAligned(uint64_t bytes) {
  if (bytes > SIZE_MAX - 63)
    return nullptr;
  size_t rounded = (static_cast<size_t>(bytes ? bytes : 1) + 63) & ~size_t(63);
  if (!rounded)
    return nullptr;
  return ::aligned_alloc(64, rounded);
}

/// new and delete without the C++ library.
template <typename T, typename... A> T *create(A &&...a) {
  static_assert(alignof(T) <= 64);
  void *p = alignof(T) <= alignof(max_align_t) ? ::malloc(sizeof(T))
                                               : allocateAligned(sizeof(T));
  return p ? ::new (p) T(static_cast<A &&>(a)...) : nullptr;
}
template <typename T> void destroy(T *p) {
  if (p) {
    p->~T();
    ::free(p);
  }
}

/// Frees a created object at the end of a scope unless it was released.
template <typename T> class Owner {
public:
  explicit Owner(T *p = nullptr) : p(p) {}
  Owner(const Owner &) = delete;
  Owner &operator=(const Owner &) = delete;
  ~Owner() { destroy(p); }
  T *get() const { return p; }
  T *operator->() const { return p; }
  T &operator*() const { return *p; }
  explicit operator bool() const { return p; }
  T *release() {
    T *r = p;
    p = nullptr;
    return r;
  }

private:
  T *p;
};

class Mutex {
public:
  Mutex() { pthread_mutex_init(&m, nullptr); }
  ~Mutex() { pthread_mutex_destroy(&m); }
  Mutex(const Mutex &) = delete;
  Mutex &operator=(const Mutex &) = delete;
  void lock() { pthread_mutex_lock(&m); }
  void unlock() { pthread_mutex_unlock(&m); }

private:
  pthread_mutex_t m;
};

class Lock {
public:
  explicit Lock(Mutex &m) : m(m) { m.lock(); }
  ~Lock() { m.unlock(); }
  Lock(const Lock &) = delete;

private:
  Mutex &m;
};

inline bool equal(const char *a, const char *b) { return ::strcmp(a, b) == 0; }

/// A set of names, to find duplicates in linear time. The names stay the
/// caller's.
class NameSet {
public:
  [[nodiscard]] bool reserve(size_t n) {
    size_t slots = 16;
    while (slots < n * 2)
      slots *= 2;
    table.clear();
    return table.resize(slots);
  }
  /// False where the name is there already. At most as many as reserved.
  bool insert(const char *name) {
    uint64_t h = 1469598103934665603ull;
    for (const char *p = name; *p; ++p)
      h = (h ^ static_cast<unsigned char>(*p)) * 1099511628211ull;
    size_t mask = table.size() - 1;
    for (size_t i = static_cast<size_t>(h ^ (h >> 32)) & mask;;
         i = (i + 1) & mask) {
      if (!table[i]) {
        table[i] = name;
        return true;
      }
      if (equal(table[i], name))
        return false;
    }
  }

private:
  Array<const char *> table;
};

} // namespace tercet::runtime

#endif
