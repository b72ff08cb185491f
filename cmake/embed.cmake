# tickerhouse_embed_serve(OUT): writes a source whose asm puts the files of build/web/dist and openapi.json into the program,
# and names it in OUT. The assembler reads the files itself, so megabytes of page cost no compiler time. A new file there
# is seen by the next build (CONFIGURE_DEPENDS), a changed one makes the source compile again.
function(tickerhouse_embed_serve out)
  set(dist ${PROJECT_SOURCE_DIR}/build/web/dist)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${dist}/*)
  list(SORT files)
  set(openapi ${PROJECT_SOURCE_DIR}/src/serve/openapi.json)
  set(text "// Written by cmake/embed.cmake.\n#include <array>\n#include \"serve/embedded_files.h\"\n")
  set(table "")
  set(index 0)
  foreach(file IN LISTS files openapi)
    string(APPEND text "extern \"C\" const char tickerhouse_file_${index}[];\nextern \"C\" const char tickerhouse_file_${index}_end[];\n"
      "__asm__(\".pushsection .rodata\\n.balign 16\\ntickerhouse_file_${index}:\\n.incbin \\\"${file}\\\"\\n"
      "tickerhouse_file_${index}_end:\\n.byte 0\\n.popsection\\n\");\n")
    set(bytes "{tickerhouse_file_${index}, static_cast<std::size_t>(tickerhouse_file_${index}_end - tickerhouse_file_${index})}")
    if(file STREQUAL openapi)
      set(openapi_bytes ${bytes})
    else()
      file(RELATIVE_PATH path ${dist} ${file})
      string(APPEND table "      EmbeddedFile{\"/${path}\", ${bytes}},\n")
    endif()
    math(EXPR index "${index} + 1")
  endforeach()
  list(LENGTH files count)
  string(APPEND text "namespace tickerhouse::serve {\nstd::span<const EmbeddedFile> embedded_pages() {\n"
    "  static const std::array<EmbeddedFile, ${count}> files = {\n${table}  };\n  return files;\n}\n"
    "std::string_view embedded_openapi() { return ${openapi_bytes}; }\n}  // namespace tickerhouse::serve\n")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "${text}" @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files};${openapi}")
  set(${out} ${source} PARENT_SCOPE)
endfunction()
