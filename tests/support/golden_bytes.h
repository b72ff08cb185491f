// Golden files of binary formats: tests/golden/<name>.hex, 16 bytes a line, offset first; a '#' begins a
// comment.
#pragma once

#include <string>

namespace tickerhouse::tests {

std::string golden_bytes(const std::string& name);  // fails the test if there is no such file
// Bytes as a golden file shows them, for comparing and for writing a new one.
std::string as_golden(const std::string& bytes);

}  // namespace tickerhouse::tests
