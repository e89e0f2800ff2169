// What becomes of a command that has no plain answer; pure functions, any thread.

/// The rules for replies of the server and failures of the connection.
enum RetryPolicy {
    /// What to do.
    enum Verdict: Hashable, Sendable {
        /// The caller gets it.
        case answer(Result<RESPValue, RedisError>)
        /// It goes to another server at once.
        case redirect(Redirection)
        /// It was not executed and is sent again after a while.
        case wait(RedisError, Hint)
        /// It may have been executed and is sent again where the budget allows it.
        case spend(RedisError)
    }

    /// What a reply tells beside.
    enum Hint: Hashable, Sendable {
        /// Nothing.
        case none
        /// The topology may have changed.
        case topology
        /// The server is no master any more.
        case demoted
    }

    /// The verdict on a result.
    static func verdict(
        _ result: Result<RESPValue, RedisError>, traits: RedisCommand.Traits,
        shard: RedisShardID, server: RedisAddress
    ) -> Verdict {
        switch result {
        case .success(.error(let error)):
            verdict(error, traits: traits, shard: shard, server: server)
        case .success: .answer(result)
        case .failure(let error):
            switch error.code {
            case .connectionLost, .timedOut, .protocolViolation:
                if traits.isDisjoint(with: [.idempotent, .readOnly]) {
                    .answer(.failure(error.named(shard)))
                } else {
                    .spend(error.named(shard))
                }
            case .closed, .connectFailed: .wait(error.named(shard), .none)
            default: .answer(.failure(error.named(shard)))
            }
        }
    }

    private static func verdict(
        _ error: RESPError, traits: RedisCommand.Traits, shard: RedisShardID,
        server: RedisAddress
    ) -> Verdict {
        let failure = RedisError(refusal: error, shard: shard.name)
        switch error.code {
        case "MOVED" where traits.contains(.stays), "ASK" where traits.contains(.stays):
            let text = "the shard does not have the partition any more"
            return .answer(.failure(RedisError(.noShard, text, shard: shard.name)))
        case "NOSCRIPT", "WRONGTYPE": return .answer(.success(.error(error)))
        case "MOVED", "ASK":
            return Redirection(error, asked: server).map { .redirect($0) }
                ?? .wait(failure, .topology)
        case "TRYAGAIN", "LOADING", "BUSY": return .wait(failure, .none)
        case "CLUSTERDOWN", "MASTERDOWN": return .wait(failure, .topology)
        case "READONLY": return .wait(failure, .demoted)
        default: return .answer(.failure(failure))
        }
    }
}

extension RedisError {
    /// The same with the shard's name.
    func named(_ shard: RedisShardID) -> RedisError {
        var copy = self
        copy.shard = shard.name
        return copy
    }
}
