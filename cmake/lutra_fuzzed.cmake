# lutra_fuzzed(x.cpp ...): fuzzers see which branches of these sources they reach.
function(lutra_fuzzed)
  if(LUTRA_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fsanitize=fuzzer-no-link)
  endif()
endfunction()
