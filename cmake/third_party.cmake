# One INTERFACE target per third-party library, named tp_<library>, so that no other file spells a vendor's target.
# Imported targets are SYSTEM: their headers give no warnings. Packages and versions: tools/deps/.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(tp name)
  add_library(tp_${name} INTERFACE)
  target_link_libraries(tp_${name} INTERFACE ${ARGN})
endfunction()

tp(threads Threads::Threads)

# These two have no CMake package in Debian 12.
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
tp(lmdb PkgConfig::LMDB Threads::Threads)
tp(xxhash PkgConfig::XXHASH)

find_package(simdjson 3.0 REQUIRED CONFIG)
tp(simdjson simdjson::simdjson Threads::Threads)
find_package(nlohmann_json 3.11 REQUIRED CONFIG)
tp(json nlohmann_json::nlohmann_json)
find_package(tomlplusplus 3.3 REQUIRED CONFIG)
tp(toml tomlplusplus::tomlplusplus)
find_package(CLI11 2.1 REQUIRED CONFIG)
tp(cli CLI11::CLI11)
find_package(fmt 9.1 REQUIRED CONFIG)
tp(fmt fmt::fmt)
find_package(spdlog 1.10 REQUIRED CONFIG)  # by its target: Debian built it with SPDLOG_COMPILED_LIB and SPDLOG_FMT_EXTERNAL
tp(spdlog spdlog::spdlog)
find_package(date 3.0 REQUIRED CONFIG)
tp(date date::date-tz)
find_package(CURL 7.88 REQUIRED)
tp(curl CURL::libcurl)
find_package(ZLIB 1.2 REQUIRED)
tp(zlib ZLIB::ZLIB)

# Asio and Beast are headers; their bodies are compiled once, in src/serve/net/beast_bodies.cc. With COMPONENTS, or without
# the version, find_package takes another Boost.
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
tp(beast Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(tp_beast INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                           BOOST_ASIO_NO_DEPRECATED)
if(TICKERHOUSE_SANITIZE STREQUAL "thread")
  # ThreadSanitizer knows no fences; Asio's are for handlers that run on several threads, and our loop has one.
  target_compile_definitions(tp_beast INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

# DuckDB is in no Debian package: tools/deps/install fetches the library and the header of the same release.
set(DUCKDB_ROOT "${PROJECT_SOURCE_DIR}/build/deps/duckdb" CACHE PATH "folder with duckdb.h and libduckdb.so")
if(NOT EXISTS ${DUCKDB_ROOT}/libduckdb.so OR NOT EXISTS ${DUCKDB_ROOT}/duckdb.h)
  message(FATAL_ERROR "no DuckDB in ${DUCKDB_ROOT}: type tools/deps/fetch_duckdb (or ./run, which does it)")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION ${DUCKDB_ROOT}/libduckdb.so IMPORTED_SONAME libduckdb.so
                      INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_ROOT})
tp(duckdb duckdb)

# librdkafka of Debian 12 is too old: tools/deps/install builds the one that is pinned there.
set(LIBRDKAFKA_ROOT "${PROJECT_SOURCE_DIR}/build/deps/librdkafka" CACHE PATH "folder with librdkafka.a and include/")
if(NOT EXISTS ${LIBRDKAFKA_ROOT}/librdkafka.a)
  message(FATAL_ERROR "no librdkafka in ${LIBRDKAFKA_ROOT}: type tools/deps/fetch_librdkafka (or ./run, which does it)")
endif()
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
add_library(rdkafka STATIC IMPORTED)
set_target_properties(rdkafka PROPERTIES IMPORTED_LOCATION ${LIBRDKAFKA_ROOT}/librdkafka.a
                      INTERFACE_INCLUDE_DIRECTORIES ${LIBRDKAFKA_ROOT}/include)
target_link_libraries(rdkafka INTERFACE OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB PkgConfig::ZSTD Threads::Threads
                      ${CMAKE_DL_LIBS} m)
tp(rdkafka rdkafka)

if(TICKERHOUSE_TESTS)
  find_package(GTest 1.12 REQUIRED CONFIG)
  find_package(rapidcheck REQUIRED CONFIG)
  tp(test GTest::gmock GTest::gtest_main rapidcheck_gtest Threads::Threads)
endif()
if(TICKERHOUSE_BENCHMARKS)
  find_package(benchmark 1.7 REQUIRED CONFIG)
  tp(benchmark benchmark::benchmark_main Threads::Threads)
endif()
