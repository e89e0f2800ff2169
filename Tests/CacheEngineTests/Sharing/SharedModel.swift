// A store that others share, with news that comes late, and the rules for who may read what.

import Testing

@testable import CacheEngine

/// Plays the store behind an engine: fills and writes are under way for some steps, news of
/// changes is applied in order but later, and now and then a partition is reset or suspended.
struct SharedModel {
    static let partitions = 3

    struct Stored: Sendable {
        var version: UInt64
        var expiresAt: Timestamp
    }

    enum News {
        case key(String, UInt64)
        case everything
    }

    struct ReadUnderWay {
        let key: String
        let fill: Fill
        /// What the store answered; nil: it has not been asked yet.
        var answer: Stored??
    }

    struct WriteUnderWay {
        let key: String
        let fill: Fill
        var version: UInt64?
    }

    let engine: CacheEngine
    let now = Timestamp(nanoseconds: 1_000)
    var store: [String: Stored] = [:]
    /// A version that grows with each change: one count for all partitions does.
    var revision: UInt64 = 0
    var news: [[News]] = Array(repeating: [], count: partitions)
    var isSuspended = Array(repeating: false, count: partitions)
    /// The least version that may be read of a key.
    var floors: [String: UInt64] = [:]
    var reads: [ReadUnderWay] = []
    var writes: [WriteUnderWay] = []
    var random: SeededGenerator
    private(set) var hits = 0
    private(set) var landed = 0

    init(seed: UInt64, maxEntries: Int?) {
        random = SeededGenerator(state: seed)
        engine = CacheEngine(
            configuration: EngineConfiguration(
                maxBytes: 1 << 24, maxEntries: maxEntries, stripes: 4),
            hashSeed: (1, 2), partitions: Self.partitions, commit: { _ in 0 })
    }

    static func partition(of key: String) -> Int {
        (key.utf8.last.map { Int($0) } ?? 0) % partitions
    }

    mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    /// One random step; false: somebody read what he must not.
    mutating func step() -> Bool {
        let key = "k\(pick(12))"
        switch pick(1_000) {
        case 0..<400: return read(key)
        case 400..<550: askStore()
        case 550..<700: landRead()
        case 700..<740: change(key)
        case 740..<760: beginWrite(key)
        case 760..<780: write()
        case 780..<800: return landWrite()
        case 800..<990: applyNews(pick(Self.partitions))
        case 990..<992: invalidateEverything()
        case 992..<994: reset(pick(Self.partitions))
        case 994: suspend(pick(Self.partitions))
        default: resume(pick(Self.partitions))
        }
        return true
    }

    private mutating func read(_ key: String) -> Bool {
        let partition = Self.partition(of: key)
        let floor = floors[key] ?? 0
        let boarding = key.withBytes {
            engine.board($0, partition: partition, now: now)
        }
        switch boarding {
        case .hit(let entry):
            hits += 1
            return entry.version >= floor && !isSuspended[partition]
        case .joins(let wait):
            wait.whenComplete { outcome in
                // Who joins a fill must not be given what was over before he came.
                if case .success(let entry?) = outcome, entry.version < floor {
                    Issue.record("version \(entry.version) was given below \(floor)")
                }
            }
        case .leads(let fill): reads.append(ReadUnderWay(key: key, fill: fill))
        case .refused: return false
        }
        return true
    }

    private mutating func askStore() {
        guard
            let index = reads.indices.filter({ reads[$0].answer == nil }).randomElement(
                using: &random)
        else { return }
        reads[index].answer = .some(store[reads[index].key])
    }

    private mutating func landRead() {
        guard
            let index = reads.indices.filter({ reads[$0].answer != nil }).randomElement(
                using: &random)
        else { return }
        let read = reads.remove(at: index)
        guard case .some(.some(let stored)) = read.answer else {
            return engine.finish(read.fill, .success(nil))
        }
        read.key.withBytes { key in
            let entry = engine.land(
                read.fill, EntryDraft(key: key, value: key), stamp(stored), now: now)
            if let held = engine.peek(key, now: now), held.isSame(as: entry) { landed += 1 }
        }
    }

    private func stamp(_ stored: Stored) -> SharedStamp {
        SharedStamp(
            version: stored.version, createdAt: now, expiresAt: stored.expiresAt,
            heldUntil: now + .seconds(1))
    }

    /// Somebody else's change.
    private mutating func change(_ key: String) {
        revision += 1
        store[key] = pick(4) == 0 ? nil : Stored(version: revision, expiresAt: .never)
        news[Self.partition(of: key)].append(.key(key, revision))
    }

    private mutating func beginWrite(_ key: String) {
        let fill = key.withBytes { engine.beginWrite($0, partition: Self.partition(of: key)) }
        if let fill { writes.append(WriteUnderWay(key: key, fill: fill)) }
    }

    private mutating func write() {
        guard
            let index = writes.indices.filter({ writes[$0].version == nil }).randomElement(
                using: &random)
        else { return }
        change(writes[index].key)
        store[writes[index].key] = Stored(version: revision, expiresAt: .never)
        writes[index].version = revision
    }

    /// A write is acknowledged: from here on its instance reads nothing older.
    private mutating func landWrite() -> Bool {
        guard
            let index = writes.indices.filter({ writes[$0].version != nil }).randomElement(
                using: &random)
        else { return true }
        let write = writes.remove(at: index)
        guard let version = write.version else { return false }
        write.key.withBytes { key in
            engine.landWrite(
                write.fill, EntryDraft(key: key, value: key),
                stamp(Stored(version: version, expiresAt: .never)), now: now)
        }
        floors[write.key] = max(floors[write.key] ?? 0, version)
        return true
    }

    private mutating func applyNews(_ partition: Int) {
        guard !news[partition].isEmpty else { return }
        switch news[partition].removeFirst() {
        case .key(let key, let revision):
            key.withBytes { _ = engine.drop($0, olderThan: revision) }
            floors[key] = max(floors[key] ?? 0, revision)
        case .everything:
            _ = engine.removeAll(now: now, where: { _ in true })
        }
    }

    /// A pattern that matches all: gone from the store first, told afterwards.
    private mutating func invalidateEverything() {
        revision += 1
        store = [:]
        for partition in 0..<Self.partitions { news[partition].append(.everything) }
        // Whoever made it sees it at once.
        _ = engine.removeAll(now: now, where: { _ in true })
        for number in 0..<12 { floors["k\(number)"] = revision }
    }

    /// News was lost: nothing from before may be read, whatever it was.
    private mutating func reset(_ partition: Int) {
        news[partition] = []
        engine.reset(partition: partition)
        for number in 0..<12 where Self.partition(of: "k\(number)") == partition {
            floors["k\(number)"] = store["k\(number)"]?.version ?? revision + 1
        }
    }

    private mutating func suspend(_ partition: Int) {
        engine.suspend(partition: partition)
        isSuspended[partition] = true
    }

    private mutating func resume(_ partition: Int) {
        engine.resume(partition: partition)
        isSuspended[partition] = false
    }
}
