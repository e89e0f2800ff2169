// Checks what Redis URLs mean, what is refused, and that no password is ever shown.

import TLS
import Testing

@testable import RedisClient

@Suite("Redis URLs")
struct RedisURLTests {
    private func shard(_ host: String, _ port: Int = 6_379) -> RedisShardConfiguration {
        let address = RedisAddress.tcp(host: host, port: port)
        return RedisShardConfiguration(name: address.description, address: address)
    }

    @Test("one server: host, port, database, user and password")
    func server() throws {
        let bare = try RedisURL("redis://localhost").configuration()
        #expect(bare.topology == .shards([shard("localhost")]))
        #expect(bare.credentials == nil && bare.database == 0 && bare.tls == nil)
        let full = try RedisURL("redis://ada:s3cret@10.0.0.1:7001/2").configuration(name: "a")
        #expect(full.name == "a" && full.database == 2)
        #expect(full.topology == .shards([shard("10.0.0.1", 7_001)]))
        #expect(full.credentials == RedisCredentials(username: "ada", password: "s3cret"))
        let password = try RedisURL("redis://:s3cret@h/").configuration()
        #expect(password.credentials == RedisCredentials(password: "s3cret"))
        #expect(try RedisURL("REDIS://h").topology == .shards([shard("h")]))
    }

    @Test("a password beside the URL serves where the URL has none")
    func fallbackPassword() throws {
        let bare = try RedisURL("redis://h").configuration(password: "p")
        #expect(bare.credentials == RedisCredentials(password: "p"))
        let user = try RedisURL("redis://ada@h").configuration(password: "p")
        #expect(user.credentials == RedisCredentials(username: "ada", password: "p"))
        let own = try RedisURL("redis://:own@h").configuration(password: "p")
        #expect(own.credentials == RedisCredentials(password: "own"))
        let open = try RedisURL("redis://ada@h").configuration()
        #expect(open.credentials == RedisCredentials(username: "ada", password: ""))
    }

    @Test("user, password, names and paths are percent-decoded, an @ of a password may be bare")
    func decoding() throws {
        let url = try RedisURL("redis://a%3Ab:%40%2f%25%C3%A9%20x@h?name=eu%3A1")
        #expect(
            url.configuration().credentials
                == RedisCredentials(username: "a:b", password: "@/%é x"))
        #expect(try RedisURL("redis://:p@ss@h").configuration().credentials?.password == "p@ss")
        #expect(try RedisURL("redis://:a:b@h").configuration().credentials?.password == "a:b")
        guard case .shards(let shards) = url.topology else { return #expect(Bool(false)) }
        #expect(shards[0].name == "eu:1")
    }

    @Test("IPv6 stands in brackets")
    func addressesOfSix() throws {
        #expect(try RedisURL("redis://[::1]:7001").topology == .shards([shard("::1", 7_001)]))
        #expect(try RedisURL("redis://[2001:db8::7]").description == "redis://[2001:db8::7]:6379")
        #expect(try RedisURL("redis://[fe80::1%eth0]").topology == .shards([shard("fe80::1%eth0")]))
    }

    @Test("a socket has an absolute path, and its database as an option")
    func socket() throws {
        let url = try RedisURL("unix://:pw@/run/redis%20a.sock?db=3")
        let path = RedisAddress.unix(path: "/run/redis a.sock")
        #expect(url.topology == .shards([.init(name: "/run/redis a.sock", address: path)]))
        #expect(url.configuration().database == 3)
        #expect(url.configuration().credentials?.password == "pw")
    }

