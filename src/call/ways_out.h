#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call/heartbeat.h"
#include "call/server_group.h"
#include "call/tries.h"
#include "policy/site.h"
#include "runtime/locator.h"

namespace ringwall::call {

/// What one element can send calls to: the server groups that it has, and its trunks and the site's elements, each of
/// which is a group too, of as many members as it has targets.
class WaysOut {
 public:
  WaysOut(UserAgent& agent, std::string host);

  /// The configuration in force. What stays the same keeps its state.
  void configure(const policy::Site& site, const policy::Element& self);

  /// The tries of a call to a group, trunk or element; none (next() is null) if it has no address.
  [[nodiscard]] Tries tries(std::string_view name);
  /// Why a group has no address at present; "" if it has one.
  [[nodiscard]] std::string trouble(std::string_view name) const;

  /// True if it was the answer to a heartbeat.
  bool completed(const sip::Completed& completed) { return heartbeat_->completed(completed); }

  struct View {
    policy::ServerGroup configuration;
    bool written = false;  ///< a [[server_group]]; else a trunk
    std::vector<ServerGroup::View> members;
    struct Missing {
      std::size_t member;
      std::string host, trouble;
    };
    std::vector<Missing> missing;  ///< members whose name leads nowhere at present
  };
  [[nodiscard]] std::vector<View> view();

 private:
  /// A member's host that is to be turned into paths.
  struct Place {
    std::size_t member;
    Path path;  ///< without a spot
    sip::Wanted wanted;
    bool is_name;
  };
  struct Way {
    std::shared_ptr<ServerGroup> group;
    std::vector<Place> places;
    bool written = false;
    std::string stands_for;  ///< the element that all its members are; "" if there is no such
  };

  void add(std::map<std::string, Way, std::less<>>& before, policy::ServerGroup group, bool written,
           const policy::Site& site, const policy::Element& self);
  void locate(const policy::Site& site);
  void set_paths();
  void set_paths(Way& way);
  [[nodiscard]] const Way* find(std::string_view name) const;

  UserAgent& agent_;
  std::map<std::string, Way, std::less<>> ways_;
  std::vector<NetAddress> name_servers_;
  std::unique_ptr<runtime::Locator> locator_;  ///< made with the first name
  std::shared_ptr<Heartbeat> heartbeat_;
};

}  // namespace ringwall::call
