#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/key_wrap.h"

namespace ringwall::pki {

/// The keys that wrap the keys of a site's recordings, in <site>/pki/recording: one file <id>.key of 32 bytes (mode
/// 0600) for each, and the file `current`, which names the one that new recordings take. Each function reads the folder
/// anew, so a running site and a command work on the same keys.
class RecordingKeys {
 public:
  using Id = crypto::WrappingKey::Id;

  /// Reads nothing yet.
  explicit RecordingKeys(std::filesystem::path site) : folder_(std::move(site) / "pki" / "recording") {}

  /// Makes a key and names it the current one.
  [[nodiscard]] Result<Id> make() const;
  /// Makes one if there is none.
  [[nodiscard]] Result<> make_first() const;
  [[nodiscard]] bool any() const;

  /// Runs `use` with the current key, and nobody changes or destroys keys meanwhile: what `use` wraps with the key is
  /// on the disk before a rotation goes on to look for it.
  [[nodiscard]] Result<> with_current(const std::function<Result<>(const crypto::WrappingKey&)>& use) const;
  [[nodiscard]] Result<crypto::WrappingKey> current() const;
  [[nodiscard]] Result<Secret> find(const Id& id) const;
  [[nodiscard]] Result<std::vector<Id>> list() const;

  /// Overwrites and removes every key but the current one and those that `needed` names, which is asked while no
  /// recording can begin. Gives the ids of those that are gone.
  [[nodiscard]] Result<std::vector<Id>> destroy_others(const std::function<Result<std::vector<Id>>()>& needed) const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  [[nodiscard]] std::filesystem::path file_of(const Id& id) const;
  std::filesystem::path folder_;
};

}  // namespace ringwall::pki
