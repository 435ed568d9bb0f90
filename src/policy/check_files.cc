#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/certificate.h"
#include "policy/anchors.h"
#include "policy/rules.h"
#include "policy/toml_file.h"

namespace ringwall::policy {
namespace {

constexpr std::size_t longest_tag = 4'096;

/// A file name that stays in its folder.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && name.find('\\') == std::string_view::npos &&
         name != "." && name != "..";
}

/// Which prompts a script names as <audio src="file.wav">. Sources that are addresses or expressions are the voice
/// browser's to judge, and so is the form of the document.
std::set<std::pair<std::string, std::size_t>> find_prompts(std::string_view script) {
  std::set<std::pair<std::string, std::size_t>> prompts;
  std::size_t line = 1, counted = 0;
  for (std::size_t at = script.find("<audio"); at != std::string_view::npos; at = script.find("<audio", at + 1)) {
    for (; counted < at; ++counted)
      line += script[counted] == '\n';
    const std::string_view window = script.substr(at, longest_tag);
    const std::string_view tag = window.substr(0, window.find('>'));
    const std::size_t source = tag.find("src=");
    if (source == std::string_view::npos || source + 5 >= tag.size()) continue;
    const char quote = tag[source + 4];
    const std::size_t end = tag.find(quote, source + 5);
    if ((quote != '"' && quote != '\'') || end == std::string_view::npos) continue;
    const std::string_view name = tag.substr(source + 5, end - source - 5);
    if (is_plain_name(name)) prompts.emplace(name, line);
  }
  return prompts;
}

void check_script(Draft& draft, const Place& place, const std::string& name, std::set<std::string>& seen) {
  if (name.empty()) return;
  if (!is_plain_name(name))
    return draft.error(place, fmt::format("'{}' is not the name of a file in vxml/", name),
                       "write the name alone: \"welcome.vxml\"");
  if (!seen.insert(name).second) return;
  const auto script = read_text_file(draft.site.folder / "vxml" / name, limits::vxml_document_bytes);
  if (!script)
    return draft.error(place, fmt::format("VoiceXML file vxml/{}: {}", name, script.error().what), script.error().mend);
  for (const auto& [prompt, line] : find_prompts(*script)) {
    std::error_code trouble;
    if (!std::filesystem::is_regular_file(draft.site.folder / "prompts" / prompt, trouble))
      draft.error({"vxml/" + name, line, 1}, fmt::format("there is no prompt prompts/{}", prompt),
                  "record it as a WAV file, or mend the name");
  }
}

void check_anchors(Draft& draft) {
  const auto check = [&](const std::filesystem::path& file, const Place& place, std::string_view whose) {
    if (const auto read = read_anchor_bundle(file); !read)
      draft.error(place, fmt::format("the trust anchors of {} cannot be used: {}", whose, read.error().what),
                  read.error().mend);
  };
  check(draft.site.folder / "pki" / "anchors.pem", {"pki/anchors.pem", 0, 0}, "the site");
  for (std::size_t i = 0; i < draft.site.trunks.size(); ++i)
    if (const Trunk& trunk = draft.site.trunks[i]; !trunk.anchors.empty())
      check(trunk.anchors, draft.place("trunk", i, "anchors"), fmt::format("trunk '{}'", trunk.name));
}

/// A certificate that is missing or has ended keeps calls away but not the site from starting: a warning.
void check_certificate(Draft& draft, const Element& element, std::string_view file, std::string_view purpose,
                       WallTime now) {
  const std::string label = fmt::format("pki/elements/{}/{}", element.name, file);
  const Place place{label, 0, 0};
  const std::string mend = fmt::format("issue it again with 'ringwall pki issue --name {}'", element.host);
  const auto pem = read_text_file(draft.site.folder / label, limits::configuration_bytes);
  if (!pem)
    return draft.warning(place, fmt::format("element '{}' has no certificate: {}", element.name, pem.error().what),
                         mend);
  const auto certificate = crypto::Certificate::from_pem(*pem, label);
  if (!certificate) return draft.warning(place, certificate.error().what, mend);
  if (certificate->not_after() < now)
    draft.warning(place, fmt::format("the certificate expired at {}", print_wall_time(certificate->not_after())), mend);
  if (certificate->not_before() > now)
    draft.warning(place,
                  fmt::format("the certificate holds only from {} on", print_wall_time(certificate->not_before())),
                  "check the clock of this machine");
  // Public authorities issue for servers alone: such a certificate is no client's (RFC 5280 section 4.2.1.12).
  const auto& purposes = certificate->facts().purposes;
  if (!purposes.empty() && std::ranges::find(purposes, purpose) == purposes.end())
    draft.warning(place, fmt::format("the certificate may not be used here: its extended key usage lacks {}", purpose),
                  mend);
  if (!certificate->identifies(element.host))
    draft.warning(place,
                  fmt::format("the certificate is for {}, not for '{}'", fmt::join(certificate->sip_identities(), ", "),
                              element.host),
                  mend);
}

}  // namespace

void check_files(Draft& draft, WallTime now) {
  const Site& site = draft.site;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < site.services.size(); ++i) {
    check_script(draft, draft.place("service", i, "script"), site.services[i].script, seen);
    check_script(draft, draft.place("service", i, "queue_script"), site.services[i].queue_script, seen);
  }
  check_anchors(draft);
  for (const Element& element : site.elements) {
    if (!is_plain_name(element.name)) continue;
    check_certificate(draft, element, "server.crt", "serverAuth", now);
    check_certificate(draft, element, "client.crt", "clientAuth", now);
  }
  if (site.store == "sqlite") return;
  if (const auto connection = read_text_file(site.folder / site.store, limits::configuration_bytes); !connection)
    draft.error(draft.place("store", "connection_file"),
                fmt::format("the store's connection file: {}", connection.error().what), connection.error().mend);
}

}  // namespace ringwall::policy
