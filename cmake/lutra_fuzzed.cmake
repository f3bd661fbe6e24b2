# lutra_fuzzed(x.cpp ...): fuzzers see which branches of these sources they reach.
function(lutra_fuzzed)
  if(LUTRA_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    # Clang takes no precompiled header that was made without that option.
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fsanitize=fuzzer-no-link SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()
