// A Redis URL as people may see it: without a password, whatever else is wrong with it; pure.

extension RedisURL: CustomStringConvertible {
    /// What stands where a password is.
    package static let hidden = "***"

    /// The URL in its shortest form, without the passwords.
    package var description: String {
        switch topology {
        case .shards(let shards):
            shards.map(text).joined(separator: " ")
        case .cluster(let seeds):
            scheme("+cluster") + seeds.map(\.description).joined(separator: ",") + query([])
        case .sentinel(let sentinels, let masterName, let credentials):
            scheme("+sentinel") + sentinels.map(\.description).joined(separator: ",") + "/"
                + PercentEncoding.encode(masterName) + (access.database.map { "/\($0)" } ?? "")
                + query(sentinelOptions(credentials))
        }
    }

    /// The text as it may be shown: of what cannot be read, all that may be a password is hidden.
    package static func redacted(_ text: String) -> String {
        do throws(RedisURLError) {
            return try RedisURL(text).description
        } catch {
            return redactedByForce(text)
        }
    }

    /// Keeps the scheme and what certainly stands after user and password. A password with a
    /// space or a slash in it must not slip through, so the text counts as one.
    private static func redactedByForce(_ text: String) -> String {
        var head = ""
        var rest = Substring(String(decoding: text.utf8.prefix(maxTextBytes), as: UTF8.self))
        if let separator = rest.firstRange(of: "://") {
            head = String(rest[..<separator.upperBound])
            rest = rest[separator.upperBound...]
        }
        guard RedisURLParser.schemes.keys.contains(where: { head.lowercased() == $0 + "://" })
        else { return text.isEmpty ? "" : hidden }
        if let mark = rest.unicodeScalars.lastIndex(of: "@") {
            head += hidden + "@"
            rest = Substring(rest.unicodeScalars[mark...].dropFirst())
        }
        // Without user and password only hosts and ports may be shown: a password whose @ is
        // missing looks like a port that is no number.
        return head + shownHosts(rest)
    }

    private static func shownHosts(_ text: Substring) -> String {
        let hosts = text.prefix { !"/?#".contains($0) && !$0.isWhitespace }
        let parts = hosts.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            let isShown =
                pieces.count <= 2 && !pieces[0].isEmpty
                && pieces.dropFirst().allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }
            return isShown ? String(part) : hidden
        }
        return parts.joined(separator: ",") + (hosts.endIndex == text.endIndex ? "" : "…")
    }

    private func text(_ shard: RedisShardConfiguration) -> String {
        var options: [(String, String)] = []
        if shard.name != shard.address.description { options.append(("name", shard.name)) }
        if shard.weight != 1 { options.append(("weight", String(shard.weight))) }
        switch shard.address {
        case .tcp:
            return scheme("") + shard.address.description + (access.database.map { "/\($0)" } ?? "")
                + query(options)
        case .unix(let path):
            if let database = access.database { options.insert(("db", String(database)), at: 0) }
            return "unix://" + userInformation + PercentEncoding.encode(path, keeping: "/")
                + query(options)
        }
    }

    private func scheme(_ kind: String) -> String {
        (access.tls == nil ? "redis" : "rediss") + kind + "://" + userInformation
    }

    private var userInformation: String {
        let user = access.username.map { PercentEncoding.encode($0) } ?? ""
        let password = access.password == nil ? "" : ":" + Self.hidden
        return user.isEmpty && password.isEmpty ? "" : user + password + "@"
    }

    private func sentinelOptions(_ credentials: RedisCredentials?) -> [(String, String)] {
        guard let credentials else { return [] }
        return [("sentinel_username", credentials.username), ("sentinel_password", Self.hidden)]
            .compactMap { name, value in value.map { (name, $0) } }
    }

    private func query(_ options: [(String, String)]) -> String {
        let tls = access.tls
        let files = [
            ("ca", tls?.authorities), ("certificate", tls?.certificate), ("key", tls?.key),
            ("server_name", tls?.serverName),
        ]
        let all = options + files.compactMap { name, value in value.map { (name, $0) } }
        guard !all.isEmpty else { return "" }
        let pairs = all.map { name, value in
            name + "="
                + (value == Self.hidden ? value : PercentEncoding.encode(value, keeping: "/:"))
        }
        return "?" + pairs.joined(separator: "&")
    }
}

extension RedisAddress: CustomStringConvertible {
    /// `host:port`, with brackets around an IPv6 address, or the path of the socket.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
