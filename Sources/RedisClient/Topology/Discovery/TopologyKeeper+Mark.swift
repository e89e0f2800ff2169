// Checks that a cluster is ours before any of its masters is used; the control loop only.

extension TopologyKeeper {
    /// How often a question is sent elsewhere.
    private static let maxRedirections = 4

    /// One node has the mark for the whole cluster. Where its slot is on its way to another node,
    /// the servers say to which.
    ///
    /// - Throws: `RedisError`; `.incompatible` when the cluster is another deployment's.
    func checkMark(_ slots: ClusterSlots) async throws {
        let snapshot = TopologySnapshot.cluster(slots, previous: nil)
        guard let owner = snapshot.owners[0] else {
            throw RedisError(.noShard, "no node of the cluster serves the slot of partition 0")
        }
        let place = snapshot.shards[owner].master
        let mark = DeploymentMark(prefix: core.configuration.keyPrefix, isCluster: true)
        for mayClaim in [true, false] {
            switch mark.verdict(try await answer(mark.question, mark, at: place), at: place.place) {
            case .ours: return
            case .foreign(let error): throw error
            case .nobodys where mayClaim:
                for command in mark.claim { _ = try await answer(command, mark, at: place) }
            case .nobodys: break
            }
        }
        throw RedisError(.connectFailed, "\(place.place) lost what was just written to it")
    }

    private func answer(
        _ command: RedisCommand, _ mark: DeploymentMark, at place: RedisAddress
    ) async throws -> RESPValue {
        var (place, isAsking) = (place, false)
        for _ in 0...Self.maxRedirections {
            let commands = isAsking ? [RedisCommand("ASKING"), command] : [command]
            let answers = try await ask(place, commands)
            guard case .error(let refusal) = answers[answers.count - 1] else {
                return answers[answers.count - 1]
            }
            guard let other = Redirection(refusal, asked: place) else {
                throw mark.error(refusal, at: place.place) ?? RedisError(refusal: refusal)
            }
            (place, isAsking) = (other.address, other.isAsk)
        }
        throw RedisError(.noShard, "the nodes of the cluster send a question around in a circle")
    }
}
