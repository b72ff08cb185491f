// The strict reader: walks a whole line with simdjson, judges every byte of it, and picks the values at
// wanted paths.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/fields.h"
#include "market/reject.h"

namespace tickerhouse::formats {

inline constexpr int kJsonDepthMax = 64;

class JsonWalker {
 public:
  // Paths of keys from the outermost object; slot i of the result is paths[i]. `elements_path` (one key)
  // names an array whose elements are objects to be picked apart too, by `element_keys`; empty: none.
  JsonWalker(std::vector<std::vector<std::string>> paths, std::string elements_key,
             std::vector<std::string> element_keys);
  // Of the outermost object's own keys; slot i is keys[i].
  explicit JsonWalker(const std::vector<std::string>& keys);
  ~JsonWalker();
  JsonWalker(const JsonWalker&) = delete;
  JsonWalker& operator=(const JsonWalker&) = delete;

  // bad_json, repeated_key, or nothing: then slots() and elements() hold until the next walk.
  std::optional<market::RejectReason> walk(std::string_view line);
  [[nodiscard]] const std::vector<RawField>& slots() const { return slots_; }

  struct Element {
    bool is_object = false;
    std::vector<RawField> slots;  // by element_keys
  };
  [[nodiscard]] bool has_elements() const { return has_elements_; }  // the array is there
  [[nodiscard]] std::size_t element_count() const { return element_count_; }
  [[nodiscard]] const Element& element(std::size_t index) const { return elements_[index]; }

 private:
  struct Walk;  // all that needs simdjson's types
  struct Parser;
  std::vector<std::vector<std::string>> paths_;
  std::string elements_key_;
  std::vector<std::string> element_keys_;
  std::vector<RawField> slots_;
  std::vector<Element> elements_;  // reused; element_count_ are valid
  std::size_t element_count_ = 0;
  bool has_elements_ = false;
  std::vector<std::string_view> keys_;  // of the objects being walked, a stack
  std::unique_ptr<Parser> parser_;
};

}  // namespace tickerhouse::formats
