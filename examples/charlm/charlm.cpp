//===- charlm.cpp - generates text with a compiled character model --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Uses the public header of the runtime and nothing else of Tercet:
//
//   charlm charlm.tercet alphabet.txt heldout.txt [--windows=N] [--generate=N]
//          [--prompt=TEXT] [--threads=N] [--sessions=N] [--device=NAME]
//          [--device-plugin=LIB]
//
// Reads the prompt in one call (prefill), writes the likeliest characters one
// by one (decode), and measures bits a character on held-out text: in windows
// of 512 characters, each character but the first of a window is predicted from
// those before it. With --sessions as many threads generate the text again at
// once, each in a session of its own over the one artifact, and have to write
// the same.
//
//===----------------------------------------------------------------------===//
#include "tercet/runtime.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {
constexpr int64_t kContext = 512;
/// Routed experts that a token runs.
constexpr int64_t kChosen = 4;

[[noreturn]] void fail(const std::string &text) {
  std::fprintf(stderr, "charlm: error: %s\n", text.c_str());
  std::exit(1);
}

void check(tercet_status *status) {
  if (!status)
    return;
  std::string text = tercet_status_message(status);
  tercet_status_free(status);
  fail(text);
}

std::string readFile(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    fail(path + ": cannot be read");
  return std::string((std::istreambuf_iterator<char>(stream)),
                     std::istreambuf_iterator<char>());
}

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

DLTensor makeTensor(void *data, int64_t *shape, int32_t ndim, uint8_t code,
                    uint8_t bits) {
  DLTensor tensor{};
  tensor.data = data;
  tensor.device.device_type = kDLCPU;
  tensor.ndim = ndim;
  tensor.shape = shape;
  tensor.dtype = {code, bits, 1};
  return tensor;
}

/// The model with what it has read so far.
class Model {
public:
  Model(tercet_artifact *artifact, tercet_device *device) {
    check(tercet_session_create(artifact, device, nullptr, &session));
    tercet_tensor_info logits;
    tercet_artifact_output(artifact, 0, 0, &logits);
    vocabulary = logits.bounds[1];
  }
  ~Model() { tercet_session_free(session); }

  /// Reads `count` tokens and returns the logits behind each of them.
  const float *read(const int32_t *tokens, int64_t count) {
    result.resize(count * vocabulary);
    int64_t shape[] = {count}, out[] = {count, vocabulary};
    DLTensor inputs[] = {
        makeTensor(const_cast<int32_t *>(tokens), shape, 1, kDLInt, 32),
        makeTensor(&position, nullptr, 0, kDLInt, 64)};
    DLTensor output = makeTensor(result.data(), out, 2, kDLFloat, 32);
    check(tercet_session_call(session, count == 1 ? "decode" : "prefill",
                              inputs, 2, &output, 1));
    position += count;
    return result.data();
  }

  void forget() { position = 0; }
  const char *getTarget() const { return tercet_session_target(session); }

  int64_t vocabulary, position = 0;

private:
  tercet_session *session = nullptr;
  std::vector<float> result;
};

/// Characters as numbers: their places in the alphabet.
class Alphabet {
public:
  explicit Alphabet(std::string letters) : letters(std::move(letters)) {}
  std::vector<int32_t> encode(const std::string &text) const {
    std::vector<int32_t> tokens;
    for (char c : text) {
      size_t at = letters.find(c);
      if (at == std::string::npos)
        fail(std::string("the model has never seen the character '") + c + "'");
      tokens.push_back(int32_t(at));
    }
    return tokens;
  }
  std::string letters;
};

/// Bytes of weights that a decoded token reads: of the experts those it chose,
/// of the table of characters one row. A dense model reads all of them.
void countBytes(const tercet_artifact *artifact, int64_t vocabulary,
                double &read, double &all) {
  read = all = 0;
  for (size_t i = 0; i < tercet_artifact_weight_count(artifact); ++i) {
    tercet_weight_info info;
    tercet_artifact_weight(artifact, i, &info);
    double bytes = double(info.bytes);
    all += bytes;
    if (info.ndim == 3)
      bytes *= double(kChosen) / double(info.shape[0]);
    else if (!std::strcmp(info.key, "embed.weight"))
      bytes /= double(vocabulary);
    else if (!std::strncmp(info.key, "rope.", 5))
      bytes /= double(kContext);
    read += bytes;
  }
}

/// Bits of the tokens behind the first one.
double measure(Model &model, const int32_t *tokens, int64_t count) {
  model.forget();
  const float *logits = model.read(tokens, count - 1);
  double bits = 0;
  for (int64_t i = 0; i + 1 < count; ++i) {
    const float *row = logits + i * model.vocabulary;
    double highest = *std::max_element(row, row + model.vocabulary), sum = 0;
    for (int64_t v = 0; v < model.vocabulary; ++v)
      sum += std::exp(row[v] - highest);
    bits += (highest + std::log(sum) - row[tokens[i + 1]]) / std::log(2.0);
  }
  return bits;
}

