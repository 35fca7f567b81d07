# Compile flags shared by every part of Tercet.
add_library(TercetFlags INTERFACE)
target_compile_options(TercetFlags INTERFACE
  -Wall -Wextra -Wno-unused-parameter -fvisibility-inlines-hidden)
if(TERCET_ASSERTIONS)
  target_compile_options(TercetFlags INTERFACE -UNDEBUG)
endif()
if(TERCET_SANITIZE)
  target_compile_options(TercetFlags INTERFACE
    -fsanitize=${TERCET_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(TercetFlags INTERFACE -fsanitize=${TERCET_SANITIZE})
  # The fuzzers of test/unit see what an input reaches.
  if(TERCET_SANITIZE MATCHES address AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(TercetFlags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
endif()
