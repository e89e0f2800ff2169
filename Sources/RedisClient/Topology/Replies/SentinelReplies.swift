// What Sentinels answer and tell; pure functions, any thread.

/// The replies of Redis Sentinel (https://redis.io/docs/management/sentinel).
enum SentinelReplies {
    /// The answer to SENTINEL GET-MASTER-ADDR-BY-NAME; nil: that Sentinel knows no such master.
    static func master(_ reply: RESPValue, asked: RedisAddress) -> RedisAddress? {
        guard let parts = reply.replyElements, parts.count == 2 else { return nil }
        return RedisAddress(told: parts[0].replyText, port: parts[1].replyNumber, by: asked)
    }

    /// The answer to SENTINEL SENTINELS: the other Sentinels.
    static func sentinels(_ reply: RESPValue, asked: RedisAddress) -> [RedisAddress] {
        (reply.replyElements ?? []).compactMap { entry in
            entry.replyFields.flatMap { address($0, asked) }
        }
    }

    /// The answer to SENTINEL REPLICAS: those that are well and follow their master.
    static func replicas(_ reply: RESPValue, asked: RedisAddress) -> [RedisAddress] {
        (reply.replyElements ?? []).compactMap { entry in
            guard let fields = entry.replyFields,
                (fields["flags"] ?? "").split(separator: ",") == ["slave"],
                fields["master-link-status"] == "ok"
            else { return nil }
            return address(fields, asked)
        }
    }

    /// A message of the channel `+switch-master`: the new address of the master called `name`.
    static func newMaster(_ message: String, of name: String) -> RedisAddress? {
        let parts = message.split(separator: " ")
        guard parts.count == 5, parts[0] == name, let port = Int(parts[4]) else { return nil }
        return .tcp(host: String(parts[3]), port: port)
    }

    private static func address(
        _ fields: [String: String], _ asked: RedisAddress
    ) -> RedisAddress? {
        RedisAddress(told: fields["ip"], port: fields["port"].flatMap { Int($0) }, by: asked)
    }
}
