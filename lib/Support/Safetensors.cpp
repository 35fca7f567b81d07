//===- Safetensors.cpp - weight files -------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file: 8 bytes little-endian length of a JSON header, the header
// {"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ..,
// "__metadata__": {"key": "value"}}, then the data without holes.
//
// The header is read by a parser of exactly that grammar. A general JSON parser
// keeps the last of two equal names in silence, and recurses as deep as its
// input says.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Safetensors.h"
#include "lib/Support/ErrorHandling.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace llvm;
using namespace tercet::support;

/// As the format's own reader has it.
static constexpr uint64_t kMaxHeader = 100'000'000;

/// Bytes of an element, 0 for a type that is not known.
static unsigned getElementBytes(StringRef dtype) {
  return StringSwitch<unsigned>(dtype)
      .Cases({"F64", "I64", "U64", "C64"}, 8)
      .Cases({"F32", "I32", "U32"}, 4)
      .Cases({"F16", "BF16", "I16", "U16"}, 2)
      .Cases({"I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"}, 1)
      .Default(0);
}

std::string tercet::support::describe(StringRef dtype,
                                      ArrayRef<int64_t> shape) {
  std::string s = dtype.str() + " ";
  if (shape.empty())
    return s + "scalar";
  raw_string_ostream os(s);
  interleave(shape, os, "x");
  return s;
}

namespace {
/// Parses the header's grammar. The first error wins; after it, every function
/// returns at once.
class HeaderParser {
public:
  HeaderParser(StringRef text) : text(text), rest(text) {}

  struct Entry {
    std::string name, dtype;
    SmallVector<int64_t> shape;
    uint64_t begin = 0, end = 0;
  };
  std::vector<Entry> entries;
  StringMap<std::string> metadata;
  std::string error;

  bool run() {
    parseObject([&](std::string name) {
      if (name == "__metadata__") {
        parseObject(
            [&](const std::string &key) { metadata[key] = parseString(); });
        return;
      }
      Entry entry;
      entry.name = std::move(name);
      parseEntry(entry);
      entries.push_back(std::move(entry));
    });
    skipSpace();
    if (error.empty() && !rest.empty())
      fail("something follows the JSON object");
    return error.empty();
  }

private:
  void fail(const Twine &what) {
    if (error.empty())
      error = formatv("{0} at byte {1} of the header", what.str(),
                      text.size() - rest.size())
                  .str();
    rest = StringRef();
  }
  void skipSpace() { rest = rest.ltrim(" \t\r\n"); }
  bool take(char c) {
    skipSpace();
    return rest.consume_front(StringRef(&c, 1));
  }
  void expect(char c) {
    if (error.empty() && !take(c))
      fail(Twine("expected '") + Twine(c) + "'");
  }

  /// "{" (name ":" value ("," ...)*)? "}", no name twice.
  void parseObject(function_ref<void(std::string)> parseValue) {
    expect('{');
    if (!error.empty() || take('}'))
      return;
    StringMap<bool> seen;
    do {
      std::string name = parseString();
      if (error.empty() && !seen.try_emplace(name, true).second)
        fail("the name '" + name + "' is there twice");
      expect(':');
      if (!error.empty())
        return;
      parseValue(std::move(name));
    } while (error.empty() && take(','));
    expect('}');
  }

  void parseEntry(Entry &entry) {
    bool dtype = false, shape = false, offsets = false;
    parseObject([&](const std::string &key) {
      if (key == "dtype") {
        entry.dtype = parseString();
        dtype = true;
      } else if (key == "shape") {
        SmallVector<uint64_t> numbers = parseNumbers();
        for (uint64_t n : numbers)
          entry.shape.push_back(n);
        shape = true;
      } else if (key == "data_offsets") {
        SmallVector<uint64_t> numbers = parseNumbers();
        if (error.empty() && numbers.size() != 2)
          return fail("tensor '" + entry.name + "': data_offsets has " +
                      Twine(numbers.size()) + " numbers, not 2");
        if (!error.empty())
          return;
        entry.begin = numbers[0];
        entry.end = numbers[1];
        offsets = true;
      } else {
        fail("tensor '" + entry.name + "' has a field '" + key +
             "' that the format does not know");
      }
    });
    if (error.empty() && !(dtype && shape && offsets))
      fail("tensor '" + entry.name +
           "' lacks one of dtype, shape and data_offsets");
  }

  SmallVector<uint64_t> parseNumbers() {
    SmallVector<uint64_t> numbers;
    expect('[');
    if (!error.empty() || take(']'))
      return numbers;
    do {
      skipSpace();
      StringRef digits = rest.take_while([](char c) { return isDigit(c); });
      uint64_t n;
      if (digits.empty() || digits.getAsInteger(10, n) || n > INT64_MAX) {
        fail("expected a whole number");
        return numbers;
      }
      rest = rest.drop_front(digits.size());
      numbers.push_back(n);
    } while (take(','));
    expect(']');
    return numbers;
  }

  std::string parseString() {
    std::string s;
    expect('"');
    while (error.empty()) {
      if (rest.empty()) {
        fail("a string does not end");
        break;
      }
      char c = rest.front();
      rest = rest.drop_front();
      if (c == '"')
        break;
      if ((unsigned char)c < 0x20) {
        fail("a control character in a string");
        break;
      }
      if (c == '\\')
        parseEscape(s);
      else
        s += c;
    }
    return s;
  }

