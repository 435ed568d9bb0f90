#include "sip/event/reg_info.h"

#include "sip/event/xml.h"

namespace ringwall::sip::event {
namespace {

void add_contact(pugi::xml_node registration, const RegisteredContact& contact) {
  pugi::xml_node node = registration.append_child("contact");
  set(node, "id", contact.id);
  set(node, "state", contact.active ? "active" : "terminated");
  set(node, "event", contact.event);
  if (contact.active) set(node, "expires", std::to_string(contact.expires.count()));
  set(node, "callid", contact.call_id);
  if (contact.cseq != 0) set(node, "cseq", std::to_string(contact.cseq));
  add_text(node, "uri", contact.uri);
  const auto unknown = [&node](const char* name, const std::string& value) {
    if (!value.empty()) set(add_text(node, "unknown-param", value), "name", name);
  };
  unknown("+sip.instance", contact.instance);
}

}  // namespace

std::string print(const RegInfo& info) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("reginfo");
  set(root, "xmlns", "urn:ietf:params:xml:ns:reginfo");
  set(root, "version", std::to_string(info.version));
  set(root, "state", info.full ? "full" : "partial");
  pugi::xml_node registration = root.append_child("registration");
  set(registration, "aor", info.aor);
  set(registration, "id", info.id);
  set(registration, "state", info.active ? "active" : info.terminated ? "terminated" : "init");
  for (const RegisteredContact& contact : info.contacts)
    add_contact(registration, contact);
  return print_xml(document);
}

}  // namespace ringwall::sip::event
