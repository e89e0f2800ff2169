// What CLUSTER SLOTS and its like tell of a cluster; values, any thread.

/// The answer to CLUSTER SLOTS, which every version since 3.0 gives alike
/// (https://redis.io/commands/cluster-slots).
struct ClusterSlots: Hashable, Sendable {
    /// A node that replicates another.
    struct Replica: Hashable, Sendable {
        /// The node's id.
        var id: String
        /// Where it listens.
        var address: RedisAddress
    }

    /// A node with slots.
    struct Master: Hashable, Sendable {
        /// The node's id.
        var id: String
        /// Where it listens.
        var address: RedisAddress
        /// Its slots.
        var ranges: [ClosedRange<Int>]
        /// The nodes that replicate it and are well, by their ids: nodes tell them in any order.
        var replicas: [Replica]
    }

    /// The most ranges that are read: one for each slot.
    private static let maxRanges = ClusterSlot.count

    /// The masters by their lowest slot.
    let masters: [Master]

    /// Reads the answer of the node at `asked`; nil: it is not one.
    init?(_ reply: RESPValue, asked: RedisAddress) {
        guard let ranges = reply.replyElements, ranges.count <= Self.maxRanges else { return nil }
        var masters: [Master] = []
        var indices: [String: Int] = [:]
        for range in ranges {
            guard let parts = range.replyElements, parts.count >= 3,
                let first = parts[0].replyNumber, let last = parts[1].replyNumber,
                0 <= first, first <= last, last < ClusterSlot.count,
                let master = Self.node(parts[2], asked)
            else { return nil }
            if let index = indices[master.id] {
                masters[index].ranges.append(first...last)
                continue
            }
            indices[master.id] = masters.count
            masters.append(
                Master(
                    id: master.id, address: master.address, ranges: [first...last],
                    replicas: parts.dropFirst(3).compactMap { Self.node($0, asked) }
                        .sorted { $0.id < $1.id }))
        }
        self.masters = masters
    }

    private static func node(_ value: RESPValue, _ asked: RedisAddress) -> Replica? {
        guard let parts = value.replyElements, parts.count >= 2,
            let address = RedisAddress(
                told: parts[0].replyText, port: parts[1].replyNumber, by: asked)
        else { return nil }
        // Redis 3 gives no id: the address has to do.
        let id = parts.count > 2 ? parts[2].replyText : nil
        return Replica(id: id ?? "\(address)", address: address)
    }
}

/// The answer to CLUSTER NODES, as far as it tells who is well.
enum ClusterNodes {
    /// Counts the nodes that are connected and that nobody suspects.
    static func healthyCount(_ text: String) -> Int {
        text.split(whereSeparator: \.isNewline).count { line in
            let fields = line.split(separator: " ")
            guard fields.count >= 8 else { return false }
            let flags = fields[2].split(separator: ",")
            let isIll = ["fail", "fail?", "handshake", "noaddr"].contains {
                flags.contains($0[...])
            }
            return !isIll && (fields[7] == "connected" || flags.contains("myself"))
        }
    }
}
