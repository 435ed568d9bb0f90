#pragma once

#include <pugixml.hpp>
#include <string>

namespace ringwall::sip::event {

/// An attribute; left out when its value is empty.
void set(pugi::xml_node node, const char* name, const std::string& value);
/// A child with text.
pugi::xml_node add_text(pugi::xml_node node, const char* name, const std::string& text);
/// The document with its declaration, in UTF-8.
std::string print_xml(const pugi::xml_document& document);

}  // namespace ringwall::sip::event
