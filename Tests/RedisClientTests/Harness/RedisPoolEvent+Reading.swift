// Looks into a pool's events, for tests.

@testable import RedisClient

extension RedisPoolEvent {
    /// Which case it is.
    var kind: String {
        switch self {
        case .connected: "connected"
        case .disconnected: "disconnected"
        case .accessRefused: "accessRefused"
        case .incompatible: "incompatible"
        case .breaker: "breaker"
        case .masterChanged: "masterChanged"
        case .topologyChanged: "topologyChanged"
        case .discoveryFailed: "discoveryFailed"
        }
    }

    /// The shard that it is about.
    var shard: String? {
        switch self {
        case .connected(let id, _), .disconnected(let id, _), .accessRefused(let id, _),
            .incompatible(let id, _), .breaker(let id, _, _), .masterChanged(let id, _, _):
            id.name
        case .topologyChanged, .discoveryFailed: nil
        }
    }

    /// The breaker's new state.
    var breakerState: CircuitBreaker.State? {
        if case .breaker(_, let state, _) = self { state } else { nil }
    }

    /// Whether it is about a breaker.
    var isBreaker: Bool { breakerState != nil }
}
