// Where the keys of the store are; a value with precomputed beginnings, any thread.

import Invalidation
import NIOCore

/// The names of the physical keys, `<prefix>{<partition>}:<kind>:<key>`. The part in braces puts
/// all keys of a partition into one slot of a cluster.
package struct StoreLayout: Sendable {
    /// What a physical key is for.
    enum Kind: String, CaseIterable, Sendable {
        /// The envelope of an entry.
        case entry = "e:"
        /// The right to fill an entry.
        case lease = "lease:"
        /// The epoch and the revision of a partition.
        case revision = "rev"
        /// The latest changes of a partition.
        case log = "log"
        /// The channel of a partition's changes.
        case events = "events"
        /// A key and a channel of nobody.
        case probe = "probe"
        /// What instances of one deployment must agree on; of partition 0, or of no partition.
        case deployment = "deployment"
    }

    /// What the keys of the deployment begin with.
    package let prefix: String
    /// `<prefix>{<partition>}:` for each partition.
    private let stems: [[UInt8]]
    /// The same with the kind of entries.
    private let entryStems: [[UInt8]]

    /// A layout.
    ///
    /// - Parameter prefix: What the keys of the deployment begin with; see ``isPrefix(_:)``.
    package init(prefix: String) {
        precondition(Self.isPrefix(prefix), "a prefix has neither braces nor control characters")
        self.prefix = prefix
        stems = (0..<Partitioning.count).map { Array("\(prefix){\($0)}:".utf8) }
        entryStems = stems.map { $0 + Kind.entry.rawValue.utf8 }
    }

    /// Whether the text can be a prefix: braces in it would become the hash tag.
    package static func isPrefix(_ text: String) -> Bool {
        !text.unicodeScalars.contains { "{}".unicodeScalars.contains($0) || $0.value < 0x20 }
            && !text.contains("\u{7F}")
    }

    /// The channel of a partition's changes.
    package func channel(_ partition: Int) -> [UInt8] { name(.events, partition) }

    /// The stream of a partition's changes.
    package func log(_ partition: Int) -> [UInt8] { name(.log, partition) }

    /// The hash of a partition's epoch and revision.
    package func revision(_ partition: Int) -> [UInt8] { name(.revision, partition) }

    /// A physical key without a logical one.
    func name(_ kind: Kind, _ partition: Int) -> [UInt8] { stems[partition] + kind.rawValue.utf8 }

    /// What the keys of a partition begin with.
    func stem(_ partition: Int) -> [UInt8] { stems[partition] }

    /// Lends what the names of a partition's entries begin with.
    @inline(__always)
    func withEntryStem<Result>(
        _ partition: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        entryStems[partition].withUnsafeBytes(body)
    }

    /// Adds a physical key as an argument.
    func append(
        _ kind: Kind, _ partition: Int, key: UnsafeRawBufferPointer = .init(start: nil, count: 0),
        to command: inout RedisCommand
    ) {
        let stem = stems[partition]
        let word = kind.rawValue
        command.append(count: stem.count + word.utf8.count + key.count) { buffer in
            buffer.writeBytes(stem)
            buffer.writeString(word)
            buffer.writeBytes(key)
        }
    }
}