    @Test("several URLs are shards, each with its name and weight")
    func shards() throws {
        let url = try RedisURL(
            " redis://:p@a:7101/1?name=one\n\tredis://:p@a:7102/1?name=two&weight=3\r\n")
        #expect(
            url.topology
                == .shards([
                    .init(name: "one", address: .tcp(host: "a", port: 7_101)),
                    .init(name: "two", address: .tcp(host: "a", port: 7_102), weight: 3),
                ]))
        #expect(url.configuration().database == 1)
    }

    @Test("a cluster has seeds, Sentinels have a master and a password of their own")
    func clusterAndSentinel() throws {
        let cluster = try RedisURL("redis+cluster://u:p@a:7001,b,[::1]:7003/0")
        #expect(
            cluster.topology
                == .cluster(seeds: [
                    .tcp(host: "a", port: 7_001), .tcp(host: "b", port: 6_379),
                    .tcp(host: "::1", port: 7_003),
                ]))
        let sentinel = try RedisURL(
            "redis+sentinel://:p@s1,s2:7312/mymaster/4?sentinel_password=q&sentinel_username=w")
        #expect(
            sentinel.topology
                == .sentinel(
                    sentinels: [.tcp(host: "s1", port: 26_379), .tcp(host: "s2", port: 7_312)],
                    masterName: "mymaster",
                    credentials: RedisCredentials(username: "w", password: "q")))
        #expect(sentinel.configuration().database == 4)
    }

    @Test("TLS takes its files from options, and speaks no application protocol")
    func tls() throws {
        let url = try RedisURL(
            "rediss://h?ca=/etc/ca.pem&certificate=c.pem&key=k.pem&server_name=redis.example")
        let configuration = url.configuration()
        #expect(configuration.tls?.caFile == "/etc/ca.pem")
        #expect(configuration.tls?.certificateFile == "c.pem")
        #expect(configuration.tls?.keyFile == "k.pem")
        #expect(configuration.tls?.applicationProtocols == [])
        #expect(configuration.tls?.verifiesServer == true)
        #expect(configuration.tlsServerName == "redis.example")
        #expect(try RedisURL("rediss+cluster://h").configuration().tls != nil)
        #expect(try RedisURL("rediss+sentinel://h/m").configuration().tls != nil)
    }

    @Test("a plain server becomes a cluster's seed where that can be meant")
    func clustered() throws {
        let seeds = [RedisAddress.tcp(host: "n", port: 1)]
        let url = try #require(try RedisURL("redis://:p@h/0").clustered())
        #expect(url.description == "redis+cluster://:***@h:6379")
        #expect(url.configuration().credentials?.password == "p")
        #expect(
            try RedisURL("redis://h").clustered(seeds: seeds)?.topology == .cluster(seeds: seeds))
        for text in ["redis://h/1", "unix:///s", "redis+sentinel://h/m"] {
            #expect(try RedisURL(text).clustered() == nil)
        }
    }

    @Test("a database beside the URL counts where the URL names none")
    func selecting() throws {
        #expect(try RedisURL("redis://h").selecting(database: 2).configuration().database == 2)
        #expect(try RedisURL("redis://h/1").selecting(database: 2).configuration().database == 1)
    }

    @Test("the text has no password, and means the same but for that")
    func description() throws {
        let texts = [
            "redis://h:6379", "rediss://h:6379/3?ca=/a%20b.pem", "unix:///run/r.sock?db=1&weight=2",
            "redis://ada@h:1?name=x redis://ada@h:2?name=y&weight=9",
            "redis+cluster://[::1]:7001,b:7002", "redis+sentinel://s:26379/my%2Fmaster/2",
            "rediss+cluster://a:1?ca=c&certificate=d&key=e&server_name=f",
        ]
        for text in texts {
            #expect(try RedisURL(text).description == text)
        }
        for text in [
            "redis://:s3cret@h", "redis://u:s3cret@h", "unix://:s3cret@/s",
            "redis+cluster://:s3cret@h", "redis+sentinel://:s3cret@h/m?sentinel_password=s3cret",
        ] {
            let shown = try RedisURL(text).description
            #expect(shown.contains("***") && !shown.contains("s3cret"), "\(shown)")
            let topology = try RedisURL(shown).topology
            if case .sentinel = topology { continue }  // its second password is in there
            #expect(try topology == RedisURL(text).topology)
        }
    }
}
