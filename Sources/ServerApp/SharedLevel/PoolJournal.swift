// Writes a log line for each transition of a pool; any thread.

import Logging
import RedisClient

/// What an operator hears of a pool: one line for each transition, with what can be done.
struct PoolJournal: Sendable {
    let pool: String
    let logger: Logger

    func note(_ event: RedisPoolEvent) {
        switch event {
        case .connected(let shard, let address):
            line(.info, "redis shard connected", shard, ["address": "\(address)"])
        case .disconnected(let shard, let error):
            line(
                .warning, "redis shard lost", shard,
                ["reason": "\(error)", "hint": "\(error.code.hint)"])
        case .accessRefused(let shard, let error):
            line(
                .error, "redis shard refuses us", shard,
                ["reason": "\(error)", "hint": "\(error.code.hint)"])
        case .incompatible(let shard, let error): incompatible(shard, error)
        case .breaker(let shard, let state, let before):
            line(
                state.level(after: before), "redis breaker", shard,
                ["state": "\(state.rawValue)"], state.hint)
        case .masterChanged(let shard, let from, let to):
            line(.warning, "redis master changed", shard, ["from": "\(from)", "to": "\(to)"])
        case .topologyChanged(let shards, let moved):
            line(
                .info, "redis topology changed", nil,
                ["shards": "\(shards)", "partitions_moved": "\(moved)"])
        case .discoveryFailed(let error) where error.code == .incompatible:
            incompatible(nil, error)
        case .discoveryFailed(let error):
            line(
                .warning, "redis servers not found", nil,
                ["reason": "\(error)", "hint": "\(error.code.hint)"])
        }
    }

    /// A shard, or a whole cluster, that holds what is not ours.
    private func incompatible(_ shard: RedisShardID?, _ error: RedisError) {
        line(
            .error, "redis shard is not of this deployment", shard,
            ["reason": "\(error)", "hint": "\(error.code.hint)"])
    }

    /// A shard that did not take the scripts, or denies us what we need.
    func unchecked(_ shard: RedisShardID, _ error: RedisError) {
        line(
            .warning, "redis shard not checked", shard,
            ["reason": "\(error)", "hint": "\(error.code.hint)"])
    }

    private func line(
        _ level: Logger.Level, _ event: Logger.Message, _ shard: RedisShardID?,
        _ more: Logger.Metadata, _ hint: String? = nil
    ) {
        var metadata = more
        metadata["pool"] = "\(pool)"
        if let shard { metadata["shard"] = "\(shard)" }
        if let hint { metadata["hint"] = "\(hint)" }
        logger.log(level: level, event, metadata: metadata)
    }
}

extension CircuitBreaker.State {
    /// Probes that fail, for as long as the server is away, are no news.
    fileprivate func level(after before: Self) -> Logger.Level {
        switch (before, self) {
        case (.closed, _): .warning
        case (_, .closed): .info
        default: .debug
        }
    }

    fileprivate var hint: String {
        switch self {
        case .open: "the shard fails or is slow; it is left alone for a while, then asked again"
        case .halfOpen: "the shard is asked whether it is well again"
        case .closed: "the shard is used again"
        }
    }
}

extension RedisError.Code {
    /// What can be done about it.
    var hint: String {
        switch self {
        case .connectFailed: "start Redis, or correct redis_url; it is tried again for ever"
        case .connectionLost: "see whether the server runs and the network lasts; it is tried again"
        case .timedOut: "see whether the server is busy (SLOWLOG GET) or the network slow"
        case .overloaded: "Redis is slower than the calls that come; give it more shards"
        case .breakerOpen: "the shard failed often and is left alone for a while"
        case .noShard: "see whether all shards run and, in a cluster, all slots are served"
        case .accessRefused: "correct redis_url: the form, user, password, database or TLS"
        case .protocolViolation: "see whether redis_url names a Redis server of version 7 or later"
        case .server: "the reason is the server's own words"
        case .outOfMemory: "raise maxmemory, or let Redis evict what has a time to live"
        case .incompatible: "another redis_key_prefix or database keeps deployments apart"
        case .closed: "the server stops"
        }
    }
}
