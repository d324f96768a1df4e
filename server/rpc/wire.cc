// The grammar walked here (protobuf encoding):
//
//   message := { tag value }
//   tag     := varint: field number << 3 | wire type
//   value   := varint            wire type 0
//            | 8 bytes           1
//            | varint n, n bytes 2: string, bytes, message, packed numbers
//            | message, end tag  3 .. 4: a group (none of ours)
//            | 4 bytes           5
#include "server/rpc/wire.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "server/text/facts.h"

namespace levee::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum WireType : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

absl::string_view NameOf(uint32_t wire_type) {
  switch (wire_type) {
    case kVarint:
      return "a varint";
    case kFixed64:
      return "8 bytes";
    case kBytes:
      return "a length and bytes";
    case kGroup:
      return "a group";
    default:
      return "4 bytes";
  }
}

uint32_t WireTypeOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return kBytes;
    case FieldDescriptor::TYPE_GROUP:
      return kGroup;
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return kFixed32;
    default:
      return kVarint;
  }
}

// What is left of a message's bytes.
struct Input {
  absl::string_view bytes;

  bool ReadVarint(uint64_t* value) {
    *value = 0;
    for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
      const auto byte = static_cast<uint8_t>(bytes[i]);
      *value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) {
        bytes.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool Skip(size_t count) {
    if (bytes.size() < count) return false;
    bytes.remove_prefix(count);
    return true;
  }
};

// Where something is wrong, told from the inside outwards.
struct Fault {
  std::string path;
  std::string what;
};
using MaybeFault = std::optional<Fault>;

class Walker {
 public:
  // Strict: everything that can be wrong is a fault. Otherwise only counting.
  explicit Walker(bool strict) : strict_(strict) {}

  MaybeFault WalkMessage(const Descriptor* type, absl::string_view bytes,
                         int depth);

  int fields() const { return fields_; }

 private:
  // The element of a repeated field that is being read, by field number.
  class Places {
   public:
    std::string Next(const FieldDescriptor& field);

   private:
    std::vector<std::pair<int, int>> counts_;
  };

  MaybeFault WalkField(const Descriptor* type, uint32_t tag, int depth,
                       Places* places, Input* input);
  MaybeFault WalkKnown(const FieldDescriptor& field, uint32_t wire_type,
                       int depth, Input* input);
  MaybeFault WalkBytes(const FieldDescriptor& field, absl::string_view value,
                       int depth);
  MaybeFault SkipValue(uint32_t number, uint32_t wire_type, int depth,
                       Input* input);

  const bool strict_;
  int fields_ = 0;
};

Fault Here(std::string what) { return Fault{"", std::move(what)}; }

MaybeFault Within(std::string name, MaybeFault fault) {
  if (!fault) return fault;
  fault->path = fault->path.empty() ? std::move(name)
                                    : absl::StrCat(name, ".", fault->path);
  return fault;
}

std::string Walker::Places::Next(const FieldDescriptor& field) {
  if (!field.is_repeated()) return field.name();
  for (auto& [number, count] : counts_) {
    if (number == field.number()) {
      return absl::StrCat(field.name(), "[", count++, "]");
    }
  }
  counts_.emplace_back(field.number(), 1);
  return absl::StrCat(field.name(), "[0]");
}

MaybeFault Walker::WalkMessage(const Descriptor* type, absl::string_view bytes,
                               int depth) {
  if (depth > kMessageDepthMax) {
    return Here(absl::StrCat("more than ", kMessageDepthMax,
                             " messages inside each other"));
  }
  Places places;
  Input input{bytes};
  while (!input.bytes.empty()) {
    const size_t at = bytes.size() - input.bytes.size();
    uint64_t tag = 0;
    if (!input.ReadVarint(&tag)) {
      return Here(absl::StrCat("cut off within a tag at byte ", at));
    }
    if (tag > UINT32_MAX || tag >> 3 == 0 || (tag & 7) > kFixed32 ||
        (tag & 7) == kEndGroup) {
      return Here(absl::StrCat("no field has the tag ", tag, " at byte ", at));
    }
    if (++fields_ > kMessageFieldsMax) {
      return Here(absl::StrCat("more than ", kMessageFieldsMax, " fields"));
    }
    if (MaybeFault fault = WalkField(type, static_cast<uint32_t>(tag), depth,
                                     &places, &input)) {
      return fault;
    }
  }
  return std::nullopt;
}

MaybeFault Walker::WalkField(const Descriptor* type, uint32_t tag, int depth,
                             Places* places, Input* input) {
  const uint32_t number = tag >> 3;
  const uint32_t wire_type = tag & 7;
  const FieldDescriptor* field =
      type->FindFieldByNumber(static_cast<int>(number));
  const bool packed =
      field != nullptr && field->is_packable() && wire_type == kBytes;
  if (field == nullptr ||
      (!strict_ && !packed && wire_type != WireTypeOf(*field))) {
    // An unknown field's wire type may be anything.
    return Within(absl::StrCat("field ", number),
                  SkipValue(number, wire_type, depth, input));
  }
  // Names cost more than all else and matter only where a fault is sought.
  if (!strict_) return WalkKnown(*field, wire_type, depth, input);
  return Within(places->Next(*field),
                WalkKnown(*field, wire_type, depth, input));
}

MaybeFault Walker::WalkKnown(const FieldDescriptor& field, uint32_t wire_type,
                             int depth, Input* input) {
  const bool packed = field.is_packable() && wire_type == kBytes;
  if (!packed && wire_type != WireTypeOf(field)) {
    return Here(absl::StrCat("sent as ", NameOf(wire_type), ", but a ",
                             field.type_name(), " is ",
                             NameOf(WireTypeOf(field))));
  }
  if (wire_type != kBytes) {
    return SkipValue(field.number(), wire_type, depth, input);
  }
  uint64_t length = 0;
  if (!input->ReadVarint(&length)) return Here("cut off within its length");
  if (length > input->bytes.size()) {
    return Here(absl::StrCat("cut off: ", length, " bytes announced, ",
                             input->bytes.size(), " are there"));
  }
  const absl::string_view value = input->bytes.substr(0, length);
  input->bytes.remove_prefix(length);
  return WalkBytes(field, value, depth);
}

MaybeFault Walker::WalkBytes(const FieldDescriptor& field,
                             absl::string_view value, int depth) {
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    return WalkMessage(field.message_type(), value, depth + 1);
  }
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    if (!strict_) return std::nullopt;
    const size_t at = text::FirstNonUtf8({value.data(), value.size()});
    if (at == value.size()) return std::nullopt;
    return Here(absl::StrCat("not valid UTF-8 at byte ", at));
  }
  if (!field.is_packable()) return std::nullopt;
  Input numbers{value};
  while (!numbers.bytes.empty()) {
    if (++fields_ > kMessageFieldsMax) {
      return Here(absl::StrCat("more than ", kMessageFieldsMax, " fields"));
    }
    if (MaybeFault fault =
            SkipValue(field.number(), WireTypeOf(field), depth, &numbers)) {
      return fault;
    }
  }
  return std::nullopt;
}

