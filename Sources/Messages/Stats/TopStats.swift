// Owns what is used most; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.TopStats`: what is used most, and what takes the most room.
package struct TopStats: Equatable {
    /// The keys whose reads find an entry most often, the hottest first.
    package var hottestKeys: [HotKey] = []
    /// The prefixes whose reads find none most often, the most missed first.
    package var missedPrefixes: [MissedPrefix] = []
    /// The entries that take the most memory, the largest first.
    package var largestEntries: [LargeEntry] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension TopStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__top_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__TopStats>) {
        hottestKeys = Array(c.pointee.n_hottest_keys, at: c.pointee.hottest_keys) {
            HotKey(element: $0)
        }
        missedPrefixes = Array(c.pointee.n_missed_prefixes, at: c.pointee.missed_prefixes) {
            MissedPrefix(element: $0)
        }
        largestEntries = Array(c.pointee.n_largest_entries, at: c.pointee.largest_entries) {
            LargeEntry(element: $0)
        }
    }

    func fill(_ c: inout Cachemanager__V1__TopStats, in arena: MessageArena) {
        c.n_hottest_keys = hottestKeys.count
        c.hottest_keys = arena.list(hottestKeys) { arena.make($0) }
        c.n_missed_prefixes = missedPrefixes.count
        c.missed_prefixes = arena.list(missedPrefixes) { arena.make($0) }
        c.n_largest_entries = largestEntries.count
        c.largest_entries = arena.list(largestEntries) { arena.make($0) }
    }
}

/// `cachemanager.v1.HotKey`: a key that is read often.
package struct HotKey: Equatable {
    /// The key.
    package var key = ByteView()
    /// Reads a second that found it, whichever level had it.
    package var readsPerSecond: Double = 0
    /// Its part of all reads, from 0 to 1.
    package var share: Double = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension HotKey: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__hot_key__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__HotKey>) {
        key = ByteView(c.pointee.key)
        readsPerSecond = c.pointee.reads_per_second
        share = c.pointee.share
    }

    func fill(_ c: inout Cachemanager__V1__HotKey, in arena: MessageArena) {
        c.key = arena.text(key)
        c.reads_per_second = readsPerSecond
        c.share = share
    }
}

/// `cachemanager.v1.MissedPrefix`: a prefix whose keys are often not there.
package struct MissedPrefix: Equatable {
    /// The prefix, with its `:`; empty for the keys that have none.
    package var prefix = ByteView()
    /// Reads a second that found no entry in any level.
    package var missesPerSecond: Double = 0
    /// The part of its reads that found none, from 0 to 1.
    package var missRate: Double = 0
    /// Its part of all misses, from 0 to 1.
    package var share: Double = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension MissedPrefix: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__missed_prefix__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__MissedPrefix>) {
        prefix = ByteView(c.pointee.prefix)
        missesPerSecond = c.pointee.misses_per_second
        missRate = c.pointee.miss_rate
        share = c.pointee.share
    }

    func fill(_ c: inout Cachemanager__V1__MissedPrefix, in arena: MessageArena) {
        c.prefix = arena.text(prefix)
        c.misses_per_second = missesPerSecond
        c.miss_rate = missRate
        c.share = share
    }
}

/// `cachemanager.v1.LargeEntry`: an entry that takes much room.
package struct LargeEntry: Equatable {
    /// The key.
    package var key = ByteView()
    /// Bytes it takes of the instance's memory, its overhead included.
    package var bytes: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension LargeEntry: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__large_entry__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__LargeEntry>) {
        key = ByteView(c.pointee.key)
        bytes = c.pointee.bytes
    }

    func fill(_ c: inout Cachemanager__V1__LargeEntry, in arena: MessageArena) {
        c.key = arena.text(key)
        c.bytes = bytes
    }
}
