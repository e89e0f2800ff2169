// Reads Redis URLs; a value that is used once, any thread.

import NIOCore

/// The way from a text to a `RedisURL`. What it throws repeats nothing of the text.
struct RedisURLParser {
    /// How the servers behind a scheme stand to each other, and whether TLS is spoken.
    enum Kind { case server, socket, cluster, sentinel }

    static let schemes: [String: (kind: Kind, hasTLS: Bool)] = [
        "redis": (.server, false), "rediss": (.server, true), "unix": (.socket, false),
        "redis+cluster": (.cluster, false), "rediss+cluster": (.cluster, true),
        "redis+sentinel": (.sentinel, false), "rediss+sentinel": (.sentinel, true),
    ]

    private static let encodingHint =
        "in a password, %, /, ?, #, @ and spaces are written %25, "
        + "%2F, %3F, %23, %40 and %20"

    /// One URL with its parts apart.
    private struct Parts {
        var kind = Kind.server
        var hosts = Substring()
        var path = Substring()
        var access = RedisAccess()
        var options: [String: String] = [:]
    }

    func parse(_ text: String) throws(RedisURLError) -> RedisURL {
        guard text.utf8.count <= RedisURL.maxTextBytes else {
            throw RedisURLError("is longer than \(RedisURL.maxTextBytes) bytes")
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let first = words.first else { throw RedisURLError("is empty") }
        guard words.count <= RedisURL.maxServers else {
            throw RedisURLError("names more than \(RedisURL.maxServers) shards")
        }
        var url = try parseOne(first)
        guard words.count > 1 else { return url }
        var shards: [RedisShardConfiguration] = []
        for word in words {
            let next = try parseOne(word)
            guard case .shards(let one) = next.topology else {
                throw RedisURLError(
                    "only redis://, rediss:// and unix:// can stand beside another URL")
            }
            guard next.access == url.access else {
                throw RedisURLError(
                    "the URLs of one pool must agree on user, password, database and TLS")
            }
            shards += one
        }
        guard Set(shards.map(\.name)).count == shards.count else {
            throw RedisURLError("two shards have one name; give each its own with ?name=")
        }
        url.topology = .shards(shards)
        return url
    }

    private func parseOne(_ word: Substring) throws(RedisURLError) -> RedisURL {
        var parts = try split(word)
        let topology =
            switch parts.kind {
            case .server: try server(&parts)
            case .socket: try socket(&parts)
            case .cluster: try cluster(&parts)
            case .sentinel: try sentinel(&parts)
            }
        if parts.access.tls != nil { try takeFiles(&parts) }
        guard parts.options.isEmpty else {
            let hasFiles = ["ca", "certificate", "key", "server_name"].contains {
                parts.options[$0] != nil
            }
            throw RedisURLError(
                hasFiles
                    ? "ca, certificate, key and server_name need a scheme with TLS, like rediss://"
                    : "has an option that is not known here; \(Self.encodingHint)")
        }
        return RedisURL(topology: topology, access: parts.access)
    }
}

// MARK: The parts of a URL

extension RedisURLParser {
    private func split(_ word: Substring) throws(RedisURLError) -> Parts {
        guard let separator = word.firstRange(of: "://"),
            let scheme = Self.schemes[word[..<separator.lowerBound].lowercased()]
        else {
            throw RedisURLError("begins with no scheme that is known")
        }
        var parts = Parts(kind: scheme.kind)
        if scheme.hasTLS { parts.access.tls = RedisTLSFiles() }
        var rest = word[separator.upperBound...]
        guard !rest.contains("#") else {
            throw RedisURLError("a # has no meaning here; \(Self.encodingHint)")
        }
        if let mark = rest.firstIndex(of: "?") {
            parts.options = try options(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        (parts.hosts, parts.path) = (rest[..<slash], rest[slash...])
        guard !parts.path.contains("@") else {
            throw RedisURLError("an @ stands after a /; \(Self.encodingHint)")
        }
        if let mark = parts.hosts.lastIndex(of: "@") {
            try takeUser(parts.hosts[..<mark], &parts.access)
            parts.hosts = parts.hosts[parts.hosts.index(after: mark)...]
        }
        return parts
    }

    private func takeUser(
        _ text: Substring, _ access: inout RedisAccess
    ) throws(RedisURLError) {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        let user = try decoded(text[..<colon])
        access.username = user.isEmpty ? nil : user
        guard colon < text.endIndex else { return }
        let password = try decoded(text[text.index(after: colon)...])
        access.password = password.isEmpty ? nil : password
    }

    private func options(_ query: Substring) throws(RedisURLError) -> [String: String] {
        var options: [String: String] = [:]
        for pair in query.split(separator: "&") {
            guard let equals = pair.firstIndex(of: "=") else {
                throw RedisURLError("an option is written name=value; \(Self.encodingHint)")
            }
            let value = try decoded(pair[pair.index(after: equals)...])
            let name = try decoded(pair[..<equals])
            guard options.updateValue(value, forKey: name) == nil else {
                throw RedisURLError("an option is given twice")
            }
        }
        return options
    }

    private func takeFiles(_ parts: inout Parts) throws(RedisURLError) {
        var files = RedisTLSFiles()
        files.authorities = try taken("ca", &parts)
        files.certificate = try taken("certificate", &parts)
        files.key = try taken("key", &parts)
        files.serverName = try taken("server_name", &parts)
        guard (files.certificate == nil) == (files.key == nil) else {
            throw RedisURLError("certificate and key need each other")
        }
        parts.access.tls = files
    }

    /// An option that may not be empty, removed from those that are left.
    private func taken(_ name: String, _ parts: inout Parts) throws(RedisURLError) -> String? {
        guard let value = parts.options.removeValue(forKey: name) else { return nil }
        guard !value.isEmpty else { throw RedisURLError("the option \(name) is empty") }
        return value
    }

    private func decoded(_ text: Substring) throws(RedisURLError) -> String {
        guard let decoded = PercentEncoding.decode(text) else {
            throw RedisURLError("is not percent-encoded text; \(Self.encodingHint)")
        }
        return decoded
    }
}

// MARK: What stands behind a scheme

extension RedisURLParser {
    private func server(_ parts: inout Parts) throws(RedisURLError) -> RedisTopology {
        let address = try address(parts.hosts, defaultPort: RedisURL.defaultPort)
        parts.access.database = try database(parts.path.dropFirst())
        return .shards([try shard(address, &parts)])
    }

    private func socket(_ parts: inout Parts) throws(RedisURLError) -> RedisTopology {
        guard parts.hosts.isEmpty, parts.path.count > 1 else {
            throw RedisURLError("the path of a socket is absolute: unix:///path")
        }
        let path = try decoded(parts.path)
        // The kernel's own limit for the address of a socket.
        guard path.utf8.count <= 107 else {
            throw RedisURLError("the path of a socket has at most 107 bytes")
        }
        parts.access.database = try database((try taken("db", &parts) ?? "")[...])
        return .shards([try shard(.unix(path: path), &parts)])
    }

    private func cluster(_ parts: inout Parts) throws(RedisURLError) -> RedisTopology {
        guard try database(parts.path.dropFirst()) ?? 0 == 0 else {
            throw RedisURLError("a cluster has no database but 0")
        }
        return .cluster(seeds: try addresses(parts.hosts, defaultPort: RedisURL.defaultPort))
    }

    private func sentinel(_ parts: inout Parts) throws(RedisURLError) -> RedisTopology {
        let sentinels = try addresses(parts.hosts, defaultPort: RedisURL.defaultSentinelPort)
        let segments = parts.path.dropFirst().split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let master = try decoded(segments.first ?? "")
        guard !master.isEmpty, !master.contains(" ") else {
            throw RedisURLError("needs the master's name: redis+sentinel://host:port/master")
        }
        parts.access.database = try database(segments.count > 1 ? segments[1] : "")
        let user = try taken("sentinel_username", &parts)
        let password = try taken("sentinel_password", &parts)
        guard password != nil || user == nil else {
            throw RedisURLError("sentinel_username needs sentinel_password beside it")
        }
        return .sentinel(
            sentinels: sentinels, masterName: master,
            credentials: password.map { RedisCredentials(username: user, password: $0) })
    }

    private func shard(
        _ address: RedisAddress, _ parts: inout Parts
    ) throws(RedisURLError) -> RedisShardConfiguration {
        let name = try taken("name", &parts)
        let isName = name.map { (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy(isNameByte) }
        guard isName ?? true else {
            throw RedisURLError("the name of a shard is 1 to 64 of A-Z a-z 0-9 _ . : -")
        }
        var weight = 1
        if let text = try taken("weight", &parts) {
            guard let number = number(text[...]), (1...RedisURL.maxWeight).contains(number) else {
                throw RedisURLError("weight is a whole number from 1 to \(RedisURL.maxWeight)")
            }
            weight = number
        }
        return RedisShardConfiguration(
            name: name ?? address.description, address: address, weight: weight)
    }

    private func database(_ text: Substring) throws(RedisURLError) -> Int? {
        guard !text.isEmpty else { return nil }
        guard let number = number(text), number <= RedisURL.maxDatabase else {
            throw RedisURLError(
                "a database is a whole number from 0 to \(RedisURL.maxDatabase); "
                    + Self.encodingHint)
        }
        return number
    }

    private func addresses(
        _ text: Substring, defaultPort: Int
    ) throws(RedisURLError) -> [RedisAddress] {
        var addresses: [RedisAddress] = []
        for host in text.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try address(host, defaultPort: defaultPort))
        }
        guard addresses.count <= RedisURL.maxServers else {
            throw RedisURLError("names more than \(RedisURL.maxServers) servers")
        }
        return addresses
    }

    /// Reads `host`, `host:port` or an IPv6 address in brackets.
    func address(_ text: Substring, defaultPort: Int) throws(RedisURLError) -> RedisAddress {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw RedisURLError("an IPv6 address stands in [ and ]")
            }
            host = text[text.index(after: text.startIndex)..<end]
            guard isIPv6(host) else { throw RedisURLError("what is in [ ] is no IPv6 address") }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw RedisURLError("only :port may follow an IPv6 address")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            if let colon = text.firstIndex(of: ":") {
                guard text.lastIndex(of: ":") == colon else {
                    throw RedisURLError("an IPv6 address stands in [ and ]")
                }
                (host, port) = (text[..<colon], text[text.index(after: colon)...])
            }
            guard (1...253).contains(host.utf8.count), host.utf8.allSatisfy(isHostByte) else {
                throw RedisURLError(
                    host.isEmpty
                        ? "names no host" : "a host is of A-Z a-z 0-9 . - _, IPv6 in [ and ]")
            }
        }
        guard let port else { return .tcp(host: String(host), port: defaultPort) }
        guard let number = number(port), (1...65_535).contains(number) else {
            throw RedisURLError("a port is a whole number from 1 to 65535")
        }
        return .tcp(host: String(host), port: number)
    }

    private func isIPv6(_ host: Substring) -> Bool {
        let zone = host.firstIndex(of: "%") ?? host.endIndex
        guard host[zone...].dropFirst().utf8.allSatisfy(isHostByte) else { return false }
        do {
            return try SocketAddress(ipAddress: String(host[..<zone]), port: 0).protocol == .inet6
        } catch {
            return false  // the text is no address of any kind
        }
    }

    private func number(_ text: Substring) -> Int? {
        let isNumber =
            (1...9).contains(text.utf8.count)
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isNumber ? Int(text) : nil
    }

    private func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        isHostByte(byte) || byte == UInt8(ascii: ":")
    }
}
