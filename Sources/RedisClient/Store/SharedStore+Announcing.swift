// Changes that are no single entry's: told in one partition of every shard; callable anywhere.

package import Invalidation
package import NIOCore

/// What came of telling a change to the shards of a pool.
package struct StoreAnnouncement: Sendable {
    /// Where watchers hear of it; nil: in no partition of this pool.
    package var heard: (partition: Int, revision: UInt64)?
    /// The partitions in whose logs it is, one for each shard that was told.
    package var partitions: [Int] = []
    /// Why some shard was not told; nil: every shard was.
    package var failure: RedisError?

    /// Nobody was told yet.
    package init() {}
}

extension SharedStore {
    /// The distance of attempts while partitions are on their way to other shards.
    private static let moveTime = Duration.milliseconds(100)

    /// Makes a change known that is no single entry's, in the partition of what it names or in
    /// another one, for watchers and memories.
    ///
    /// - Returns: The revision and its partition.
    package nonisolated(nonsending) func announce(
        _ target: InvalidationTarget, kind: InvalidationKind, _ change: StoreChange,
        in partition: Int? = nil, on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> (partition: Int, revision: UInt64) {
        let call = announceCall(target, kind: kind, change, in: partition)
        return (call.partition, try await append(call, on: router, deadline: deadline))
    }

    /// Makes a change of many keys known through every shard that has partitions, all at once, so
    /// that whoever hears of a shard's entries hears of the change, too. Its watchers hear of it in
    /// the partition of what it names, if they are to hear of it here; elsewhere it is a copy for
    /// memories.
    ///
    /// A copy is appended by the shard itself or not at all, and at the end every shard of the
    /// topology that is known by then has a partition with a copy in it: one that was given
    /// partitions meanwhile is told as well. A shard that fails is left out; the others still hear
    /// of the change.
    ///
    /// - Parameters:
    ///   - number: The announcement's, random and not 0.
    ///   - isForWatchers: Whether one of the events is theirs. Where that one fails, `heard` is
    ///     nil, and unless the failure `isCertainlyUnexecuted` it may be told nevertheless.
    package nonisolated(nonsending) func announceEverywhere(
        _ target: InvalidationTarget, kind: InvalidationKind, _ change: StoreChange,
        number: UInt64, isForWatchers: Bool, on router: RedisRouter, deadline: NIODeadline
    ) async -> StoreAnnouncement {
        let home = announceCall(target, kind: kind, change).partition
        var plan = AnnouncementPlan(home: home, isForWatchers: isForWatchers)
        repeat {
            let places = plan.places(in: pool.shards)
            let calls = places.map { place in
                let copyOf = plan.isHeard(in: place.partition) ? 0 : number
                let call = announceCall(
                    target, kind: kind, change, in: place.partition, copyOf: copyOf)
                return (place.shard, call)
            }
            if calls.isEmpty, !plan.hasMoves { return plan.outcome }
            for (place, result) in zip(
                places, await append(calls, on: router, deadline: deadline))
            {
                plan.take(result, of: place)
            }
            if plan.hasMoves {
                pool.hint()
                // Ends early where the caller is gone: then the next look comes early.
                try? await Task.sleep(for: Self.moveTime)
            }
        } while .now() < deadline
        return plan.outcome(unfinishedIn: pool.shards)
    }

    private func append(
        _ calls: [(RedisShardID, ScriptCall)], on router: RedisRouter, deadline: NIODeadline
    ) async -> [Result<UInt64, RedisError>] {
        await withTaskGroup(of: (Int, Result<UInt64, RedisError>).self) { group in
            for (index, (shard, call)) in calls.enumerated() {
                group.addTask {
                    do throws(RedisError) {
                        let revision = try await self.append(
                            call, shard: shard, on: router, deadline: deadline)
                        return (index, .success(revision))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            let results = await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            return calls.indices.compactMap { results[$0] }
        }
    }

    private nonisolated(nonsending) func append(
        _ call: ScriptCall, shard: RedisShardID? = nil, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) -> UInt64 {
        guard
            case .integer(let revision) = try await evaluate(
                call, shard: shard, on: router, deadline: deadline)
        else { throw ScriptCall.surprise }
        return UInt64(revision)
    }
}
