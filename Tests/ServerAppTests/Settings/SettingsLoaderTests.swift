// Checks which layer wins and where each value is said to come from.

import CacheEngine
import Testing

@testable import ServerApp

@Suite("Settings: layers")
struct SettingsLoaderTests {
    @Test("with nothing set, every value is its default and says so")
    func defaults() throws {
        let loaded = try SettingsFolder().load()
        #expect(loaded.values == Settings())
        #expect(loaded.filePath == nil)
        #expect(SettingsTable.rows.allSatisfy { loaded.source(of: $0.key) == .builtIn })
    }

    @Test("the environment wins over the file, and a flag over both")
    func precedence() throws {
        let folder = try SettingsFolder(yaml: "threads: 1\nlisten_port: 1\nmax_batch_keys: 1\n")
        let loaded = try folder.load(
            ["--max-batch-keys", "3"],
            environment: ["CACHE_MANAGER_LISTEN_PORT": "2", "CACHE_MANAGER_MAX_BATCH_KEYS": "2"])
        #expect(loaded.values.threads == 1)
        #expect(loaded.values.listenPort == 2)
        #expect(loaded.values.maxBatchKeys == 3)
        #expect(loaded.source(of: "threads") == .file(path: "cache-manager.yaml", line: 1))
        #expect(loaded.source(of: "listen_port") == .environment(name: "CACHE_MANAGER_LISTEN_PORT"))
        #expect(loaded.source(of: "max_batch_keys") == .flag(name: "--max-batch-keys"))
    }

    @Test("each setting is taken from the file, from its variables and from its flag")
    func everyWay() throws {
        for row in SettingsTable.rows {
            let text = try #require(Self.samples[row.key], "a sample for \(row.key)")
            let want = try #require(row.read(Settings(sample: row, text)))
            #expect(row.read(Settings()) != want, "the sample of \(row.key) is its default")
            let beside = Self.companions(of: row.key)
            let file = try SettingsFolder(yaml: "\(row.key): \(text)\n").load(beside)
            #expect(row.read(file.values) == want)
            for flag in [[row.flag, text], ["\(row.flag)=\(text)"]] {
                #expect(row.read(try SettingsFolder().load(flag + beside).values) == want)
            }
            for name in row.environment {
                let loaded = try SettingsFolder().load(beside, environment: [name: text])
                #expect(row.read(loaded.values) == want)
                #expect(loaded.source(of: row.key) == .environment(name: name))
            }
        }
    }

    /// The flags without which a setting is not allowed.
    private static func companions(of key: String) -> [String] {
        let all = [
            "tls_certificate": "--tls-certificate=a", "tls_key": "--tls-key=b",
            "tls_client_ca": "--tls-client-ca=c",
            "tls_client_certificates": "--tls-client-certificates=optional",
        ]
        if key == "l1_enabled" { return ["--redis-url=redis://h"] }
        let isAboutClients = key.hasPrefix("tls_client_")
        return all.filter { name, _ in
            name != key && all[key] != nil && (isAboutClients || !name.hasPrefix("tls_client_"))
        }.map(\.value)
    }

    @Test("the variables of older set-ups are honoured by name")
    func knownVariables() throws {
        let folder = try SettingsFolder()
        for name in ["CACHE_L1_MAX_ENTRIES", "CACHE_L1_MAX_SIZE", "MAX_MEMORY_SIZE"] {
            #expect(try folder.load(environment: [name: "77"]).values.l1MaxEntries == 77)
        }
        for name in ["CACHE_DEFAULT_TTL", "CACHE_TTL", "CACHE_L2_TTL"] {
            #expect(try folder.load(environment: [name: "77"]).values.defaultTTL == .seconds(77))
        }
        for name in ["CACHE_CLEANUP_INTERVAL", "CACHE_L1_CLEANUP_INTERVAL"] {
            let loaded = try folder.load(environment: [name: "77"])
            #expect(loaded.values.cleanupInterval == .seconds(77))
        }
    }

