// Checks what the operator is told when settings are wrong.

import Testing

@testable import ServerApp

@Suite("Settings: what is wrong with them")
struct SettingsProblemsTests {
    @Test("a wrong value is reported with its name, its text, its place and what is allowed")
    func wrongValue() throws {
        let folder = try SettingsFolder(yaml: "# first\nlisten_port: 70000\n")
        #expect(
            folder.problems() == [
                #"listen_port = "70000" (cache-manager.yaml:2): "#
                    + "allowed: a whole number from 0 to 65535"
            ])
        #expect(
            try SettingsFolder().problems(environment: ["CACHE_TTL": "soon"]) == [
                #"default_ttl = "soon" (env CACHE_TTL): allowed: 1ms to 3650d, "#
                    + "written as 250ms, 30s, 5m, 1h, 1d or plain seconds"
            ])
        #expect(
            try SettingsFolder().problems(["--log-format", "xml"]) == [
                #"log_format = "xml" (flag --log-format): allowed: text, json"#
            ])
    }

    @Test("everything that is wrong is reported at once, overridden values as well")
    func allAtOnce() throws {
        let folder = try SettingsFolder(
            yaml: """
                listen_port: none
                default_ttl: -1s
                colour: red
                namespaces:
                  session: { ttl: never }
                """)
        let problems = folder.problems(
            ["--listen-port", "1", "--threads"], environment: ["CACHE_TTL": "60"])
        let settings = problems.map { String($0.prefix { $0 != " " && $0 != ":" }) }
        #expect(
            settings == [
                "colour", "listen_port", "threads", "default_ttl", "namespaces.session.ttl",
            ])
    }

    @Test("each setting refuses text of the wrong kind and values out of its range")
    func everySettingIsChecked() throws {
        for row in SettingsTable.rows {
            // Almost any text may be the name of a host or of a file, or a password.
            if ["address", "file", "secret", "prefix"].contains(row.placeholder) { continue }
            for text in ["a b", "-1", "99999999999999999999"] {
                #expect(
                    try !SettingsFolder().problems(["\(row.flag)=\(text)"]).isEmpty, "\(row.key)")
            }
        }
        for host in ["", "a b", "http://x", "host\u{7}"] {
            #expect(try !SettingsFolder().problems(["--listen-host=\(host)"]).isEmpty)
        }
        for path in ["", "a\nb", String(repeating: "a", count: 4_097)] {
            #expect(
                try SettingsFolder().problems(["--tls-certificate=\(path)", "--tls-key=k"]).count
                    > 0)
        }
    }

    @Test("an unknown name is an error that suggests the nearest one")
    func unknownNames() throws {
        let folder = try SettingsFolder(
            yaml: "lisen_port: 1\nnamespaces:\n  a: { evict: lru }\n  b: { zzzzz: 1 }\n")
        #expect(
            folder.problems(["--log-levl", "debug"]) == [
                "--log-levl: unknown flag; did you mean --log-level?",
                "lisen_port (cache-manager.yaml:1): unknown setting; did you mean listen_port?",
                "namespaces.a.evict (cache-manager.yaml:3): unknown setting"
                    + "; did you mean eviction?",
                "namespaces.b.zzzzz (cache-manager.yaml:4): unknown setting",
            ])
    }

    @Test("a word that belongs to no flag, a flag without a value and a flag given twice stop it")
    func commandLine() throws {
        let folder = try SettingsFolder()
        #expect(folder.problems(["start"]).first?.hasPrefix("start: belongs to no flag") == true)
        #expect(folder.problems(["--threads"]).first?.contains("needs one value") == true)
        #expect(folder.problems(["--threads", "1", "--threads", "2"]).count == 1)
        #expect(folder.problems(["--config"]).count == 1)
        #expect(folder.problems(["--config="]).count == 1)
    }

    @Test("the name of a namespace is checked", arguments: ["\"a b\"", "\"\"", "ä", "default"])
    func namespaceNames(name: String) throws {
        let folder = try SettingsFolder(yaml: "namespaces:\n  \(name): { ttl: 1s }\n")
        #expect(folder.problems().count == 1)
    }

    @Test("a file may configure 256 namespaces and no more")
    func namespaceCount() throws {
        func yaml(_ count: Int) -> String {
            "namespaces:\n" + (0..<count).map { "  n\($0): {}\n" }.joined()
        }
        let most = SettingsTable.maxNamespaces
        #expect(try SettingsFolder(yaml: yaml(most)).load().values.namespaces.count == most)
        #expect(try SettingsFolder(yaml: yaml(most + 1)).problems().count == 1)
    }

    @Test(
        "a file of the wrong shape is an error with its path, not a crash",
        arguments: [
            "[1, 2]", "text", "a: [", "listen_port: [1]", "listen_port: {a: 1}", "1: 2",
            "listen_port: 1\nlisten_port: 2", "namespaces: [a]", "namespaces: {a: 3}", "? [a]\n: 1",
            "listen_port:\n", "\u{1}",
        ])
    func shapes(text: String) throws {
        let problems = try SettingsFolder(yaml: text).problems()
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.contains("cache-manager.yaml") })
        #expect(problems.allSatisfy { !$0.contains("\n") })
    }

    @Test("a file that is missing, too large or not text is an error with its path")
    func unreadable() throws {
        let folder = try SettingsFolder()
        #expect(
            folder.problems(["--config", "no.yaml"]) == [
                "no.yaml: cannot be read: No such file or directory"
            ])
        #expect(folder.problems(["--config", folder.path]).count == 1)
        try folder.write(String(repeating: "#", count: SettingsFile.maxBytes + 1))
        #expect(folder.problems() == ["cache-manager.yaml: is larger than 1MiB"])
        try folder.write(String(repeating: "#", count: SettingsFile.maxBytes))
        #expect(folder.problems() == [])
    }

    @Test("limits are checked against each other")
    func limits() throws {
        let folder = try SettingsFolder()
        #expect(
            folder.problems(["--max-value-bytes", "4MiB"]) == [
                #"max_value_bytes = "4MiB" (flag --max-value-bytes): allowed: at most "#
                    + "max_message_bytes (4MiB) less 64KiB for key, tags and metadata"
            ])
        #expect(folder.problems(["--max-value-bytes", "4032KiB"]) == [])
        #expect(
            folder.problems(["--l1-max-bytes", "1MiB"]) == [
                #"max_value_bytes = "1MiB" (default): allowed: at most what namespaces leave "#
                    + "of l1_max_bytes (1MiB) less 64KiB for key, tags and metadata"
            ])
    }

    @Test(
        "TLS needs a certificate with its key, and client certificates an authority",
        arguments: [
            (["--tls-certificate", "c"], ["tls_certificate"]),
            (["--tls-key", "k"], ["tls_key"]),
            (["--tls-client-ca", "a"], ["tls_client_ca"]),
            (["--tls-client-certificates", "required"], ["tls_client_certificates"]),
            (["--tls-certificate", "c", "--tls-key", "k"], []),
            (
                ["--tls-certificate", "c", "--tls-key", "k", "--tls-client-ca", "a"],
                ["tls_client_ca"]
            ),
            (
                [
                    "--tls-certificate", "c", "--tls-key", "k", "--tls-client-certificates",
                    "optional",
                ],
                ["tls_client_certificates"]
            ),
            (
                [
                    "--tls-certificate", "c", "--tls-key", "k", "--tls-client-ca", "a",
                    "--tls-client-certificates", "optional",
                ], []
            ),
        ])
    func tls(arguments: [String], wrong: [String]) throws {
        let problems = try SettingsFolder().problems(arguments)
        #expect(problems.map { String($0.prefix { $0 != " " }) } == wrong)
        #expect(problems.allSatisfy { $0.contains("needs tls_") })
    }

    @Test("namespaces get their bytes out of the whole, and leave room for the rest")
    func namespaceBudgets() throws {
        let folder = try SettingsFolder(
            yaml: "namespaces: { a: { max_bytes: 1GiB }, b: { max_bytes: 1GiB } }")
        #expect(
            folder.problems(["--l1-max-bytes", "2GiB"]) == [
                #"l1_max_bytes = "2GiB" (flag --l1-max-bytes): allowed: more than the max_bytes "#
                    + "of all namespaces together, which are 2GiB"
            ])
        #expect(folder.problems(["--l1-max-bytes", "2049MiB"]).count == 1)
        let loaded = try folder.load(["--l1-max-bytes", "3GiB"])
        #expect(loaded.values.sharedBytes == 1 << 30)
        try folder.write("namespaces: { a: { max_entries: 9 } }")
        #expect(
            folder.problems() == [
                #"namespaces.a.max_entries = "9" (cache-manager.yaml:1): "#
                    + "needs max_bytes beside it"
            ])
    }

    @Test("a variable with our prefix that sets nothing is a warning, unless Kubernetes set it")
    func unknownVariables() throws {
        let loaded = try SettingsFolder().load(environment: [
            "CACHE_MANAGER_LISEN_PORT": "1", "CACHE_MANAGER_SERVICE_HOST": "10.0.0.1",
            "CACHE_MANAGER_PORT": "tcp://10.0.0.1:50051", "CACHE_MANAGER_PORT_50051_TCP": "x",
        ])
        #expect(
            loaded.warnings == [
                "environment variable CACHE_MANAGER_LISEN_PORT sets nothing; "
                    + "did you mean CACHE_MANAGER_LISTEN_PORT?"
            ])
    }
}
