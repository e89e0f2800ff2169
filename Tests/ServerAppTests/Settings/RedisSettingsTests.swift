// Checks the settings of Redis: every way to name servers, what is refused, what is hidden.

import CacheService
import RedisClient
import Testing

@testable import ServerApp

@Suite("Settings: Redis")
struct RedisSettingsTests {
    private func url(_ environment: [String: String], yaml: String? = nil) throws -> String? {
        try SettingsFolder(yaml: yaml).load(environment: environment).values.redisURL?.description
    }

    @Test("a URL comes by the names of older set-ups, and they may not contradict each other")
    func urls() throws {
        for name in ["REDIS_URL", "ROUTER_REDIS_URL", "CACHE_MANAGER_REDIS_URL"] {
            #expect(try url([name: "redis://h/1"]) == "redis://h:6379/1")
        }
        let both = ["REDIS_URL": "redis://:pw1@h", "ROUTER_REDIS_URL": "redis://:pw2@h"]
        #expect(
            try SettingsFolder().problems(environment: both) == [
                #"redis_url = "redis://:***@h:6379" (env ROUTER_REDIS_URL): "#
                    + "contradicts REDIS_URL; set one of them"
            ])
    }

    @Test("host, port, database and password make a URL")
    func host() throws {
        let environment = [
            "REDIS_HOST": "cache.example", "REDIS_PORT": "7001", "REDIS_DB": "3",
            "REDIS_PASSWORD": "hunter2",
        ]
        let loaded = try SettingsFolder().load(environment: environment)
        #expect(loaded.values.redisURL?.description == "redis://cache.example:7001/3")
        #expect(loaded.values.redisPassword == "hunter2")
        #expect(loaded.source(of: "redis_url") == .environment(name: "REDIS_HOST"))
        #expect(loaded.warnings == [])
        #expect(try url(["REDIS_HOST": "h"]) == "redis://h:6379")
        #expect(try url(["REDIS_HOST": "::1", "REDIS_PORT": ""]) == "redis://[::1]:6379")
        // Kubernetes sets this for a service named redis.
        let injected = ["REDIS_HOST": "h", "REDIS_PORT": "tcp://10.0.0.1:6379"]
        #expect(try url(injected) == "redis://h:6379")
    }

    @Test("a URL beats host and port, and the environment beats the file")
    func precedence() throws {
        let both = ["REDIS_URL": "redis://u", "REDIS_HOST": "h", "REDIS_PORT": "1"]
        #expect(try url(both) == "redis://u:6379")
        let file = "redis_url: redis://f\n"
        #expect(try url([:], yaml: file) == "redis://f:6379")
        #expect(try url(["REDIS_HOST": "h"], yaml: file) == "redis://h:6379")
        let flagged = try SettingsFolder(yaml: file).load(
            ["--redis-url", "redis://g"], environment: both)
        #expect(flagged.values.redisURL?.description == "redis://g:6379")
        #expect(flagged.source(of: "redis_url") == .flag(name: "--redis-url"))
        let nodes = "redis+cluster://a:1,b:2"
        for flags in [["--redis-url", nodes], ["--redis-url=\(nodes)"]] {
            #expect(try SettingsFolder().load(flags).values.redisURL?.description == nodes)
        }
    }

    @Test("REDIS_DB counts where the URL names no database")
    func database() throws {
        #expect(try url(["REDIS_URL": "redis://h", "REDIS_DB": "2"]) == "redis://h:6379/2")
        let loaded = try SettingsFolder().load(
            environment: ["REDIS_URL": "redis://h/1", "REDIS_DB": "2"])
        #expect(loaded.values.redisURL?.database == 1)
        #expect(loaded.warnings.count == 1)
    }

    @Test("a cluster is made of its nodes, or of the servers that the URL names")
    func cluster() throws {
        let nodes = #"["redis1:6379", "redis2:7002","[::1]"]"#
        let cluster = ["REDIS_CLUSTER_ENABLED": "true", "REDIS_CLUSTER_NODES": nodes]
        let text = "redis+cluster://redis1:6379,redis2:7002,[::1]:6379"
        #expect(try url(cluster) == text)
        let router = ["ROUTER_REDIS_URL": "redis://:pw@localhost:6379/0"]
        let loaded = try SettingsFolder().load(environment: cluster.merging(router) { $1 })
        #expect(
            loaded.values.redisURL?.description == text.replacing("://", with: "://:***@"))
        #expect(loaded.source(of: "redis_url") == .environment(name: "REDIS_CLUSTER_NODES"))
        let enabled = ["REDIS_CLUSTER_ENABLED": "1"]
        #expect(try url(enabled.merging(["REDIS_HOST": "h"]) { $1 }) == "redis+cluster://h:6379")
        #expect(try url(enabled, yaml: "redis_url: redis://f") == "redis+cluster://f:6379")
        let off = ["REDIS_CLUSTER_ENABLED": "false", "REDIS_CLUSTER_NODES": nodes]
        #expect(try url(["REDIS_CLUSTER_ENABLED": "false"]) == nil)
        let overridden = try SettingsFolder().load(["--redis-url", "redis://f"], environment: off)
        #expect(overridden.values.redisURL?.description == "redis://f:6379")
        #expect(overridden.warnings.count == 1)
    }

    @Test(
        "a variable that is wrong stops the start with its name and what is allowed",
        arguments: [
            (["REDIS_HOST": "h", "REDIS_PORT": "0"], "REDIS_PORT", "1 to 65535"),
            (["REDIS_HOST": "h", "REDIS_PORT": "x"], "REDIS_PORT", "1 to 65535"),
            (["REDIS_HOST": "a b"], "REDIS_HOST", "a host name"),
            (["REDIS_HOST": "redis://:hunter2@h"], "REDIS_HOST", "a host name"),
            (["REDIS_HOST": "h", "REDIS_DB": "-1"], "REDIS_DB", "0 to 65535"),
            (["REDIS_CLUSTER_ENABLED": "maybe"], "REDIS_CLUSTER_ENABLED", "true or false"),
            (["REDIS_CLUSTER_ENABLED": "true"], "REDIS_CLUSTER_ENABLED", "needs"),
            (
                ["REDIS_CLUSTER_ENABLED": "true", "REDIS_URL": "redis://h/1"],
                "REDIS_CLUSTER_ENABLED", "contradicts"
            ),
            (
                ["REDIS_CLUSTER_ENABLED": "true", "REDIS_HOST": "h", "REDIS_DB": "1"],
                "REDIS_DB", "no database but 0"
            ),
            (
                ["REDIS_CLUSTER_ENABLED": "true", "REDIS_CLUSTER_NODES": "a:1,b:2"],
                "REDIS_CLUSTER_NODES", "a JSON list"
            ),
            (
                ["REDIS_CLUSTER_ENABLED": "true", "REDIS_CLUSTER_NODES": "[]"],
                "REDIS_CLUSTER_NODES", "a JSON list"
            ),
            (
                ["REDIS_CLUSTER_ENABLED": "true", "REDIS_CLUSTER_NODES": #"["hunter2@h:x"]"#],
                "REDIS_CLUSTER_NODES", "a host is"
            ),
        ])
    func wrongVariables(environment: [String: String], name: String, advice: String) throws {
        let problems = try SettingsFolder().problems(environment: environment)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("(env \(name))") == true)
        #expect(problems.first?.contains(advice) == true)
        #expect(problems.first?.contains("hunter2") == false)
    }

    @Test(
        "a part of an address without the rest stops the start; beside a flag it is a warning",
        arguments: [
            (["REDIS_PORT": "1"], "REDIS_PORT", "needs REDIS_HOST beside it"),
            (["REDIS_DB": "0"], "REDIS_DB", "needs REDIS_HOST or redis_url beside it"),
            (["REDIS_CLUSTER_NODES": "[]"], "REDIS_CLUSTER_NODES", "needs REDIS_CLUSTER_ENABLED"),
            (
                ["REDIS_CLUSTER_NODES": "[]", "REDIS_URL": "redis://h"], "REDIS_CLUSTER_NODES",
                "needs REDIS_CLUSTER_ENABLED=true beside it"
            ),
            (
                ["REDIS_CLUSTER_ENABLED": "false", "REDIS_CLUSTER_NODES": #"["h"]"#],
                "REDIS_CLUSTER_NODES", "needs REDIS_CLUSTER_ENABLED=true beside it"
            ),
        ])
    func incomplete(environment: [String: String], name: String, advice: String) throws {
        let problems = try SettingsFolder().problems(environment: environment)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("(env \(name))") == true, "\(problems)")
        #expect(problems.first?.contains(advice) == true, "\(problems)")
        let loaded = try SettingsFolder().load(
            ["--redis-url", "redis://f"], environment: environment)
        #expect(loaded.warnings.count == 1 && loaded.warnings.first?.contains(name) == true)
        #expect(loaded.values.redisURL?.description == "redis://f:6379")
    }

    @Test("a port beside a URL that has one is a warning: other programs may want it")
    func portBesideURL() throws {
        let loaded = try SettingsFolder().load(
            environment: ["REDIS_URL": "redis://h:7", "REDIS_PORT": "8"])
        #expect(loaded.values.redisURL?.description == "redis://h:7")
        #expect(loaded.warnings.count == 1 && loaded.warnings.first?.contains("REDIS_PORT") == true)
    }

    @Test("the other variables of older set-ups are honoured by name")
    func otherVariables() throws {
        let loaded = try SettingsFolder().load(environment: [
            "REDIS_URL": "redis://h", "REDIS_PASSWORD": "pw", "REDIS_MAX_CONNECTIONS": "20",
            "REDIS_SOCKET_TIMEOUT": "5.0", "CACHE_L1_ENABLED": "false", "CACHE_L2_ENABLED": "true",
            "CACHE_L1_TTL": "60", "CACHE_L2_TTL": "1800", "CACHE_L2_KEY_PREFIX": "atp:cache:",
        ])
        let values = loaded.values
        #expect(values.redisPassword == "pw" && values.redisMaxConnections == 20)
        #expect(values.redisTimeout == .seconds(5) && values.l1TTL == .seconds(60))
        #expect(!values.l1Enabled && values.l2Enabled && values.hasSharedLevel)
        #expect(values.defaultTTL == .seconds(1_800) && values.redisKeyPrefix == "atp:cache:")
        let off = try SettingsFolder().load(
            environment: ["REDIS_URL": "redis://h", "CACHE_L2_ENABLED": "false"])
        #expect(!off.values.hasSharedLevel)
    }

    @Test("pools stand in the file by name, and a namespace names the one of its entries")
    func pools() throws {
        let folder = try SettingsFolder(
            yaml: """
                redis_url: redis://a
                redis_pools:
                  keep: redis://:hunter2@b
                  hot: redis+cluster://c:1,d:2
                namespaces:
                  session: { pool: keep, events: none, l1: false, read_from: replica }
                  user: { l1_ttl: 10s, l2_writes: async, on_l2_failure: serve_l1 }
                """)
        let loaded = try folder.load()
        #expect(loaded.values.redisPools["keep"]?.description == "redis://:***@b:6379")
        #expect(loaded.values.redisPools["hot"]?.description == "redis+cluster://c:1,d:2")
        #expect(loaded.source(of: "redis_pools.keep") == .file(path: "cache-manager.yaml", line: 3))
        var session = NamespaceSettings()
        (session.pool, session.events, session.isInMemory) = (
            "keep", SharedNamespacePolicy.Events.none, false
        )
        session.sharedReads = .replica
        var user = NamespaceSettings()
        (user.memoryTTL, user.sharedWrites) = (.seconds(10), .async)
        user.onSharedFailure = .serveL1
        #expect(loaded.values.namespaces == ["session": session, "user": user])
        #expect(loaded.warnings == [])
        for format in [SettingsPrintFormat.text, .json] {
            let printed = loaded.printed(format: format)
            #expect(printed.contains("redis_pools.keep") && printed.contains("redis://:***@b:6379"))
            #expect(!printed.contains("hunter2"))
        }
    }

    @Test(
        "what cannot be is refused",
        arguments: [
            ("redis_pools: { hot: redis://b }", "needs redis_url beside it"),
            ("redis_url: redis://a\nredis_pools: { default: redis://b }", "redis_url; set that"),
            ("redis_url: redis://a\nredis_pools: { 'a b': redis://b }", "a pool's name is"),
            ("redis_url: redis://a\nredis_pools: { b: nothing }", "begins with no scheme"),
            ("redis_url: redis://a\nredis_pools: [redis://b]", "one `name: url` per pool"),
            ("redis_url: redis://a\nredis_pools: { b: redis://a }", "a pool needs its own"),
            (
                "redis_url: redis+cluster://b,a\nredis_pools: { b: redis://a }",
                "a pool needs its own"
            ),
            ("redis_url: redis://a\nnamespaces: { s: { pool: hot } }", "no such pool"),
            ("namespaces: { s: { pool: 'a b' } }", "1 to 64"),
            ("namespaces: { s: { events: some } }", "all, none"),
            ("namespaces: { s: { read_from: slave } }", "master, replica"),
            ("namespaces: { s: { l2_writes: later } }", "sync, async"),
            ("namespaces: { s: { on_l2_failure: ignore } }", "error, bypass, serve_l1"),
            ("l1_enabled: false", "nothing could be stored"),
            (
                "redis_url: redis://a\nl1_enabled: false\nl2_enabled: false",
                "nothing could be stored"
            ),
            ("redis_key_prefix: 'a{b}'", "1 to 64 of"),
            ("redis_key_prefix: ''", "1 to 64 of"),
            (
                "redis_url: redis://a\nwrite_behind_max_bytes: 512KiB\n"
                    + "namespaces: { s: { l2_writes: async } }", "at least max_value_bytes"
            ),
        ])
    func refused(yaml: String, advice: String) throws {
        let problems = try SettingsFolder(yaml: yaml).problems()
        #expect(problems.count == 1 && problems[0].contains(advice), "\(problems)")
    }

    @Test("there are at most eight pools, with the one of redis_url")
    func poolCount() throws {
        func yaml(_ count: Int) -> String {
            "redis_url: redis://a\nredis_pools:\n"
                + (0..<count).map { "  p\($0): redis://h\($0)\n" }.joined()
        }
        let most = SettingsTable.maxPools - 1
        #expect(try SettingsFolder(yaml: yaml(most)).load().values.redisPools.count == most)
        #expect(try SettingsFolder(yaml: yaml(most + 1)).problems().count == 1)
        let databases = "redis_url: redis://a/0\nredis_pools: { b: redis://a/1 }"
        #expect(try SettingsFolder(yaml: databases).problems() == [])
    }

    @Test("what does nothing is a warning")
    func warnings() throws {
        func warnings(_ yaml: String) throws -> [String] {
            try SettingsFolder(yaml: yaml).load().warnings
        }
        let replica = "namespaces: { s: { read_from: replica } }"
        #expect(
            try warnings(replica) == ["namespaces.s.read_from does nothing without Redis"])
        #expect(try warnings("redis_url: redis://a\n" + replica) == [])
        #expect(
            try warnings("redis_url: redis://a\nl2_enabled: false\n" + replica) == [
                "namespaces.s.read_from does nothing while l2_enabled is false"
            ])
        #expect(try warnings("l1_ttl: 9s") == ["l1_ttl does nothing without redis_url"])
        let adaptive = "namespaces: { s: { l1: false, adaptive_ttl: true, jitter: 0.1 } }"
        #expect(
            try warnings("redis_url: redis://a\n" + adaptive) == [
                "namespaces.s.adaptive_ttl does nothing: uses are counted in memory, where its"
                    + " entries are not kept"
            ])
        let noMemory =
            "redis_url: redis://a\nnamespaces: { s: { l1: false, on_l2_failure: serve_l1 } }"
        #expect(try warnings(noMemory).count == 1)
    }

    @Test("a password is shown nowhere: not in print, problems, or the text of broken YAML")
    func secrets() throws {
        let folder = try SettingsFolder(
            yaml: "redis_url: redis://:hunter2@h\nredis_password: hunter2\n")
        let loaded = try folder.load()
        for format in [SettingsPrintFormat.text, .json] {
            #expect(!loaded.printed(format: format).contains("hunter2"))
        }
        #expect(loaded.printed(format: .text).contains("***"))
        for yaml in [
            "redis_url: redis://:hunter2@h:x", "redis_url: [redis://:hunter2@h]",
            "redis_password: \"hunter2\\n\"", "redis_url: 'redis://:hunter2@h",
            "redis_url: redis://:hunter2@h\n x: [", "redis_pools: { a: redis://:hunter2@h:x }",
            "redis_url: \"redis://:hunter2\\q@h\"",
        ] {
            try folder.write(yaml)
            let problems = folder.problems()
            #expect(
                !problems.isEmpty && !problems.contains { $0.contains("hunter2") }, "\(problems)")
        }
        try folder.write("")
        #expect(!folder.problems(["redis://:hunter2@h"]).joined().contains("hunter2"))
        for flag in ["--redis-url=redis://:hunter2@h:x", "--redis-password=hunter2\u{7}"] {
            #expect(!folder.problems([flag]).joined().contains("hunter2"))
        }
    }

    @Test("a reload takes what can change; pools, events and a new password need a restart")
    func reload() throws {
        let folder = try SettingsFolder(
            yaml: """
                redis_url: redis://:one@a
                redis_pools: { p: redis://b, q: redis://c }
                namespaces: { s: { pool: p, l1_ttl: 1s }, gone: { pool: q }, t: { events: none } }
                """)
        let loaded = try folder.load()
        try folder.write(
            """
            redis_url: redis://:two@a
            redis_pools: { p: redis://b, q: redis://d }
            namespaces:
              s: { pool: q, l1_ttl: 2s }
              t: { events: all }
              new: { pool: p, l1: false }
            """)
        let reload = try loaded.reloaded()
        #expect(
            reload.needRestart == [
                "redis_url", "redis_pools.q", "namespaces.gone.pool", "namespaces.new.pool",
                "namespaces.s.pool", "namespaces.t.events",
            ])
        #expect(reload.applied == ["namespaces.new", "namespaces.s"])
        let values = reload.settings.values
        #expect(values.redisURL == loaded.values.redisURL)
        #expect(values.namespaces["s"]?.pool == "p")
        #expect(values.namespaces["s"]?.memoryTTL == .seconds(2))
        #expect(values.namespaces["gone"]?.pool == "q")
        #expect(values.namespaces["t"]?.events == SharedNamespacePolicy.Events.none)
        #expect(values.namespaces["new"]?.pool == "default")
        #expect(values.namespaces["new"]?.isInMemory == false)
        // What waited is told again, and nothing else has changed since.
        #expect(try reload.settings.reloaded().applied == [])
    }
}
