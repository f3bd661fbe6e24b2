# Writes a C++ file that holds the hand-written Verilog of rtl/, so that the generator needs no source tree at run time.
# cmake -DOUT=FILE -DFILES=a.v;b.v -P embed_rtl.cmake
set(text "// Generated from rtl/ by gen/embed_rtl.cmake.\n#include \"gen/rtl_files.h\"\n\nnamespace lutra::gen {\nnamespace {\nconst EmittedFile kFiles[] = {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  string(APPEND text "    {\"${name}\", R\"verilog(${content})verilog\"},\n")
endforeach()
string(APPEND text "};\n}  // namespace\n\nstd::span<const EmittedFile> rtl_files() { return kFiles; }\n}  // namespace lutra::gen\n")
file(WRITE ${OUT} "${text}")
