// What all instances of a deployment must find on a server before they use it; a value, any thread.

import Invalidation

/// The constants of a deployment, as a hash under its prefix: written by the first instance,
/// compared by every other before a connection is used.
struct DeploymentMark: Hashable, Sendable {
    /// What a server says of its mark.
    enum Verdict: Hashable, Sendable {
        case ours
        /// It has none, or a part of one.
        case nobodys
        case foreign(RedisError)
    }

    private struct Constant: Hashable, Sendable {
        let field: String
        let value: String
        /// What to do where a server has another value.
        let remedy: String
    }

    /// Whether the server becomes ours if it is nobody's; a replica cannot.
    let claims: Bool
    private let prefix: String
    private let key: String
    private let constants: [Constant]

    /// - Parameters:
    ///   - shards: The names under which the server is listed, where these place partitions.
    ///   - claims: Whether the server becomes ours if it is nobody's.
    init(prefix: String, isCluster: Bool, shards: [String] = [], claims: Bool = true) {
        self.prefix = prefix
        self.claims = claims
        key = isCluster ? "\(prefix){0}:deployment" : "\(prefix)deployment"
        let other = "give this deployment a key prefix of its own"
        var constants = [
            Constant(field: "format", value: "\(EnvelopeHeader.format)", remedy: other),
            Constant(field: "partitions", value: "\(Partitioning.count)", remedy: other),
        ]
        // A server that is listed twice has one name only, so that it is found by the other.
        for shard in shards {
            constants.append(
                Constant(
                    field: "shard", value: shard,
                    remedy: "list each server once, under the name it has had (?name=…)"))
        }
        self.constants = constants
    }

    /// Asks for the mark.
    var question: RedisCommand {
        var command = RedisCommand(
            arguments: 2 + constants.count, traits: [.readOnly, .idempotent])
        command.expects = [.array]
        command.append("HMGET")
        command.append(key)
        for constant in constants { command.append(constant.field) }
        return command
    }

    /// Writes what is missing of it: of several who do so at once, one wins.
    var claim: [RedisCommand] {
        constants.map { constant in
            var command = RedisCommand("HSETNX", key, constant.field, constant.value)
            command.expects = [.integer]
            return command
        }
    }

    /// What the answer to the question means.
    ///
    /// - Parameter place: The server, for people.
    func verdict(_ answer: RESPValue, at place: String) -> Verdict {
        guard case .array(let values) = answer, values.count == constants.count else {
            return .foreign(
                RedisError(.protocolViolation, "HMGET was answered with something else"))
        }
        for (constant, value) in zip(constants, values.map(\.replyText)) {
            guard let value, value != constant.value else { continue }
            return .foreign(
                RedisError(
                    .incompatible,
                    "the keys '\(prefix)' at \(place) belong to a deployment with "
                        + "\(constant.field) \(value), and this one has \(constant.value): "
                        + "\(constant.remedy), or remove the key '\(key)' if nobody else uses "
                        + "what is there"))
        }
        return values.contains { $0.replyText == nil } ? .nobodys : .ours
    }

    /// What it means that a server refused the question or the claim; nil: it has no say, for
    /// another node of its cluster has the mark.
    func error(_ refusal: RESPError, at place: String) -> RedisError? {
        switch refusal.code {
        case "MOVED", "ASK": nil
        case "CLUSTERDOWN" where refusal.message.hasPrefix("Hash slot"): nil
        case "WRONGTYPE":
            RedisError(
                .incompatible,
                "the key '\(key)' at \(place) is not of a cache: give this deployment a key prefix "
                    + "of its own")
        case "CLUSTERDOWN", "LOADING", "MASTERDOWN", "BUSY", "READONLY", "NOREPLICAS", "MISCONF":
            RedisError(
                .connectFailed, "\(place): \(RedisError(refusal: refusal).description)")
        default:
            RedisError(
                RedisError(refusal: refusal).code,
                "\(place): \(RedisError(refusal: refusal).description)")
        }
    }
}
