// Owns the counters of a namespace or of all; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.Counters`: counters of one namespace, or of all.
package struct Counters: Equatable {
    /// Reads that found an entry, whichever level had it.
    package var hits: UInt64 = 0
    /// Reads that found none in any level.
    package var misses: UInt64 = 0
    /// `hits` / (`hits` + `misses`), from 0 to 1; 0 before the first read.
    package var hitRate: Double = 0
    /// Entries written.
    package var sets: UInt64 = 0
    /// Entries removed by Delete.
    package var deletes: UInt64 = 0
    /// Entries removed for room.
    package var evictions: UInt64 = 0
    /// Entries removed because their time was up.
    package var expirations: UInt64 = 0
    /// Entries removed by Invalidate.
    package var invalidations: UInt64 = 0
    /// Entries in this instance's memory now.
    package var l1Size: UInt64 = 0
    /// Bytes they take, their overhead included.
    package var l1Bytes: UInt64 = 0
    /// The budget of `l1_bytes`.
    package var l1MaxBytes: UInt64 = 0
    /// Look-ups in the shared level that found the entry.
    package var l2Hits: UInt64 = 0
    /// Look-ups in the shared level that found none.
    package var l2Misses: UInt64 = 0
    /// Look-ups and writes that the shared level did not answer.
    package var l2Errors: UInt64 = 0
    /// Reads that joined another caller's load instead of starting one.
    package var coalesced: UInt64 = 0
    /// Writes refused because the namespace never evicts and was full.
    package var rejectedForRoom: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension Counters: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__counters__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__Counters>) {
        hits = c.pointee.hits
        misses = c.pointee.misses
        hitRate = c.pointee.hit_rate
        sets = c.pointee.sets
        deletes = c.pointee.deletes
        evictions = c.pointee.evictions
        expirations = c.pointee.expirations
        invalidations = c.pointee.invalidations
        l1Size = c.pointee.l1_size
        l1Bytes = c.pointee.l1_bytes
        l1MaxBytes = c.pointee.l1_max_bytes
        l2Hits = c.pointee.l2_hits
        l2Misses = c.pointee.l2_misses
        l2Errors = c.pointee.l2_errors
        coalesced = c.pointee.coalesced
        rejectedForRoom = c.pointee.rejected_for_room
    }

    func fill(_ c: inout Cachemanager__V1__Counters, in arena: MessageArena) {
        c.hits = hits
        c.misses = misses
        c.hit_rate = hitRate
        c.sets = sets
        c.deletes = deletes
        c.evictions = evictions
        c.expirations = expirations
        c.invalidations = invalidations
        c.l1_size = l1Size
        c.l1_bytes = l1Bytes
        c.l1_max_bytes = l1MaxBytes
        c.l2_hits = l2Hits
        c.l2_misses = l2Misses
        c.l2_errors = l2Errors
        c.coalesced = coalesced
        c.rejected_for_room = rejectedForRoom
    }
}

/// `cachemanager.v1.NamespaceStats`: counters of one namespace.
package struct NamespaceStats: Equatable {
    /// Its name; `default` has every key whose namespace is not configured.
    package var namespace = ByteView()
    /// Its counters.
    package var counters: Counters?
    /// Its eviction policy now.
    package var policy = ByteView()
    /// What its evictions were for.
    package var evictions: [EvictionStats] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension NamespaceStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__namespace_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__NamespaceStats>) {
        namespace = ByteView(c.pointee.namespace_)
        counters = Counters(c.pointee.counters)
        policy = ByteView(c.pointee.policy)
        evictions = Array(c.pointee.n_evictions, at: c.pointee.evictions) {
            EvictionStats(element: $0)
        }
    }

    func fill(_ c: inout Cachemanager__V1__NamespaceStats, in arena: MessageArena) {
        c.namespace_ = arena.text(namespace)
        c.counters = arena.makeIfPresent(counters)
        c.policy = arena.text(policy)
        c.n_evictions = evictions.count
        c.evictions = arena.list(evictions) { arena.make($0) }
    }
}
