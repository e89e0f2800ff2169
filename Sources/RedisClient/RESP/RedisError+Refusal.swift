// What a server's refusal means to a caller; a pure function, any thread.

extension RedisError {
    private static let maxQuotedLength = 160

    /// The failure that a server's error stands for, and what to do about it.
    package init(refusal: RESPError, shard: String? = nil) {
        let said = "\(refusal.code) \(refusal.message.prefix(Self.maxQuotedLength))"
        switch refusal.code {
        case "OOM":
            self.init(
                .outOfMemory,
                "Redis has reached its maxmemory and evicts nothing: nothing was written. Raise "
                    + "maxmemory, choose a policy that evicts, or shorten the entries' lives",
                shard: shard)
        // What a script was not allowed comes as its failure.
        case _ where refusal.isDenial:
            self.init(
                .accessRefused,
                "\(said). Grant the user what docs/redis.md lists, or correct its password",
                shard: shard)
        default:
            // Servers quote arguments; what stands before the first quote is their own words.
            self.init(
                .server,
                "Redis refused the command: \(String(said.prefix { !"'\"`{".contains($0) }))",
                shard: shard)
        }
    }
}

extension RESPError {
    fileprivate var isDenial: Bool {
        ["NOPERM", "NOAUTH", "WRONGPASS"].contains(code)
            || message.contains("no permissions to") || message.contains("The user executing")
    }
}
