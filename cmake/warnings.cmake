# One list for every target; third-party headers are SYSTEM and stay silent.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict)  # g++ 12 reports "text" + std::string(...) at -O3: a false positive (GCC bug 105651)
endif()
