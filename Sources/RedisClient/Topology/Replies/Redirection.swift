// Where a node of a cluster sends a command; a value, any thread.

/// A MOVED or ASK error (https://redis.io/docs/reference/cluster-spec, redirection).
struct Redirection: Hashable, Sendable {
    /// The slot that it is about.
    let slot: Int
    /// Who has the slot, or is about to.
    let address: RedisAddress
    /// Whether it holds for this command only.
    let isAsk: Bool

    /// Reads the error of the node at `asked`; nil: it is no redirection, or names no address.
    init?(_ error: RESPError, asked: RedisAddress) {
        guard error.code == "MOVED" || error.code == "ASK" else { return nil }
        let parts = error.message.split(separator: " ")
        guard parts.count == 2, let slot = Int(parts[0]), (0..<ClusterSlot.count).contains(slot),
            let colon = parts[1].lastIndex(of: ":"),
            let address = RedisAddress(
                told: String(parts[1][..<colon]),
                port: Int(parts[1][parts[1].index(after: colon)...]), by: asked)
        else { return nil }
        self.slot = slot
        self.address = address
        isAsk = error.code == "ASK"
    }
}
