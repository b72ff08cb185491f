# tickerhouse_module(NAME SOURCES a.cc ... [DEPENDS base market ...] [LINKS tp_fmt ...] [PURE])
#
# One folder of src/ is one static library tickerhouse_<name>, included as "<name>/file.h". DEPENDS are folders whose
# headers it may include (tools/check_layers.py reads them here); LINKS are third-party targets, seen by its .cc files
# only. PURE promises: no clock, thread, file, socket, environment, locale or randomness (tools/check_symbols.py).
function(tickerhouse_module name)
  cmake_parse_arguments(arg "PURE" "" "SOURCES;DEPENDS;LINKS" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "tickerhouse_module(${name}): SOURCES missing, or unknown words: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(library tickerhouse_${name})
  add_library(${library} STATIC ${arg_SOURCES})
  add_library(tickerhouse::${name} ALIAS ${library})
  target_include_directories(${library} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  foreach(depend IN LISTS arg_DEPENDS)
    target_link_libraries(${library} PUBLIC tickerhouse::${depend})
  endforeach()
  tickerhouse_link(${library} ${arg_LINKS})
  set_target_properties(${library} PROPERTIES TICKERHOUSE_PURE "${arg_PURE}")
endfunction()

# tickerhouse_program(NAME SOURCES main.cc ... DEPENDS app ... [LINKS ...]): an executable at build/<preset>/NAME.
function(tickerhouse_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  foreach(depend IN LISTS arg_DEPENDS)
    target_link_libraries(${name} PRIVATE tickerhouse::${depend})
  endforeach()
  tickerhouse_link(${name} ${arg_LINKS})
endfunction()

# Links third-party targets; a misspelt one stops here and not at the linker.
function(tickerhouse_link target)
  foreach(link IN LISTS ARGN)
    if(NOT TARGET ${link})
      message(FATAL_ERROR "${target}: no such third-party target: ${link} (see cmake/third_party.cmake)")
    endif()
    target_link_libraries(${target} PRIVATE ${link})
  endforeach()
endfunction()

# Every folder below this one that has a CMakeLists.txt; a new one needs no list to be edited.
macro(tickerhouse_add_folders)
  file(GLOB folders CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(file IN LISTS folders)
    get_filename_component(folder ${file} DIRECTORY)
    add_subdirectory(${folder})
  endforeach()
endmacro()
