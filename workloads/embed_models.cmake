# Writes ${OUT}: every file of ${FILES} (a list) as a raw string literal with its stem, for workloads/embedded_models.h.
set(TEXT "// Generated from workloads/models/*.json.\n#include \"workloads/embedded_models.h\"\n\nnamespace lutra::workloads {\nnamespace {\n\nconstexpr EmbeddedModel kModels[] = {\n")
foreach(FILE ${FILES})
  get_filename_component(STEM ${FILE} NAME_WLE)
  file(READ ${FILE} CONTENT)
  string(APPEND TEXT "    {\"${STEM}\", R\"lutra(${CONTENT})lutra\"},\n")
endforeach()
string(APPEND TEXT "};\n\n}  // namespace\n\nstd::span<const EmbeddedModel> embedded_models() { return kModels; }\n\n}  // namespace lutra::workloads\n")
file(WRITE ${OUT} "${TEXT}")
