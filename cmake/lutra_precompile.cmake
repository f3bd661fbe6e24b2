# Headers of libraries are read once for a kind of target instead of once for a source file, which takes a quarter of a build's time. Only
# with GCC: Clang's build shows that every file includes what it uses, and its objects serve every clone (ccache cannot tell that two
# clones' precompiled headers are the same).

string(COMPARE EQUAL "${CMAKE_CXX_COMPILER_ID}" GNU LUTRA_PRECOMPILE)
if(LUTRA_PRECOMPILE)
  add_compile_options(-fpch-preprocess)  # asked for by ccache (its manual, "Precompiled headers")
endif()

# lutra_precompile(NAME HEADER...): a target that holds precompiled headers, the common ones and those given.
function(lutra_precompile name)
  if(NOT LUTRA_PRECOMPILE)
    return()
  endif()
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(${name} OBJECT ${empty})
  target_link_libraries(${name} PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
  set(headers
    <algorithm> <array> <chrono> <cmath> <cstdint> <deque> <filesystem> <functional> <map> <memory> <optional> <random> <set> <sstream>
    <string> <string_view> <unordered_map> <vector> <fmt/format.h> <nlohmann/json.hpp> ${ARGN})
  target_precompile_headers(${name} PRIVATE ${headers})

  # What is in it, for ccache: which headers of which versions.
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/cmake_pch.hxx.gch.sum CONTENT
    "${CMAKE_CXX_COMPILER_VERSION} ${fmt_VERSION} ${nlohmann_json_VERSION} ${CLI11_VERSION} ${Catch2_VERSION} ${headers}\n")
endfunction()

# lutra_use_precompiled(TARGET NAME)
function(lutra_use_precompiled target name)
  if(LUTRA_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

# lutra_use_precompiled_below(FOLDER NAME): by every library and program below a folder that is not a module.
function(lutra_use_precompiled_below folder name)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$")
      lutra_use_precompiled(${target} ${name})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below ${folders})
    lutra_use_precompiled_below(${below} ${name})
  endforeach()
endfunction()
