// Owns an engine under test together with what it committed; any thread.

import Locks
import Synchronization

@testable import CacheEngine

/// A change, with bytes of its own.
struct RecordedChange: Hashable, Sendable {
    var kind: ChangeKind
    var key: String
    var version: UInt64
    var writer = ""
    var cause = ""
}

/// An engine whose revisions count up from 1 and whose clock is a number.
final class TestCache: Sendable {
    let engine: CacheEngine
    private let log: Log
    private let clock = Atomic<Int64>(1_000_000_000)

    private final class Log: Sendable {
        let changes = Locked<[RecordedChange]>([])
    }

    init(_ configuration: EngineConfiguration = EngineConfiguration(maxBytes: 1 << 30)) {
        let log = Log()
        self.log = log
        engine = CacheEngine(configuration: configuration, hashSeed: (11, 22)) { change in
            let recorded = RecordedChange(
                kind: change.kind, key: String(decoding: change.key, as: UTF8.self), version: 0,
                writer: String(decoding: change.writer, as: UTF8.self),
                cause: String(decoding: change.cause, as: UTF8.self))
            return log.changes.withLock { changes in
                changes.append(recorded)
                changes[changes.count - 1].version = UInt64(changes.count)
                return UInt64(changes.count)
            }
        }
    }

    var changes: [RecordedChange] { log.changes.withLock { $0 } }
    var changeCount: Int { log.changes.withLock { $0.count } }

    var now: Timestamp { Timestamp(nanoseconds: clock.load(ordering: .relaxed)) }

    func advance(by duration: Duration) {
        clock.store((now + duration).nanoseconds, ordering: .relaxed)
    }

    @discardableResult
    func set(
        _ key: String, _ value: String = "", ttl: TimeToLive = .inherited,
        condition: SetCondition = .none, tags: [String] = [], writer: String = ""
    ) -> SetOutcome {
        key.withBytes { key in
            value.withBytes { value in
                writer.withBytes { writer in
                    tags.joined().withBytes { joined in
                        var rest = joined[...]
                        let tags = tags.map { tag in
                            defer { rest = rest.dropFirst(tag.utf8.count) }
                            return UnsafeRawBufferPointer(rebasing: rest.prefix(tag.utf8.count))
                        }
                        return engine.set(
                            EntryDraft(key: key, value: value, tags: tags, ttl: ttl),
                            condition: condition, now: now, writer: writer)
                    }
                }
            }
        }
    }

    func get(_ key: String) -> String? {
        key.withBytes { engine.get($0, now: now) }.map(\.text)
    }

    func peek(_ key: String) -> CacheEntry? {
        key.withBytes { engine.peek($0, now: now) }
    }

    @discardableResult
    func delete(_ key: String, ifVersion: UInt64? = nil, writer: String = "") -> DeleteOutcome {
        key.withBytes { key in
            writer.withBytes { writer in
                engine.delete(key, ifVersion: ifVersion, now: now, writer: writer)
            }
        }
    }

    @discardableResult
    func touch(_ key: String, ttl: TimeToLive = .inherited) -> CacheEntry? {
        key.withBytes { engine.touch($0, ttl: ttl, now: now) }
    }

    @discardableResult
    func invalidate(_ key: String, cause: String = "") -> Bool {
        key.withBytes { key in
            cause.withBytes { engine.invalidate(key, now: now, cause: $0) }
        }
    }

    func sweep(_ maxRemovals: Int = .max) -> Int {
        engine.sweep(now: now, maxRemovals: maxRemovals).removed
    }

    /// Every key, page by page.
    func keys(pageSize: Int = 100) -> [String] {
        var keys: [String] = []
        var cursor: KeysCursor?
        repeat {
            let page = engine.keys(after: cursor, limit: pageSize, now: now) { _ in true }
            keys += page.keys.map { String(decoding: $0, as: UTF8.self) }
            cursor = page.next
        } while cursor != nil
        return keys
    }

    func load(
        _ key: String, _ loader: @escaping @Sendable () async throws -> Loaded?
    ) async throws -> String? {
        try await engine.load(Array(key.utf8), now: { self.now }, loader: loader).map(\.text)
    }

    var totals: Counters { engine.statistics().totals }

    func counters(_ namespace: String) -> Counters? {
        engine.statistics().namespaces.first { $0.name == namespace }?.counters
    }
}

extension CacheEntry {
    /// The value as text.
    var text: String {
        withExtendedLifetime(self) { String(decoding: value, as: UTF8.self) }
    }

    /// The key as text.
    var keyText: String {
        withExtendedLifetime(self) { String(decoding: key, as: UTF8.self) }
    }
}

extension SetOutcome {
    /// The version of what was stored; nil when nothing was.
    var version: UInt64? {
        if case .stored(let stamp) = self { stamp.version } else { nil }
    }

    var reason: NotStoredReason? {
        if case .notStored(let reason, _) = self { reason } else { nil }
    }

    var currentVersion: UInt64? {
        if case .notStored(_, let version) = self { version } else { nil }
    }
}

extension String {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(utf8).withUnsafeBytes(body)
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
