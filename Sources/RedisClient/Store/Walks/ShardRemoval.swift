// The removal of what a selection names on one shard; a value, one task.

import Invalidation
import NIOCore

/// Walks over a shard's keys and removes the selected ones, a step of SCAN at a time.
struct ShardRemoval: Sendable {
    /// The longest that the commands of one step take together.
    private static let stepTime = TimeAmount.seconds(10)
    /// What is read first of an entry to see its tags; more only where they need it.
    private static let firstReadBytes = 512
    private static let entryKinds = "[el]*:"

    let store: SharedStore
    let shard: RedisShardID
    let selection: StoreSelection
    let progress: RemovalProgress
    let router: RedisRouter
    let deadline: NIODeadline

    /// Runs to the end; answers why it could not.
    func run() async -> RedisError? {
        do throws(RedisError) {
            try await removeAll()
            return nil
        } catch {
            return error
        }
    }

    private func removeAll() async throws(RedisError) {
        let pattern = store.layout.scanPattern(kinds: Self.entryKinds, start: literalStart)
        var step = try await scan(0, pattern).get()
        while true {
            guard !Task.isCancelled else {
                throw RedisError(.timedOut, "the removal was cancelled before its end")
            }
            progress.addScanned(step.keys.count)
            let cursor = step.next
            guard cursor != 0 else { return try await remove(step.keys) }
            // The next step is under way while the keys of this one are removed.
            async let next = scan(cursor, pattern)
            try await remove(step.keys)
            step = try await next.get()
        }
    }

    private var stepDeadline: NIODeadline { min(deadline, .now() + Self.stepTime) }

    private var literalStart: [UInt8] {
        if case .pattern(let glob) = selection { glob.literalPrefix } else { [] }
    }

    private func scan(_ cursor: UInt64, _ pattern: [UInt8]) async -> Result<ScanStep, RedisError> {
        do throws(RedisError) {
            return .success(
                try await store.scan(
                    shard, cursor, pattern, count: SharedStore.scanCount, on: router, stepDeadline))
        } catch {
            return .failure(error)
        }
    }

    private func remove(_ found: [ByteBuffer]) async throws(RedisError) {
        var entries: [PhysicalKey] = []
        var leases: [PhysicalKey] = []
        for bytes in found {
            guard let key = store.layout.parse(bytes) else {
                store.counters.addForeignKey()
                continue
            }
            switch (key.kind, selection) {
            case (.lease, .pattern(let glob)): if matches(glob, key) { leases.append(key) }
            // What is being loaded may turn out to have the tag.
            case (.lease, _): leases.append(key)
            case (_, .pattern(let glob)): if matches(glob, key) { entries.append(key) }
            default: entries.append(key)
            }
        }
        if case .tag(let tag) = selection { entries = try await having(tag, entries) }
        _ = try await unlink(leases)
        progress.addRemoved(try await unlink(entries))
    }

    private func matches(_ glob: Glob, _ key: PhysicalKey) -> Bool {
        key.withKey { glob.matches($0) }
    }

    /// Removes keys where they were found: in one command, in a cluster one for each partition.
    private func unlink(_ keys: [PhysicalKey]) async throws(RedisError) -> Int {
        guard !keys.isEmpty else { return 0 }
        let groups: [(target: BatchTarget, keys: [PhysicalKey])] =
            store.pool.isCluster
            ? Dictionary(grouping: keys, by: \.partition).map { (.partition($0.key), $0.value) }
            : [(.shard(shard), keys)]
        let commands = groups.map { group in
            var command = RedisCommand(
                arguments: 1 + group.keys.count, traits: .idempotent,
                capacity: group.keys.reduce(64) { $0 + 16 + $1.bytes.readableBytes })
            command.expects = [.integer]
            command.append("UNLINK")
            for key in group.keys { command.append(key.bytes.readableBytesView) }
            return (group.target, command)
        }
        var removed = 0
        for answer in try await store.sendAll(commands, on: router, deadline: stepDeadline) {
            guard case .integer(let count) = answer else { throw ScriptCall.surprise }
            removed += Int(count)
        }
        return removed
    }

    /// The entries that have the tag. Of each the beginning is read; where its tags reach further,
    /// again as far as they do.
    private func having(
        _ tag: [UInt8], _ keys: [PhysicalKey]
    ) async throws(RedisError) -> [PhysicalKey] {
        var having: [PhysicalKey] = []
        var pending = keys.map { (key: $0, count: Self.firstReadBytes) }
        while !pending.isEmpty {
            let commands = pending.map { (target(of: $0.key), start(of: $0.key, count: $0.count)) }
            let answers = try await store.sendAll(commands, on: router, deadline: stepDeadline)
            var further: [(key: PhysicalKey, count: Int)] = []
            for ((key, count), answer) in zip(pending, answers) {
                switch TagSearch(answer, tag: tag) {
                case .found: having.append(key)
                case .absent: break
                case .readMore(let needed) where needed > count: further.append((key, needed))
                // A shorter answer than the header promises is no entry of ours, nor is a list.
                case .readMore: store.counters.addForeignValue(.lengths)
                case .foreign(let fault): store.counters.addForeignValue(fault)
                case .failed(let refusal): throw RedisError(refusal: refusal, shard: shard.name)
                }
            }
            pending = further
        }
        return having
    }

    private func target(of key: PhysicalKey) -> BatchTarget {
        store.pool.isCluster ? .partition(key.partition) : .shard(shard)
    }

    private func start(of key: PhysicalKey, count: Int) -> RedisCommand {
        var command = RedisCommand(arguments: 4, traits: [.readOnly, .idempotent])
        command.expects = [.blob]
        command.append("GETRANGE")
        command.append(key.bytes.readableBytesView)
        command.append(0)
        command.append(count - 1)
        return command
    }
}
