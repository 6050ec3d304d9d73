# Builds a dynamic module for the installed nginx (Debian: nginx-dev). The headers that nginx-dev does not
# ship (ngx_auto_config.h) come from one run of its own configure with the flags the binary was built with.
set(NGINX_SOURCE_DIR "/usr/share/nginx/src" CACHE PATH "nginx source tree of nginx-dev")
find_program(NGINX_EXECUTABLE nginx PATHS /usr/sbin REQUIRED)
set(NGINX_OBJS "${CMAKE_BINARY_DIR}/nginx-objs")

if(NOT EXISTS "${NGINX_SOURCE_DIR}/conf_flags")
  message(FATAL_ERROR "nginx's headers are missing: install the package nginx-dev, or set NGINX_SOURCE_DIR")
endif()
if(NOT EXISTS "${NGINX_OBJS}/.done" OR "${NGINX_SOURCE_DIR}/conf_flags" IS_NEWER_THAN "${NGINX_OBJS}/.done")
  file(MAKE_DIRECTORY "${NGINX_OBJS}")
  execute_process(
    COMMAND bash -ec ". ./conf_flags; ./configure --with-cc-opt='-O2 -fPIC' \"\${NGX_CONF_FLAGS[@]}\" --builddir='${NGINX_OBJS}'"
    WORKING_DIRECTORY "${NGINX_SOURCE_DIR}"
    OUTPUT_FILE "${NGINX_OBJS}/configure.log" ERROR_FILE "${NGINX_OBJS}/configure.err"
    COMMAND_ERROR_IS_FATAL ANY)
  file(TOUCH "${NGINX_OBJS}/.done")
endif()

add_library(nginx_headers INTERFACE)
add_library(nginx::headers ALIAS nginx_headers)
target_include_directories(nginx_headers SYSTEM INTERFACE
  "${NGINX_SOURCE_DIR}/src/core" "${NGINX_SOURCE_DIR}/src/event" "${NGINX_SOURCE_DIR}/src/event/modules"
  "${NGINX_SOURCE_DIR}/src/os/unix" "${NGINX_SOURCE_DIR}/src/http" "${NGINX_SOURCE_DIR}/src/http/modules"
  "${NGINX_SOURCE_DIR}/src/http/v2" "${NGINX_OBJS}")

function(add_nginx_module name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME "${name}"
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PRIVATE nginx::headers)
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique> -fno-plt)
  # ngx_* symbols resolve from the nginx binary (linked with -E), so no -z defs.
  target_link_options(${name} PRIVATE -Wl,-z,relro -Wl,-z,now -Wl,--exclude-libs,ALL
    "-Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/nginx_module.map")
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND bash "${CMAKE_SOURCE_DIR}/cmake/check_abi.sh" "$<TARGET_FILE:${name}>" "${NGINX_EXECUTABLE}" VERBATIM)
endfunction()
