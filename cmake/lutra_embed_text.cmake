# lutra_embed_text(SOURCE HEADER declaring/header.h NAMESPACE a::b FUNCTION name FILES x.yaml y.yaml): a C++ file that holds text files
# (embed_text.cmake says what it defines), its path in the variable SOURCE.
function(lutra_embed_text source)
  cmake_parse_arguments(E "" "HEADER;NAMESPACE;FUNCTION" "FILES" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${E_FUNCTION}.cpp)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DHEADER=${E_HEADER} -DNAMESPACE=${E_NAMESPACE} -DFUNCTION=${E_FUNCTION}
            "-DFILES=${E_FILES}" -P ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${E_FILES} ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake
    VERBATIM)
  # Texts are longer than what the standard asks every compiler to take; GCC and Clang take them.
  set_source_files_properties(${out} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  set(${source} ${out} PARENT_SCOPE)
endfunction()
