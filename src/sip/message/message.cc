#include "sip/message/message.h"

#include <cstring>
#include <new>
#include <type_traits>

#include "sip/message/block_pool.h"
#include "sip/message/grammar.h"
#include "sip/message/index.h"

namespace ringwall::sip {

std::unique_ptr<Message::Index, Message::Free> Message::Index::make(std::size_t field_capacity,
                                                                    std::string_view bytes) {
  static_assert(std::is_trivially_destructible_v<Index> && std::is_trivially_destructible_v<HeaderField>);
  static_assert(sizeof(Index) % alignof(HeaderField) == 0);
  const std::size_t fields_size = field_capacity * sizeof(HeaderField);
  const std::size_t memory_size = sizeof(Index) + fields_size + bytes.size() + padding;
  void* memory = take_block(memory_size);
  auto* index = new (memory) Index;
  char* after = static_cast<char*>(memory) + sizeof(Index);
  index->fields = reinterpret_cast<HeaderField*>(after);
  index->buffer = after + fields_size;
  index->memory = memory_size;
  index->size = bytes.size();
  index->first.fill(absent);
  std::memcpy(index->buffer, bytes.data(), bytes.size());
  std::memset(index->buffer + bytes.size(), 0, padding);
  return std::unique_ptr<Index, Free>(index);
}

void Message::Free::operator()(Index* index) const {
  give_block(index, index->memory);
}

Message::Message(std::unique_ptr<Index, Free> index) : index_(std::move(index)) {}
Message::Message(Message&&) noexcept = default;
Message& Message::operator=(Message&&) noexcept = default;
Message::~Message() = default;

bool Message::is_request() const {
  return index_->status == 0;
}
Method Message::method() const {
  return index_->cseq.method;
}
std::string_view Message::method_name() const {
  return index_->cseq.method_name;
}
const Uri& Message::request_uri() const {
  return index_->request_uri;
}
int Message::status() const {
  return index_->status;
}
std::string_view Message::reason_phrase() const {
  return index_->reason;
}

std::span<const HeaderField> Message::headers() const {
  return index_->all();
}

std::string_view Message::header(HeaderName name) const {
  const HeaderField* field = index_->find(name);
  return field == nullptr ? std::string_view{} : field->value;
}

std::string_view Message::header(std::string_view name) const {
  if (const HeaderName known = parse_header_name(name); known != HeaderName::other) return header(known);
  for (const HeaderField& field : index_->all()) {
    if (field.name == HeaderName::other && grammar::same(field.text_name, name)) return field.value;
  }
  return {};
}

bool Message::has(HeaderName name) const {
  return index_->find(name) != nullptr;
}

std::vector<std::string_view> Message::values(HeaderName name) const {
  std::vector<std::string_view> out;
  for (const HeaderField& field : index_->all()) {
    if (field.name != name) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t length = grammar::list_value_length(rest);
      const std::string_view value = grammar::trim_spaces(rest.substr(0, length));
      if (!value.empty()) out.push_back(value);
      rest.remove_prefix(length == rest.size() ? length : length + 1);
    }
  }
  return out;
}

const Via& Message::top_via() const {
  return index_->via;
}
const NameAddr& Message::from() const {
  return index_->from;
}
const NameAddr& Message::to() const {
  return index_->to;
}
std::string_view Message::call_id() const {
  return header(HeaderName::call_id);
}
const CSeq& Message::cseq() const {
  return index_->cseq;
}
std::optional<NameAddr> Message::contact() const {
  return index_->contact;
}
std::optional<std::uint32_t> Message::expires() const {
  return index_->expires;
}
std::optional<std::uint32_t> Message::max_forwards() const {
  return index_->max_forwards;
}

std::string_view Message::content_type() const {
  const std::string_view value = header(HeaderName::content_type);
  return grammar::trim_spaces(value.substr(0, value.find(';')));
}
std::string_view Message::body() const {
  return index_->body;
}
std::string_view Message::bytes() const {
  return {index_->buffer, index_->size};
}

}  // namespace ringwall::sip
