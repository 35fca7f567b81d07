# `cmake --install`: tools, the two libraries with C APIs, headers, and the package
# that find_package(Tercet) reads.
include(CMakePackageConfigHelpers)

# The tools; whatever is an executable in tools/.
get_property(tools DIRECTORY ${PROJECT_SOURCE_DIR}/tools PROPERTY BUILDSYSTEM_TARGETS)
foreach(tool ${tools})
  get_target_property(type ${tool} TYPE)
  if(type STREQUAL EXECUTABLE)
    install(TARGETS ${tool} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

install(TARGETS TercetRuntime TercetRuntimeShared TercetRuntimeCpu
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/tercet
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

if(TERCET_BUILD_COMPILER)
  install(TARGETS TercetCompilerShared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tercet-c
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
  # For plug-ins: the C++ headers of the dialects and passes, generated ones too.
  set(internal ${CMAKE_INSTALL_INCLUDEDIR}/tercet-compiler)
  foreach(room dialects passes)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room} ${PROJECT_BINARY_DIR}/${room}
      DESTINATION ${internal} FILES_MATCHING
      PATTERN "*.h" PATTERN "*.h.inc" PATTERN "*.td" PATTERN "CMakeFiles" EXCLUDE)
  endforeach()
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tercet DESTINATION ${internal}
    FILES_MATCHING PATTERN "*.h")
endif()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Tercet)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/TercetConfig.cmake.in
  ${PROJECT_BINARY_DIR}/TercetConfig.cmake INSTALL_DESTINATION ${package}
  PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/TercetConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/TercetConfig.cmake
  ${PROJECT_BINARY_DIR}/TercetConfigVersion.cmake DESTINATION ${package})