MaybeFault Walker::SkipValue(uint32_t number, uint32_t wire_type, int depth,
                             Input* input) {
  uint64_t value = 0;
  switch (wire_type) {
    case kVarint:
      if (input->ReadVarint(&value)) return std::nullopt;
      return Here("cut off, or a varint of more than 10 bytes");
    case kFixed64:
    case kFixed32:
      if (input->Skip(wire_type == kFixed64 ? 8 : 4)) return std::nullopt;
      return Here("cut off");
    case kBytes:
      if (input->ReadVarint(&value) && input->Skip(value)) return std::nullopt;
      return Here("cut off");
    default:
      break;
  }
  // A group: values up to the end tag of the same number.
  if (depth >= kMessageDepthMax) {
    return Here(absl::StrCat("more than ", kMessageDepthMax,
                             " messages inside each other"));
  }
  uint64_t tag = 0;
  while (input->ReadVarint(&tag)) {
    if ((tag & 7) == kEndGroup) {
      if (tag >> 3 == number) return std::nullopt;
      return Here(absl::StrCat("group ended by field ", tag >> 3));
    }
    if (tag > UINT32_MAX || tag >> 3 == 0 || (tag & 7) > kFixed32) {
      return Here(absl::StrCat("no field has the tag ", tag));
    }
    if (++fields_ > kMessageFieldsMax) {
      return Here(absl::StrCat("more than ", kMessageFieldsMax, " fields"));
    }
    if (MaybeFault fault = SkipValue(static_cast<uint32_t>(tag >> 3), tag & 7,
                                     depth + 1, input)) {
      return fault;
    }
  }
  return Here("cut off within a group");
}

absl::Status ToStatus(const MaybeFault& fault) {
  if (!fault) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fault->path.empty() ? fault->what
                          : absl::StrCat(fault->path, ": ", fault->what));
}

absl::Status NotA(const google::protobuf::Message& message,
                  absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("not a ", message.GetDescriptor()->full_name(), ": ", why));
}

}  // namespace

absl::Status FindFault(const Descriptor& type, absl::string_view bytes) {
  return ToStatus(Walker(/*strict=*/true).WalkMessage(&type, bytes, 0));
}

absl::Status ParseMessage(absl::string_view bytes,
                          google::protobuf::Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  if (bytes.size() > kRequestBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request has ", bytes.size(), " bytes, at most ",
                     kRequestBytesMax, " are taken"));
  }
  if (bytes.size() > kUncountedBytesMax) {
    const absl::Status bounded =
        ToStatus(Walker(/*strict=*/false).WalkMessage(&type, bytes, 0));
    if (!bounded.ok()) {
      const absl::Status named = FindFault(type, bytes);
      return NotA(*message, (named.ok() ? bounded : named).message());
    }
  }
  google::protobuf::io::CodedInputStream input(
      reinterpret_cast<const uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  input.SetRecursionLimit(kMessageDepthMax);
  if (message->ParseFromCodedStream(&input) && input.ConsumedEntireMessage()) {
    return absl::OkStatus();
  }
  const absl::Status fault = FindFault(type, bytes);
  return NotA(*message, fault.ok() ? "the bytes are damaged" : fault.message());
}

}  // namespace levee::rpc
