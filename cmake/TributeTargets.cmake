# The targets everything else links to. No global flags: a target says what it needs.

add_library(tribute_core INTERFACE)
add_library(tribute::core ALIAS tribute_core)
target_include_directories(tribute_core INTERFACE "${CMAKE_SOURCE_DIR}/include")
target_compile_features(tribute_core INTERFACE cxx_std_20)

find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3 REQUIRED)
find_library(TRIBUTE_LMDB_LIBRARY lmdb REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)

add_library(tribute_adapter INTERFACE)
add_library(tribute::adapter ALIAS tribute_adapter)
target_link_libraries(tribute_adapter INTERFACE
  tribute::core Boost::json OpenSSL::Crypto ${TRIBUTE_LMDB_LIBRARY} ZLIB::ZLIB Threads::Threads)

add_library(tribute_warnings INTERFACE)
add_library(tribute::warnings ALIAS tribute_warnings)
target_compile_options(tribute_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Wno-missing-field-initializers)

add_library(tribute_sanitizers INTERFACE)
add_library(tribute::sanitizers ALIAS tribute_sanitizers)
if(TRIBUTE_SANITIZE)
  target_compile_options(tribute_sanitizers INTERFACE
    -fsanitize=${TRIBUTE_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(tribute_sanitizers INTERFACE -fsanitize=${TRIBUTE_SANITIZE})
endif()

# One executable per source file, named by its path below the calling folder:
# flv/tag_test.cpp in group "unit" becomes unit_flv_tag_test.
function(tribute_add_programs group out)
  set(names)
  foreach(source IN LISTS ARGN)
    file(RELATIVE_PATH name "${CMAKE_CURRENT_SOURCE_DIR}" "${source}")
    string(REGEX REPLACE "\\.cpp$" "" name "${name}")
    string(REPLACE "/" "_" name "${name}")
    if(group)
      set(name "${group}_${name}")
    endif()
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE tribute::adapter tribute::warnings tribute::sanitizers)
    list(APPEND names ${name})
  endforeach()
  set(${out} "${names}" PARENT_SCOPE)
endfunction()
