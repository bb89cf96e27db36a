#include "consensus/block_tree.h"

#include <algorithm>

namespace keten::consensus {

BlockTree::BlockTree(const BlockHeader& floor) : floor_(floor), floor_id_(floor.id()) {}

void BlockTree::add(const BlockHeader& header) {
  if (header.height <= floor_.height) { return; }
  entries_.try_emplace(header.id(), Entry{header, false});
}

void BlockTree::add_stored(const BlockHeader& header) {
  if (header.height <= floor_.height) { return; }
  entries_.try_emplace(header.id(), Entry{header, false}).first->second.stored = true;
}

const BlockHeader* BlockTree::find(const BlockId& block) const {
  if (block == floor_id_) { return &floor_; }
  const auto entry = entries_.find(block);
  return entry == entries_.end() ? nullptr : &entry->second.header;
}

bool BlockTree::is_stored(const BlockId& block) const {
  if (block == floor_id_) { return true; }
  const auto entry = entries_.find(block);
  return entry != entries_.end() && entry->second.stored;
}

BlockTree::Path BlockTree::path_to(const BlockId& block) const {
  Path path;
  for (auto id = block; id != floor_id_;) {
    const auto entry = entries_.find(id);
    const bool known = entry != entries_.end();
    if (path.kind == Path::Kind::complete && (!known || !entry->second.stored)) {
      path.kind = Path::Kind::missing;
      path.missing = id;
    }
    if (!known) { break; }
    const auto& header = entry->second.header;
    path.headers.push_back(header);
    if (header.height.value == floor_.height.value + 1 && header.parent != floor_id_) {
      path.kind = Path::Kind::aside;
      break;
    }
    id = header.parent;
  }
  std::reverse(path.headers.begin(), path.headers.end());
  return path;
}

void BlockTree::move_floor(const BlockHeader& header, View view) {
  floor_ = header;
  floor_id_ = header.id();
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.header.height <= floor_.height || entry.second.header.view <= view;
  });
}

}  // namespace keten::consensus
