# What code is generated for, the same in every build: results must not depend on the machine or the compiler.

# A fused multiply-add rounds once where two operations round twice: off, so that a double has one value everywhere.
add_compile_options(-ffp-contract=off)

# x86-64-v3 (AVX2, BMI2; 2013 and later) unless this host cannot run it.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(arch_default x86-64-v3)
  file(STRINGS /proc/cpuinfo cpu_flags REGEX "^flags" LIMIT_COUNT 1)
  foreach(flag avx2 bmi1 bmi2 fma movbe f16c abm pclmulqdq)
    if(NOT cpu_flags MATCHES " ${flag}( |$)")
      set(arch_default x86-64)
    endif()
  endforeach()
  set(TICKERHOUSE_ARCH ${arch_default} CACHE STRING "value of -march; x86-64 is the baseline")
  add_compile_options(-march=${TICKERHOUSE_ARCH})
  if(NOT TICKERHOUSE_ARCH STREQUAL "x86-64")
    add_compile_options(-mpclmul)
  endif()
endif()
