//===- Npy.cpp ------------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/Npy.h"
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tercet::tools {

namespace {

struct TypeRow {
  const char *name, *npy;
  DLDataType type;
};
const TypeRow kTypes[] = {
    {"f32", "<f4", {kDLFloat, 32, 1}}, {"f64", "<f8", {kDLFloat, 64, 1}},
    {"f16", "<f2", {kDLFloat, 16, 1}}, {"bf16", "<V2", {kDLBfloat, 16, 1}},
    {"i8", "|i1", {kDLInt, 8, 1}},     {"u8", "|u1", {kDLUInt, 8, 1}},
    {"i16", "<i2", {kDLInt, 16, 1}},   {"i32", "<i4", {kDLInt, 32, 1}},
    {"i64", "<i8", {kDLInt, 64, 1}},   {"i1", "|b1", {kDLBool, 8, 1}},
};

const TypeRow *findType(DLDataType t) {
  for (const TypeRow &row : kTypes)
    if (row.type.code == t.code && row.type.bits == t.bits && t.lanes == 1)
      return &row;
  return nullptr;
}

float fromBits(uint32_t bits) {
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
uint32_t toBits(float f) {
  uint32_t bits;
  memcpy(&bits, &f, 4);
  return bits;
}

double halfToDouble(uint16_t h) {
  int exponent = h >> 10 & 31, mantissa = h & 1023;
  double value = exponent == 31 ? (mantissa ? NAN : INFINITY)
                 : exponent     ? std::ldexp(1024 + mantissa, exponent - 25)
                                : std::ldexp(mantissa, -24);
  return h & 0x8000 ? -value : value;
}

/// To nearest, ties to even.
uint16_t doubleToHalf(double d) {
  uint16_t sign = std::signbit(d) ? 0x8000 : 0;
  d = std::fabs(d);
  if (std::isnan(d))
    return sign | 0x7e00;
  if (d >= 65520)
    return sign | 0x7c00;
  if (d < std::ldexp(1, -14))
    return sign | static_cast<uint16_t>(std::nearbyint(std::ldexp(d, 24)));
  int exponent;
  std::frexp(d, &exponent); // d = m * 2^exponent, m in [0.5, 1)
  auto mantissa = static_cast<uint32_t>(
      std::nearbyint(std::ldexp(d, 11 - exponent))); // 1024 to 2048
  return static_cast<uint16_t>(
      sign + (static_cast<uint32_t>(exponent + 14) << 10) + mantissa - 1024);
}

uint16_t doubleToBf16(double d) {
  uint32_t bits = toBits(static_cast<float>(d));
  if (std::isnan(d))
    return static_cast<uint16_t>(bits >> 16 | 64);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

template <typename T> T clampTo(double v, double low, double high) {
  if (std::isnan(v))
    return 0;
  v = std::nearbyint(v);
  return v <= low    ? static_cast<T>(low)
         : v >= high ? static_cast<T>(high)
                     : static_cast<T>(v);
}

/// The header's dictionary, as NumPy writes it: {'descr': '<f4', ...}.
bool parseHeader(const std::string &text, DLDataType &dtype,
                 std::vector<int64_t> &sizes, std::string &error) {
  auto after = [&](const char *key) -> size_t {
    size_t at = text.find(std::string("'") + key + "'");
    at = at == std::string::npos ? at : text.find(':', at);
    return at == std::string::npos ? at : text.find_first_not_of(' ', at + 1);
  };
  size_t descr = after("descr"), order = after("fortran_order"),
         shape = after("shape");
  if (descr == std::string::npos || order == std::string::npos ||
      shape == std::string::npos || text[shape] != '(') {
    error = "its header is not one that NumPy writes";
    return false;
  }
  size_t close = text.find('\'', descr + 1);
  std::string type = text[descr] == '\'' && close != std::string::npos
                         ? text.substr(descr + 1, close - descr - 1)
                         : "";
  if (type.size() > 1 && (type[0] == '|' || type[0] == '='))
    type = type.substr(1); // one byte has no order
  const TypeRow *found = nullptr;
  for (const TypeRow &row : kTypes)
    if (type == row.npy || type == row.npy + 1 ||
        (type == "bfloat16" && !strcmp(row.name, "bf16")))
      found = &row;
  if (!found) {
    error =
        "its type '" + type +
        "' is none of f4, f8, f2, i1, u1, i2, i4, i8, b1, V2 (little-endian)";
    return false;
  }
  if (text.compare(order, 5, "False") != 0) {
    error = "it is stored column-major: save it with numpy.ascontiguousarray";
    return false;
  }
  dtype = found->type;
  const char *p = text.c_str() + shape + 1;
  while (true) {
    while (*p == ' ' || *p == ',')
      ++p;
    if (*p == ')')
      break;
    errno = 0;
    char *end;
    long long size = strtoll(p, &end, 10);
    if (end == p || size < 0 || errno || sizes.size() >= 32) {
      error = "its shape is malformed";
      return false;
    }
    sizes.push_back(size);
    p = end;
  }
  return true;
}

std::string errnoText() { return std::strerror(errno); }

} // namespace

bool HostTensor::allocate(DLDataType type, std::vector<int64_t> sizes) {
  int64_t total = type.bits / 8;
  for (int64_t s : sizes)
    if (s < 0 || __builtin_mul_overflow(total, s, &total))
      return false;
  if (total > (int64_t(1) << 46))
    return false;
  dtype = type;
  shape = std::move(sizes);
  bytes = static_cast<size_t>(total);
  data.reset(std::aligned_alloc(64, (bytes + 64) / 64 * 64));
  if (data)
    memset(data.get(), 0, bytes);
  return data != nullptr;
}

int64_t HostTensor::count() const {
  return static_cast<int64_t>(bytes / (dtype.bits / 8));
}

DLTensor HostTensor::view() {
  return {data.get(), {kDLCPU, 0},  static_cast<int32_t>(shape.size()),
          dtype,      shape.data(), nullptr,
          0};
}

std::string typeName(DLDataType type) {
  const TypeRow *row = findType(type);
  return row ? row->name : "?";
}

std::string describe(const DLTensor &t) {
  std::string text = typeName(t.dtype) + " [";
  for (int32_t i = 0; i < t.ndim; ++i)
    text += (i ? ", " : "") + std::to_string(t.shape[i]);
  return text + "]";
}

int64_t elementCount(const DLTensor &t) {
  int64_t n = 1;
  for (int32_t i = 0; i < t.ndim; ++i)
    n *= t.shape[i];
  return n;
}

double element(const DLTensor &t, int64_t i) {
  auto *p = static_cast<const char *>(t.data) + t.byte_offset +
            i * (t.dtype.bits / 8);
  auto load = [&](auto zero) {
    memcpy(&zero, p, sizeof zero);
    return zero;
  };
  switch (t.dtype.code << 8 | t.dtype.bits) {
  case kDLFloat << 8 | 32:
    return static_cast<double>(load(float()));
  case kDLFloat << 8 | 64:
    return load(double());
  case kDLFloat << 8 | 16:
    return halfToDouble(load(uint16_t()));
  case kDLBfloat << 8 | 16:
    return static_cast<double>(fromBits(uint32_t(load(uint16_t())) << 16));
  case kDLInt << 8 | 8:
    return load(int8_t());
  case kDLInt << 8 | 16:
    return load(int16_t());
  case kDLInt << 8 | 32:
    return load(int32_t());
  case kDLInt << 8 | 64:
    return static_cast<double>(load(int64_t()));
  default:
    return load(uint8_t());
  }
}

void setElement(DLTensor &t, int64_t i, double v) {
  auto *p =
      static_cast<char *>(t.data) + t.byte_offset + i * (t.dtype.bits / 8);
  auto store = [&](auto value) { memcpy(p, &value, sizeof value); };
  switch (t.dtype.code << 8 | t.dtype.bits) {
  case kDLFloat << 8 | 32:
    return store(static_cast<float>(v));
  case kDLFloat << 8 | 64:
    return store(v);
  case kDLFloat << 8 | 16:
    return store(doubleToHalf(v));
  case kDLBfloat << 8 | 16:
    return store(doubleToBf16(v));
  case kDLInt << 8 | 8:
    return store(clampTo<int8_t>(v, -128, 127));
  case kDLInt << 8 | 16:
    return store(clampTo<int16_t>(v, -32768, 32767));
  case kDLInt << 8 | 32:
    return store(clampTo<int32_t>(v, -2147483648.0, 2147483647.0));
  case kDLInt << 8 | 64:
    return store(clampTo<int64_t>(v, -9.2233720368547e18, 9.2233720368547e18));
  case kDLBool << 8 | 8:
    return store(static_cast<uint8_t>(v != 0));
  default:
    return store(clampTo<uint8_t>(v, 0, 255));
  }
}

bool readNpy(const std::string &path, HostTensor &out, std::string &error) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(fopen(path.c_str(), "rb"),
                                              fclose);
  auto fail = [&](const std::string &what) {
    error = path + ": " + what;
    return false;
  };
  if (!file)
    return fail("cannot open it: " + errnoText());
  unsigned char head[12];
  if (fread(head, 1, 10, file.get()) != 10 ||
      memcmp(head, "\x93NUMPY", 6) != 0 || head[6] < 1 || head[6] > 3)
    return fail("it is not a .npy file");
  size_t length = head[8] | head[9] << 8;
  if (head[6] > 1) {
    if (fread(head + 10, 1, 2, file.get()) != 2)
      return fail("it is truncated");
    length |= size_t(head[10]) << 16 | size_t(head[11]) << 24;
  }
  if (length > (1u << 20))
    return fail("its header is longer than 1 MiB");
  std::string text(length, ' '), why;
  if (fread(text.data(), 1, length, file.get()) != length)
    return fail("it is truncated");
  DLDataType dtype;
  std::vector<int64_t> sizes;
  if (!parseHeader(text, dtype, sizes, why))
    return fail(why);
  // Nothing is allocated for a shape that the file cannot fill.
  struct stat info;
  int64_t need = dtype.bits / 8, there = -1;
  for (int64_t size : sizes)
    if (__builtin_mul_overflow(need, size, &need))
      return fail("its shape does not fit in memory");
  if (fstat(fileno(file.get()), &info) == 0 && S_ISREG(info.st_mode))
    there = info.st_size - ftell(file.get());
  if (there >= 0 && there < need)
    return fail("it is truncated: " + std::to_string(there) + " of " +
                std::to_string(need) + " bytes are there");
  if (!out.allocate(dtype, sizes))
    return fail("its shape does not fit in memory");
  size_t got = fread(out.data.get(), 1, out.bytes, file.get());
  if (got != out.bytes)
    return fail("it is truncated: " + std::to_string(got) + " of " +
                std::to_string(out.bytes) + " bytes are there");
  return true;
}

bool writeNpy(const std::string &path, const DLTensor &t, std::string &error) {
  const TypeRow *row = findType(t.dtype);
  if (!row) {
    error = path + ": .npy has no such type";
    return false;
  }
  std::string dictionary = std::string("{'descr': '") + row->npy +
                           "', 'fortran_order': False, 'shape': (";
  for (int32_t i = 0; i < t.ndim; ++i)
    dictionary += std::to_string(t.shape[i]) +
                  (t.ndim == 1 || i + 1 < t.ndim ? "," : "") +
                  (i + 1 < t.ndim ? " " : "");
  dictionary += "), }";
  while ((10 + dictionary.size() + 1) % 64)
    dictionary += ' ';
  dictionary += '\n';
  char head[10] = {'\x93',
                   'N',
                   'U',
                   'M',
                   'P',
                   'Y',
                   1,
                   0,
                   static_cast<char>(dictionary.size() & 255),
                   static_cast<char>(dictionary.size() >> 8)};
  size_t bytes = static_cast<size_t>(elementCount(t)) * (t.dtype.bits / 8);
  return writeWhole(
      path,
      {{head, 10},
       {dictionary.data(), dictionary.size()},
       {static_cast<const char *>(t.data) + t.byte_offset, bytes}},
      error);
}

bool writeWhole(const std::string &path,
                const std::vector<std::pair<const void *, size_t>> &parts,
                std::string &error) {
  auto fail = [&] {
    error = "cannot write " + path + ": " + errnoText();
    return false;
  };
  struct stat info;
  // A device or a pipe cannot be replaced by a file; it is written directly.
  bool direct = stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  std::string temporary =
      direct ? path : path + ".tmp." + std::to_string(getpid());
  int fd = open(temporary.c_str(),
                O_WRONLY | O_CLOEXEC | (direct ? 0 : O_CREAT | O_EXCL), 0666);
  if (fd < 0)
    return fail();
  bool ok = true;
  for (auto [data, size] : parts) {
    auto *p = static_cast<const char *>(data);
    while (ok && size) {
      ssize_t n = write(fd, p, size);
      if (n < 0 && errno == EINTR)
        continue;
      ok = n >= 0;
      p += ok ? n : 0;
      size -= ok ? static_cast<size_t>(n) : 0;
    }
  }
  if (ok && !direct)
    ok = fsync(fd) == 0;
  int saved = errno;
  if (close(fd) != 0 && ok) {
    ok = false;
    saved = errno;
  }
  if (ok && !direct && rename(temporary.c_str(), path.c_str()) != 0) {
    ok = false;
    saved = errno;
  }
  if (ok)
    return true;
  if (!direct)
    unlink(temporary.c_str());
  errno = saved;
  return fail();
}

} // namespace tercet::tools
