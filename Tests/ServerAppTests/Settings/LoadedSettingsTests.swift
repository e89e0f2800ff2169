// Checks what --print-config prints and what a reload takes over.

import Foundation
import Logging
import Testing

@testable import ServerApp

@Suite("Settings: print and reload")
struct LoadedSettingsTests {
    @Test("the print shows every setting with its value and where it came from")
    func text() throws {
        let folder = try SettingsFolder(yaml: "namespaces:\n  session: { ttl: 30m }\n")
        let loaded = try folder.load(["--threads", "3"], environment: ["CACHE_TTL": "45"])
        let lines = loaded.printed(format: .text).split(separator: "\n").map { line in
            line.split(separator: " ", maxSplits: 2).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(lines.contains(["threads", "3", "flag --threads"]))
        #expect(lines.contains(["default_ttl", "45s", "env CACHE_TTL"]))
        #expect(lines.contains(["l1_max_bytes", "256MiB", "default"]))
        #expect(lines.contains(["namespaces.session.ttl", "30m", "cache-manager.yaml:2"]))
        #expect(lines.contains(["namespaces.session.max_bytes", "-", "default"]))
        let names = Set(lines.compactMap(\.first))
        #expect(names.isSuperset(of: SettingsTable.rows.map(\.key)))
    }

    @Test("the JSON print parses and says the same")
    func json() throws {
        let folder = try SettingsFolder(yaml: "namespaces:\n  session: { ttl: 30m }\n")
        let loaded = try folder.load(["--threads", "3"])
        struct Entry: Decodable, Equatable {
            var value: String?
            var source: String
        }
        let data = Data(loaded.printed(format: .json).utf8)
        let printed = try JSONDecoder().decode([String: Entry].self, from: data)
        #expect(printed["threads"] == Entry(value: "3", source: "flag --threads"))
        #expect(printed["namespaces.session.max_bytes"] == Entry(value: nil, source: "default"))
        #expect(printed.count == SettingsTable.rows.count + SettingsTable.namespaceRows.count)
    }

    @Test("what is printed reads back as the same settings")
    func roundTrip() throws {
        let loaded = try SettingsFolder().load([
            "--l1-max-bytes", "300000000", "--default-ttl", "1.5",
        ])
        let arguments = SettingsTable.rows.flatMap { row in
            row.read(loaded.values).map { [row.flag, $0] } ?? []
        }
        #expect(try SettingsFolder().load(arguments).values == loaded.values)
    }

    @Test("a reload takes over the log level and the namespaces, and names what needs a restart")
    func reload() throws {
        let folder = try SettingsFolder(
            yaml: """
                log_level: info
                threads: 2
                namespaces: { same: { ttl: 1m }, gone: { ttl: 1m }, changed: { ttl: 1m } }
                """)
        let loaded = try folder.load()
        try folder.write(
            """
            log_level: debug
            threads: 3
            namespaces: { same: { ttl: 60s }, new: { ttl: 1m }, changed: { ttl: 2m } }
            """)
        let reload = try loaded.reloaded()
        #expect(reload.settings.values.logLevel == .debug)
        #expect(reload.settings.values.threads == 2)
        #expect(reload.settings.values.namespaces.keys.sorted() == ["changed", "new", "same"])
        #expect(reload.settings.values.namespaces["changed"]?.ttl == .seconds(120))
        #expect(
            reload.applied == [
                "log_level", "namespaces.changed", "namespaces.gone", "namespaces.new",
            ])
        #expect(reload.needRestart == ["threads"])
        #expect(reload.settings.source(of: "namespaces.gone.ttl") == .builtIn)
        #expect(try reload.settings.reloaded().applied == [])
    }

    @Test("a reload reads flags and environment as at the start, so they still win")
    func reloadKeepsPrecedence() throws {
        let folder = try SettingsFolder(yaml: "log_level: info")
        let loaded = try folder.load(["--log-level", "error"])
        try folder.write("log_level: debug")
        #expect(try loaded.reloaded().settings.values.logLevel == .error)
    }

    @Test("a reload of wrong settings throws and changes nothing")
    func reloadOfWrongSettings() throws {
        let folder = try SettingsFolder(yaml: "log_level: info")
        let loaded = try folder.load()
        try folder.write("log_level: loud\n")
        #expect(throws: SettingsError.self) { try loaded.reloaded() }
        #expect(loaded.values.logLevel == .info)
    }

    @Test("a reload is checked as what takes force: old memory with new namespaces")
    func reloadOfMix() throws {
        let folder = try SettingsFolder(yaml: "l1_max_bytes: 256MiB")
        let loaded = try folder.load()
        let namespaces = "namespaces: { big: { max_bytes: 512MiB } }"
        try folder.write("l1_max_bytes: 1GiB\n" + namespaces)
        #expect(throws: SettingsError.self) { try loaded.reloaded() }
        try folder.write("l1_max_bytes: 256MiB\nnamespaces: { big: { max_bytes: 64MiB } }")
        #expect(try loaded.reloaded().settings.values.sharedBytes == 192 << 20)
    }

    @Test("a reload whose file is gone throws instead of dropping its settings")
    func reloadOfNothing() throws {
        let folder = try SettingsFolder(yaml: "namespaces: { session: { ttl: 1m } }")
        let loaded = try folder.load()
        try FileManager.default.removeItem(
            atPath: folder.path + "/" + SettingsLoader.defaultFile)
        #expect(throws: SettingsError.self) { try loaded.reloaded() }
    }
}
