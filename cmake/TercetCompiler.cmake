# LLVM/MLIR 22, the shared precompiled header, and the helpers that the
# compiler's rooms use to declare dialects, passes and libraries.
list(PREPEND CMAKE_PREFIX_PATH /usr/lib/llvm-22)
# MLIR's package does not say its version to a request for one; LLVM's does.
find_package(LLVM 22 CONFIG QUIET)
find_package(MLIR CONFIG QUIET)
find_package(LLD CONFIG QUIET)
if(NOT LLVM_FOUND OR NOT MLIR_FOUND OR NOT LLD_FOUND)
  message(FATAL_ERROR
    "LLVM/MLIR/LLD 22 development packages are missing: run scripts/setup, or "
    "build only the runtime with -DTERCET_BUILD_COMPILER=OFF.")
endif()
set(LLVM_LINK_LLVM_DYLIB ON)
set(MLIR_LINK_MLIR_DYLIB ON)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(TercetCompilerFlags INTERFACE)
target_include_directories(TercetCompilerFlags SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS} ${LLD_INCLUDE_DIRS})
target_include_directories(TercetCompilerFlags INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
separate_arguments(TERCET_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})
target_compile_options(TercetCompilerFlags INTERFACE
  ${TERCET_LLVM_DEFINITIONS} -fno-exceptions
  # Without this a precompiled header never hits in ccache.
  "SHELL:-Xclang -fno-pch-timestamp")
target_link_libraries(TercetCompilerFlags INTERFACE TercetFlags)

# One precompiled header of the MLIR headers for all compiler libraries.
file(WRITE ${PROJECT_BINARY_DIR}/pch.cpp "")
add_library(TercetPCH OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
target_link_libraries(TercetPCH PRIVATE TercetCompilerFlags)
target_precompile_headers(TercetPCH PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch.h)

add_custom_target(tercet-tablegen)

# tercet_tablegen(TD OUT ARGS...): runs mlir-tblgen on TD of the current
# source folder into OUT of the current binary folder.
function(tercet_tablegen td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  cmake_parse_arguments(ARG "" "" "OUT" ${ARGN})
  list(LENGTH ARG_OUT n)
  math(EXPR last "${n} - 1")
  foreach(i RANGE 0 ${last} 2)
    list(GET ARG_OUT ${i} out)
    math(EXPR j "${i} + 1")
    list(GET ARG_OUT ${j} gen)
    separate_arguments(gen)
    mlir_tablegen(${out} ${gen} EXTRA_INCLUDES ${PROJECT_SOURCE_DIR}
      ${MLIR_INCLUDE_DIRS})
  endforeach()
  list(GET ARG_OUT 0 first)
  string(MD5 id "${CMAKE_CURRENT_SOURCE_DIR}/${first}")
  set(target tercet-tablegen-${id})
  add_public_tablegen_target(${target})
  add_dependencies(tercet-tablegen ${target})
endfunction()

# tercet_dialect(NAME): NAME.td in IR/ -> the .inc files of a dialect's
# types, attributes, ops and enums.
function(tercet_dialect name namespace)
  set(d -dialect=${namespace})
  tercet_tablegen(${name}.td OUT
    ${name}Dialect.h.inc "-gen-dialect-decls ${d}"
    ${name}Dialect.cpp.inc "-gen-dialect-defs ${d}"
    ${name}Ops.h.inc "-gen-op-decls ${d}"
    ${name}Ops.cpp.inc "-gen-op-defs ${d}"
    ${name}Types.h.inc "-gen-typedef-decls -typedefs-dialect=${namespace}"
    ${name}Types.cpp.inc "-gen-typedef-defs -typedefs-dialect=${namespace}"
    ${name}Attrs.h.inc "-gen-attrdef-decls -attrdefs-dialect=${namespace}"
    ${name}Attrs.cpp.inc "-gen-attrdef-defs -attrdefs-dialect=${namespace}")
  # mlir-tblgen emits every enum it sees, so a dialect that includes another's
  # attributes keeps its own enums in a file apart.
  set(enums ${name}.td)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}Enums.td)
    set(enums ${name}Enums.td)
  endif()
  tercet_tablegen(${enums} OUT
    ${name}Enums.h.inc "-gen-enum-decls"
    ${name}Enums.cpp.inc "-gen-enum-defs")
endfunction()

# tercet_add_compiler_library(NAME SRCS... LINK libs...)
function(tercet_add_compiler_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC TercetCompilerFlags ${ARG_LINK})
  target_precompile_headers(${name} REUSE_FROM TercetPCH)
  add_dependencies(${name} tercet-tablegen)
  set_property(GLOBAL APPEND PROPERTY TERCET_COMPILER_LIBS ${name})
endfunction()

# tercet_add_compiler_tool(NAME SRCS... LINK libs...): against libMLIR/libLLVM.
function(tercet_add_compiler_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  # An executable's own sources would be compiled -fPIE, which the precompiled
  # header (-fPIC) does not go with.
  add_library(${name}-objects OBJECT ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name}-objects PRIVATE TercetCompilerFlags ${ARG_LINK})
  target_precompile_headers(${name}-objects REUSE_FROM TercetPCH)
  add_dependencies(${name}-objects tercet-tablegen)
  add_executable(${name} $<TARGET_OBJECTS:${name}-objects>)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} TercetCompilerFlags MLIR LLVM)
  # A pass plug-in finds MLIR's symbols, and ours, in the driver.
  set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
endfunction()