  void parseEscape(std::string &s) {
    char c = rest.empty() ? 0 : rest.front();
    rest = rest.drop_front(rest.empty() ? 0 : 1);
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (const char *p = c ? strchr(from, c) : nullptr) {
      s += to[p - from];
      return;
    }
    unsigned unit;
    auto hex4 = [&](unsigned &value) {
      return rest.size() >= 4 && !rest.take_front(4).getAsInteger(16, value) &&
             (rest = rest.drop_front(4), true);
    };
    if (c != 'u' || !hex4(unit))
      return fail("an escape that JSON does not know");
    UTF32 point = unit;
    if (unit >= 0xD800 && unit < 0xDC00) {
      unsigned low;
      if (!rest.consume_front("\\u") || !hex4(low) || low < 0xDC00 ||
          low > 0xDFFF)
        return fail("half a surrogate pair");
      point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    } else if (unit >= 0xDC00 && unit < 0xE000) {
      return fail("half a surrogate pair");
    }
    char utf8[4], *end = utf8;
    if (!ConvertCodePointToUTF8(point, end))
      return fail("a character that is not Unicode");
    s.append(utf8, end);
  }

  StringRef text, rest;
};
} // namespace

Expected<std::unique_ptr<SafetensorsFile>>
SafetensorsFile::open(StringRef path) {
  if (sys::fs::is_directory(path))
    return makeError("cannot read weights from '" + path + "': it is a folder");
  // Not null-terminated, so that a file of any size is mapped, not copied.
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("cannot read weights from '" + path +
                     "': " + buffer.getError().message());
  bool mapped = (*buffer)->getBufferKind() == MemoryBuffer::MemoryBuffer_MMap;
  auto file = parse(std::move(*buffer), path);
  if (file && mapped)
    (*file)->fd = ::open(path.str().c_str(), O_RDONLY | O_CLOEXEC);
  return file;
}

Expected<std::unique_ptr<SafetensorsFile>>
SafetensorsFile::parse(std::unique_ptr<MemoryBuffer> buffer, StringRef name) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile);
  file->name = name.str();
  file->buffer = std::move(buffer);
  if (Error e = file->parseHeader())
    return makeError("'" + name + "' is not a sound safetensors file: " +
                     toString(std::move(e)));
  return file;
}

const FileTensor *SafetensorsFile::find(StringRef tensor) const {
  auto it = index.find(tensor);
  return it == index.end() ? nullptr : &tensors[it->second];
}

SafetensorsFile::~SafetensorsFile() {
  if (fd >= 0)
    ::close(fd);
}

bool SafetensorsFile::read(ArrayRef<uint8_t> data, uint8_t *into) const {
  if (fd < 0) {
    llvm::copy(data, into);
    return true;
  }
  off_t at = (const char *)data.data() - buffer->getBufferStart();
  for (size_t done = 0; done < data.size();) {
    ssize_t n = ::pread(fd, into + done, data.size() - done, at + done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    done += n;
  }
  return true;
}

Error SafetensorsFile::parseHeader() {
  StringRef bytes = buffer->getBuffer();
  if (bytes.size() < 8)
    return makeError("it has " + Twine(bytes.size()) +
                     " bytes, too few for the length of its header");
  uint64_t length = llvm::support::endian::read64le(bytes.data());
  if (length > kMaxHeader)
    return makeError("its header claims " + Twine(length) +
                     " bytes, more than the format allows");
  if (length > bytes.size() - 8)
    return makeError("its header claims " + Twine(length) +
                     " bytes, the file has " + Twine(bytes.size() - 8) +
                     " behind the length");
  HeaderParser parser(bytes.substr(8, length));
  if (!parser.run())
    return makeError(parser.error);
  metadata = std::move(parser.metadata);

  StringRef data = bytes.substr(8 + length);
  for (HeaderParser::Entry &entry : parser.entries) {
    unsigned size = getElementBytes(entry.dtype);
    if (!size)
      return makeError("tensor '" + entry.name + "' has the unknown dtype '" +
                       entry.dtype + "'");
    uint64_t wanted = size;
    for (int64_t n : entry.shape)
      if (__builtin_mul_overflow(wanted, (uint64_t)n, &wanted))
        return makeError("tensor '" + entry.name + "' (" +
                         describe(entry.dtype, entry.shape) +
                         ") is larger than memory can be");
    if (entry.begin > entry.end || entry.end > data.size())
      return makeError("tensor '" + entry.name + "' is at bytes " +
                       Twine(entry.begin) + " to " + Twine(entry.end) +
                       " of the data, which has " + Twine(data.size()));
    if (entry.end - entry.begin != wanted)
      return makeError("tensor '" + entry.name + "' (" +
                       describe(entry.dtype, entry.shape) + ") needs " +
                       Twine(wanted) + " bytes and has " +
                       Twine(entry.end - entry.begin));
    FileTensor t;
    t.name = entry.name;
    t.dtype = entry.dtype;
    t.shape = entry.shape;
    t.data = ArrayRef((const uint8_t *)data.data() + entry.begin, wanted);
    index[t.name] = tensors.size();
    tensors.push_back(std::move(t));
  }

  // Neither overlaps nor holes, as the format demands.
  std::vector<const HeaderParser::Entry *> order;
  order.reserve(parser.entries.size());
  for (HeaderParser::Entry &entry : parser.entries)
    order.push_back(&entry);
  llvm::sort(order, [](auto *a, auto *b) {
    return std::tie(a->begin, a->end, a->name) <
           std::tie(b->begin, b->end, b->name);
  });
  uint64_t at = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i]->begin < at)
      return makeError("tensors '" + order[i - 1]->name + "' and '" +
                       order[i]->name + "' overlap");
    if (order[i]->begin > at)
      return makeError("bytes " + Twine(at) + " to " + Twine(order[i]->begin) +
                       " of the data belong to no tensor");
    at = order[i]->end;
  }
  if (at != data.size())
    return makeError("bytes " + Twine(at) + " to " + Twine(data.size()) +
                     " of the data belong to no tensor");
  return Error::success();
}