    @Test("two variables of one setting may agree, and may not contradict each other")
    func contradiction() throws {
        let folder = try SettingsFolder()
        let agreeing = try folder.load(environment: ["CACHE_TTL": "60", "CACHE_DEFAULT_TTL": "1m"])
        #expect(agreeing.values.defaultTTL == .seconds(60))
        #expect(
            folder.problems(environment: ["CACHE_TTL": "60", "CACHE_DEFAULT_TTL": "2m"]) == [
                #"default_ttl = "60" (env CACHE_TTL): "#
                    + "contradicts CACHE_DEFAULT_TTL; set one of them"
            ])
    }

    @Test("an empty variable counts as unset")
    func emptyVariable() throws {
        let loaded = try SettingsFolder().load(environment: ["CACHE_TTL": ""])
        #expect(loaded.source(of: "default_ttl") == .builtIn)
    }

    @Test("the file is the flag's, else the variable's, else the one in the working directory")
    func whichFile() throws {
        let folder = try SettingsFolder(yaml: "threads: 11")
        try folder.write("threads: 12", as: "variable.yaml")
        try folder.write("threads: 13", as: "flag.yaml")
        let variable = ["CACHE_MANAGER_CONFIG": "variable.yaml"]
        #expect(try folder.load().values.threads == 11)
        #expect(try folder.load(environment: variable).values.threads == 12)
        let flagged = try folder.load(["--config", "flag.yaml"], environment: variable)
        #expect(flagged.values.threads == 13)
        #expect(flagged.filePath == "flag.yaml")
    }

    @Test(
        "an empty file, or one of comments, sets nothing", arguments: ["", "# nothing\n", "---\n"])
    func emptyFile(text: String) throws {
        #expect(try SettingsFolder(yaml: text).load().values == Settings())
    }

    @Test("namespaces come from the file, and what one leaves out stays open")
    func namespaces() throws {
        let folder = try SettingsFolder(
            yaml: """
                namespaces:
                  session: { ttl: 30m, eviction: none }
                  vehicle.state:
                    max_bytes: 8MiB
                    max_entries: 9
                  bare:
                """)
        let loaded = try folder.load()
        var session = NamespaceSettings()
        (session.ttl, session.eviction) = (.seconds(1_800), .none)
        var vehicle = NamespaceSettings()
        (vehicle.maxBytes, vehicle.maxEntries) = (8 << 20, 9)
        #expect(
            loaded.values.namespaces == [
                "session": session, "vehicle.state": vehicle, "bare": NamespaceSettings(),
            ])
        let line = SettingSource.file(path: "cache-manager.yaml", line: 4)
        #expect(loaded.source(of: "namespaces.vehicle.state.max_bytes") == line)
        #expect(loaded.source(of: "namespaces.bare.ttl") == .builtIn)
    }

    /// A value that is allowed and not the default, for each setting.
    private static let samples = [
        "tls_certificate": "a.pem", "tls_key": "b.pem", "tls_client_ca": "c.pem",
        "tls_client_certificates": "required",
        "listen_host": "::1", "listen_port": "7001", "threads": "1023", "l1_max_bytes": "1GiB",
        "l1_max_entries": "12", "default_ttl": "90s", "cleanup_interval": "2s",
        "max_value_bytes": "64KiB", "max_batch_keys": "12", "max_message_bytes": "8MiB",
        "compress_replies_above": "2KiB", "compression_threshold": "4KiB",
        "max_concurrent_streams": "12", "max_connections": "12",
        "invalidation_history": "64",
        "max_header_bytes": "8KiB", "max_unsent_bytes": "1MiB", "max_resets_per_second": "7",
        "max_stream_errors_per_second": "7", "max_control_frames_per_second": "700",
        "invalidation_buffer_bytes": "32KiB", "drain_timeout": "0s", "log_level": "debug",
        "handshake_timeout": "3s", "stall_timeout": "4s", "keepalive_time": "5m",
        "keepalive_timeout": "6s", "keepalive_min_ping_interval": "0s",
        "connection_max_age": "30m", "connection_max_age_grace": "0s",
        "connection_max_idle": "15m", "log_format": "json",
        "redis_url": "redis://h:7001/1", "redis_password": "pw", "redis_key_prefix": "a/b",
        "redis_max_connections": "7", "redis_timeout": "1.5s", "redis_connect_timeout": "2s",
        "redis_history": "64", "l1_enabled": "false", "l2_enabled": "false", "l1_ttl": "1s",
        "max_staleness": "0s", "write_behind_max_bytes": "4MiB",
    ]
}

extension Settings {
    /// The defaults with one value replaced; the defaults when the row refuses the text.
    fileprivate init(sample row: SettingDefinition<Settings>, _ text: String) {
        self.init()
        _ = row.write(&self, text)
    }
}
