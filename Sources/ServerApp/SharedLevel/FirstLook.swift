// What became of each shard when the server first looked at it; any thread.

import Locks
import RedisClient

/// Lets the start wait, for a moment, until it is known how Redis stands.
final class FirstLook: Sendable {
    /// What came of a shard, or of the search for the servers.
    enum Outcome: Sendable, Equatable {
        /// It is there and ours.
        case ready
        /// It is not there, or not yet; why.
        case missing(RedisError)
        /// It is there and belongs to somebody else.
        case incompatible(RedisError)
    }

    private struct State {
        var outcomes: [[RedisShardID: Outcome]]
        var undiscovered: [RedisError?]
        var waiter: CheckedContinuation<Void, Never>?
        var isOver = false
    }

    private let pools: [RedisPool]
    private let state: Locked<State>

    init(_ pools: [RedisPool]) {
        self.pools = pools
        state = Locked(
            State(
                outcomes: pools.map { _ in [:] },
                undiscovered: pools.map { _ in nil }))
    }

    /// Takes note of a shard; only the first news of each pool matter, until the look is over.
    func note(_ outcome: Outcome, of shard: RedisShardID, pool: Int) {
        change { $0.outcomes[pool][shard] = outcome }
    }

    /// The servers of a pool were not found.
    func noteUndiscovered(_ error: RedisError, pool: Int) {
        change { $0.undiscovered[pool] = error }
    }

    /// Waits until something is known of every shard, or until `giveUp`, whichever is first.
    func wait() async {
        await withCheckedContinuation { waiter in
            let isDone = state.withLock { state in
                if isComplete(state) || state.isOver { return true }
                state.waiter = waiter
                return false
            }
            if isDone { waiter.resume() }
        }
    }

    /// Ends the wait.
    func giveUp() {
        let waiter = state.withLock { state in
            state.isOver = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Why the server must not start: a shard that belongs to another deployment.
    var incompatible: RedisError? {
        state.withLock { state in
            for case .incompatible(let error) in state.outcomes.flatMap(\.values) { return error }
            return state.undiscovered.lazy.compactMap(\.self).first { $0.code == .incompatible }
        }
    }

    /// How a pool stands, for people: `127.0.0.1:6379 connected`.
    func sentence(pool index: Int, topology: RedisTopology) -> String {
        let (outcomes, undiscovered) = state.withLock {
            ($0.outcomes[index], $0.undiscovered[index])
        }
        let shards = pools[index].shards
        let ready = shards.filter { outcomes[$0.id] == .ready }
        let missing = shards.lazy.compactMap { shard -> RedisError? in
            if case .missing(let error)? = outcomes[shard.id] { error } else { nil }
        }.first
        if !shards.isEmpty && ready.count == shards.count {
            return Self.places(shards) + " connected"
        }
        let reason = (missing ?? undiscovered).map { ": \($0)" } ?? ""
        if ready.isEmpty { return "\(topology.places) not reachable yet\(reason), retrying" }
        return "\(ready.count) of \(shards.count) shards connected, retrying the others\(reason)"
    }

    private static func places(_ shards: [RedisShardView]) -> String {
        let shown = shards.prefix(4).map(\.address.description).joined(separator: ", ")
        return shards.count > 4 ? "\(shown) and \(shards.count - 4) more" : shown
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            body(&state)
            guard isComplete(state) else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    private func isComplete(_ state: State) -> Bool {
        pools.indices.allSatisfy { index in
            if state.undiscovered[index] != nil { return true }
            let shards = pools[index].shards
            return !shards.isEmpty
                && shards.allSatisfy { state.outcomes[index][$0.id] != nil }
        }
    }
}
