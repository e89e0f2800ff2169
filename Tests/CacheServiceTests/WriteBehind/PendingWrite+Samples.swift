// Writes for the tests of write-behind; values.

import CacheEngine

@testable import CacheService

extension PendingWrite {
    /// A value for a key, in its time.
    static func set(
        _ key: String, _ value: String, partition: Int = 0, tags: [String] = [],
        expiresAt: Timestamp = .never
    ) -> PendingWrite {
        var (key, value, tag) = (key, value, tags.first ?? "")
        let entry = key.withUTF8 { key in
            value.withUTF8 { value in
                tag.withUTF8 { tag in
                    CacheEntry.pending(
                        EntryDraft(
                            key: UnsafeRawBufferPointer(key), value: UnsafeRawBufferPointer(value),
                            tags: tags.isEmpty ? [] : [UnsafeRawBufferPointer(tag)]),
                        createdAt: Timestamp(nanoseconds: 0), Life(expiresAt: expiresAt))
                }
            }
        }
        return PendingWrite(key: Array(key.utf8), change: .set(entry), partition: partition)
    }

    /// A key's removal.
    static func remove(_ key: String, partition: Int = 0) -> PendingWrite {
        PendingWrite(key: Array(key.utf8), change: .remove, partition: partition)
    }

    /// What it says, for comparing: the value, or nil.
    var text: String? { change.text }
}

extension PendingWrite.Change {
    /// The value; nil for a removal.
    var text: String? {
        guard case .set(let entry) = self else { return nil }
        return String(decoding: entry.value, as: UTF8.self)
    }
}
