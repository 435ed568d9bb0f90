#include "sip/event/dialog_info.h"

#include "sip/event/xml.h"

namespace ringwall::sip::event {
namespace {

void add_party(pugi::xml_node dialog, const char* name, const std::string& identity, const std::string& target) {
  if (identity.empty() && target.empty()) return;
  pugi::xml_node party = dialog.append_child(name);
  if (!identity.empty()) add_text(party, "identity", identity);
  if (!target.empty()) set(party.append_child("target"), "uri", target);
}

void add_dialog(pugi::xml_node root, const DialogState& dialog) {
  pugi::xml_node node = root.append_child("dialog");
  set(node, "id", dialog.id);
  set(node, "call-id", dialog.call_id);
  set(node, "local-tag", dialog.local_tag);
  set(node, "remote-tag", dialog.remote_tag);
  set(node, "direction", dialog.initiator ? "initiator" : "recipient");
  set(add_text(node, "state", std::string(print(dialog.state))), "event", dialog.ended_by);
  add_party(node, "local", dialog.local_identity, {});
  add_party(node, "remote", dialog.remote_identity, dialog.remote_target);
}

}  // namespace

std::string_view print(DialogState::State state) {
  constexpr std::string_view names[] = {"trying", "proceeding", "early", "confirmed", "terminated"};
  return names[static_cast<std::size_t>(state)];
}

std::string print(const DialogInfo& info) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("dialog-info");
  set(root, "xmlns", "urn:ietf:params:xml:ns:dialog-info");
  set(root, "version", std::to_string(info.version));
  set(root, "state", info.full ? "full" : "partial");
  set(root, "entity", info.entity);
  for (const DialogState& dialog : info.dialogs)
    add_dialog(root, dialog);
  return print_xml(document);
}

}  // namespace ringwall::sip::event
