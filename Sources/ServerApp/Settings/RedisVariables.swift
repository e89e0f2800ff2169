// Owns what the environment's older variables say of Redis, each a part of an address; a value.

import Foundation
import RedisClient

/// Composes `redis_url` from `REDIS_HOST`, `REDIS_PORT`, `REDIS_DB`, `REDIS_CLUSTER_ENABLED` and
/// `REDIS_CLUSTER_NODES`.
///
/// A URL in the environment names the server instead of host and port; a database counts where
/// the URL names none; a cluster takes the nodes, or the URL's servers as its first nodes.
struct RedisVariables {
    /// The setting that they compose.
    static let setting = "redis_url"
    static let host = "REDIS_HOST"
    static let port = "REDIS_PORT"
    static let database = "REDIS_DB"
    static let isCluster = "REDIS_CLUSTER_ENABLED"
    static let nodes = "REDIS_CLUSTER_NODES"
    static let names = [host, port, database, isCluster, nodes]

    /// The URL as it is so far.
    private(set) var url: RedisURL?
    /// Where the URL comes from, if it comes from here.
    private(set) var source: SettingSource?
    /// What is wrong.
    private(set) var problems: [SettingsProblem] = []
    /// What does nothing.
    private(set) var warnings: [String] = []

    private let isFromEnvironment: Bool
    private let isOverridden: Bool
    private let texts: [String: String]

    /// - Parameters:
    ///   - texts: The variables that are set; an empty one counts as unset.
    ///   - url: The URL of the file and of the environment's own variable.
    ///   - isFromEnvironment: Whether it is the latter's.
    ///   - isOverridden: Whether a flag names the servers, whatever these say.
    init(
        _ texts: [String: String], url: RedisURL?, isFromEnvironment: Bool, isOverridden: Bool
    ) {
        self.texts = texts.filter { !$0.value.isEmpty }
        self.url = url
        self.isFromEnvironment = isFromEnvironment
        self.isOverridden = isOverridden
    }

    mutating func read() {
        readHost()
        readCluster()
        readDatabase()
    }

    private mutating func readHost() {
        // Kubernetes sets this one for a service named `redis`, as tcp://10.0.0.1:6379.
        let port = texts[Self.port].flatMap { $0.hasPrefix("tcp://") ? nil : $0 }
        guard let host = texts[Self.host] else {
            return alone(Self.port, port, needs: Self.host, isEnough: url != nil)
        }
        guard !isFromEnvironment else { return }
        let number = port.map { Int($0) ?? 0 } ?? RedisURL.defaultPort
        guard (1...65_535).contains(number) else {
            return report(Self.port, port, "allowed: a whole number from 1 to 65535")
        }
        let place = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        do throws(RedisURLError) {
            let address = try RedisAddress("\(place):\(number)")
            url = RedisURL(address)
            source = .environment(name: Self.host)
        } catch {
            report(Self.host, host, "allowed: a host name or an IP address, without a port")
        }
    }

    private mutating func readCluster() {
        let words = texts[Self.isCluster]
        let flag = words.map(SettingCodec<Bool>.flag().parse) ?? false
        guard let flag else {
            return report(Self.isCluster, words, "allowed: true or false")
        }
        guard flag else {
            return alone(
                Self.nodes, texts[Self.nodes], needs: Self.isCluster + "=true", isEnough: false)
        }
        var seeds: [RedisAddress]?
        if let text = texts[Self.nodes] {
            seeds = addresses(text)
            if seeds == nil { return }
        }
        if let url {
            guard let cluster = url.clustered(seeds: seeds) else {
                return report(
                    Self.isCluster, words,
                    "contradicts redis_url, which can be no node of a cluster")
            }
            self.url = cluster
        } else if let seeds {
            url = RedisURL(clusterSeeds: seeds)
        } else {
            return report(Self.isCluster, words, "needs \(Self.nodes) or redis_url beside it")
        }
        source = .environment(name: seeds == nil ? Self.isCluster : Self.nodes)
    }

    private mutating func readDatabase() {
        guard let text = texts[Self.database] else { return }
        guard let number = Int(text), (0...RedisURL.maxDatabase).contains(number) else {
            return report(
                Self.database, text, "allowed: a whole number from 0 to \(RedisURL.maxDatabase)")
        }
        guard let url else {
            return alone(
                Self.database, text, needs: "\(Self.host) or redis_url", isEnough: false)
        }
        if case .cluster = url.topology {
            if number != 0 { report(Self.database, text, "a cluster has no database but 0") }
            return
        }
        if let own = url.database, own != number {
            warnings.append("environment variable \(Self.database) is not used: redis_url has one")
        }
        self.url = url.selecting(database: number)
    }

    /// The addresses of a JSON list, or nil and a problem.
    private mutating func addresses(_ text: String) -> [RedisAddress]? {
        let allowed = #"allowed: a JSON list like ["redis1:6379","redis2:6379"]"#
        let list: [String]
        do {
            list = try JSONDecoder().decode([String].self, from: Data(text.utf8))
        } catch {
            report(Self.nodes, text, allowed)
            return nil
        }
        guard (1...RedisURL.maxServers).contains(list.count) else {
            report(Self.nodes, text, "\(allowed), of 1 to \(RedisURL.maxServers) nodes")
            return nil
        }
        do throws(RedisURLError) {
            var addresses: [RedisAddress] = []
            for node in list { addresses.append(try RedisAddress(node)) }
            return addresses
        } catch {
            report(Self.nodes, text, "\(error); \(allowed)")
            return nil
        }
    }

    /// A part of an address without the rest. Whoever sets it wants Redis: an instance that runs
    /// alone without a word would be worse than none. Where the servers are named otherwise it is
    /// a warning.
    private mutating func alone(
        _ name: String, _ text: String?, needs other: String, isEnough: Bool
    ) {
        guard let text else { return }
        if isOverridden || isEnough {
            warnings.append("environment variable \(name) sets nothing without \(other)")
        } else {
            report(name, text, "needs \(other) beside it; leave it out if it is not wanted")
        }
    }

    private mutating func report(_ name: String, _ text: String?, _ advice: String) {
        // Whoever puts a whole URL in here has put its password in here.
        let shown = text.map { $0.contains("@") ? RedisURL.hidden : $0 }
        problems.append(
            SettingsProblem(
                setting: Self.setting, value: shown, source: .environment(name: name),
                advice: advice))
    }
}
