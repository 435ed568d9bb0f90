#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ringwall::policy {

struct Phone {
  std::string name;  ///< its certificate name, "phone1001.ringwall.test"
  std::string line;  ///< "1001"
  std::string profile;
  std::filesystem::path digest;  ///< file with its digest secrets, for a profile with `digest`
};

/// The phones of a site in the order of its file, found by name and by line at once: every registration and every call
/// asks, and a site may have thousands.
class Phones {
 public:
  Phones() = default;
  Phones(std::initializer_list<Phone> phones) {
    for (const Phone& phone : phones)
      push_back(phone);
  }

  void push_back(Phone phone) {
    // Of two with the same name or line the first one is found; the check of the configuration refuses the second.
    by_name_.try_emplace(phone.name, phones_.size());
    by_line_.try_emplace(phone.line, phones_.size());
    phones_.push_back(std::move(phone));
  }
  void clear() { *this = {}; }

  [[nodiscard]] const Phone* find(std::string_view name) const { return find(by_name_, name); }
  [[nodiscard]] const Phone* find_line(std::string_view line) const { return find(by_line_, line); }

  [[nodiscard]] std::size_t size() const { return phones_.size(); }
  [[nodiscard]] bool empty() const { return phones_.empty(); }
  [[nodiscard]] auto begin() const { return phones_.begin(); }
  [[nodiscard]] auto end() const { return phones_.end(); }
  [[nodiscard]] const Phone& operator[](std::size_t index) const { return phones_[index]; }
  /// To change what it is not found by.
  [[nodiscard]] Phone& operator[](std::size_t index) { return phones_[index]; }
  [[nodiscard]] const Phone& back() const { return phones_.back(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Index = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;

  [[nodiscard]] const Phone* find(const Index& index, std::string_view key) const {
    const auto found = index.find(key);
    return found == index.end() ? nullptr : &phones_[found->second];
  }

  std::vector<Phone> phones_;
  Index by_name_, by_line_;
};

}  // namespace ringwall::policy
