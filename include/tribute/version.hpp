// The version of tribute, in the one place that CMake, the module and the documents read it from.
#pragma once

#define TRIBUTE_VERSION_MAJOR 0
#define TRIBUTE_VERSION_MINOR 1
#define TRIBUTE_VERSION_PATCH 0
#define TRIBUTE_VERSION "0.1.0"