std::string generate(Model &model, const Alphabet &alphabet,
                     const std::string &prompt, int64_t count,
                     double &prefillSeconds, double &decodeSeconds) {
  model.forget();
  std::vector<int32_t> tokens = alphabet.encode(prompt);
  double start = now();
  const float *logits = model.read(tokens.data(), int64_t(tokens.size()));
  prefillSeconds = now() - start;
  logits += (tokens.size() - 1) * model.vocabulary;
  std::string text;
  start = now();
  for (int64_t i = 0; i < count; ++i) {
    int32_t next =
        int32_t(std::max_element(logits, logits + model.vocabulary) - logits);
    text += alphabet.letters[next];
    if (i + 1 < count)
      logits = model.read(&next, 1);
  }
  decodeSeconds = now() - start;
  return text;
}

/// The same text in many sessions at once; fails where one writes another.
/// Gives the seconds that they took together.
double generateTogether(tercet_artifact *artifact, tercet_device *device,
                        int sessions, const Alphabet &alphabet,
                        const std::string &prompt,
                        const std::string &expected) {
  std::vector<std::string> texts(sessions);
  std::vector<std::thread> threads;
  double start = now();
  for (std::string &text : texts)
    threads.emplace_back([&] {
      Model model(artifact, device);
      double prefill, decode;
      text = generate(model, alphabet, prompt, int64_t(expected.size()),
                      prefill, decode);
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const std::string &text : texts)
    if (text != expected)
      fail("a session among others wrote another text: " + text);
  return now() - start;
}
} // namespace

int main(int argc, char **argv) {
  std::string prompt = "And God said unto ", device = "cpu", plugin;
  int64_t windows = 1 << 30, count = 256;
  int threads = 1, sessions = 0;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    auto take = [&](const char *name, std::string &value) {
      if (arg.rfind(name, 0) != 0)
        return false;
      value = arg.substr(std::strlen(name));
      return true;
    };
    std::string number;
    if (take("--prompt=", prompt) || take("--device=", device) ||
        take("--device-plugin=", plugin))
      continue;
    if (take("--windows=", number))
      windows = std::atoll(number.c_str());
    else if (take("--generate=", number))
      count = std::atoll(number.c_str());
    else if (take("--threads=", number))
      threads = std::atoi(number.c_str());
    else if (take("--sessions=", number))
      sessions = std::atoi(number.c_str());
    else if (arg[0] == '-')
      fail("unknown option " + arg);
    else
      files.push_back(arg);
  }
  if (files.size() != 3)
    fail("usage: charlm charlm.tercet alphabet.txt heldout.txt [options]");
  Alphabet alphabet(readFile(files[1]));
  std::string text = readFile(files[2]);
  if (prompt.empty() || int64_t(prompt.size()) + count > kContext)
    fail("prompt and generated text together take 1 to 512 characters");

  tercet_artifact *artifact = nullptr;
  tercet_device *opened = nullptr;
  check(tercet_artifact_open(files[0].c_str(), nullptr, &artifact));
  tercet_device_options options{sizeof(options), threads};
  check(plugin.empty() ? tercet_device_open(device.c_str(), &options, &opened)
                       : tercet_device_open_plugin(plugin.c_str(),
                                                   device.c_str(), &opened));
  {
    Model model(artifact, opened);
    if (int64_t(alphabet.letters.size()) != model.vocabulary)
      fail(files[1] + " has " + std::to_string(alphabet.letters.size()) +
           " characters, the model knows " + std::to_string(model.vocabulary));
    std::printf("target %s, %d thread%s\n", model.getTarget(), threads,
                threads == 1 ? "" : "s");
    if (count > 0) {
      double prefill, decode;
      std::string made =
          generate(model, alphabet, prompt, count, prefill, decode);
      std::printf("\n%s%s\n\n", prompt.c_str(), made.c_str());
      if (count > 1)
        std::printf("decode: %.0f tokens/s (%.1f us a token)\n",
                    double(count - 1) / decode,
                    1e6 * decode / double(count - 1));
      if (sessions > 0) {
        double seconds = generateTogether(artifact, opened, sessions, alphabet,
                                          prompt, made);
        std::printf("%d sessions at once: the same text, %.0f tokens/s "
                    "together\n",
                    sessions, double(count * sessions) / seconds);
      }
    }
    double read, all;
    countBytes(artifact, model.vocabulary, read, all);
    std::printf(
        "weights: %.0f KB read a token of %.0f KB (%.1f times less than "
        "a dense model)\n",
        read / 1e3, all / 1e3, all / read);
    std::vector<int32_t> tokens = alphabet.encode(text);
    double bits = 0, seconds = now();
    int64_t predicted = 0;
    for (int64_t w = 0; w < windows; ++w) {
      int64_t first = w * kContext;
      if (first + kContext > int64_t(tokens.size()))
        break;
      bits += measure(model, tokens.data() + first, kContext);
      predicted += kContext - 1;
    }
    seconds = now() - seconds;
    if (predicted)
      std::printf("held out: %.4f bits a character over %lld characters; "
                  "prefill %.0f tokens/s\n",
                  bits / double(predicted), static_cast<long long>(predicted),
                  double(predicted) / seconds);
  }
  tercet_device_close(opened);
  tercet_artifact_close(artifact);
  return 0;
}
