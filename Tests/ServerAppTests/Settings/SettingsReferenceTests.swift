// Checks that the help and the documentation say what the table of settings says.

import ArgumentParser
import Foundation
import Testing

@testable import ServerApp

@Suite("Settings: help and documentation")
struct SettingsReferenceTests {
    /// Set to 1, the test writes the table into the page instead of comparing.
    private static let updateVariable = "UPDATE_DOCS"
    private static let opening = "<!-- settings: begin -->\n"
    private static let closing = "<!-- settings: end -->"

    @Test("docs/settings.md holds the table; UPDATE_DOCS=1 swift test --filter docs writes it")
    func documentation() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let url = root.appending(path: "docs/settings.md")
        let page = try String(contentsOf: url, encoding: .utf8)
        let start = try #require(page.range(of: Self.opening), "\(Self.opening) is missing")
        let end = try #require(page.range(of: Self.closing), "\(Self.closing) is missing")
        let table = start.upperBound..<end.lowerBound
        if ProcessInfo.processInfo.environment[Self.updateVariable] == "1" {
            let updated = page.replacingCharacters(in: table, with: SettingsReference.markdown())
            try Data(updated.utf8).write(to: url)
        } else {
            #expect(page[table] == SettingsReference.markdown())
        }
    }

    @Test("--help names every flag, fits 80 columns and has an example")
    func help() {
        let help = SettingsReference.help()
        for row in SettingsTable.rows { #expect(help.contains(row.flag), "\(row.flag)") }
        let discussion = CacheManagerCommand.configuration.discussion
        #expect(discussion.contains("Example: cache-manager --listen-port"))
        #expect(discussion.hasSuffix(help))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
        // A line of help that the parser had to wrap would lose its indentation.
        #expect(SettingsTable.rows.allSatisfy { $0.help.count <= 74 })
    }

    // A namespace's key that has the name of one of the server's settings (l1_ttl) is that setting
    // at a second place, and does not count twice.
    @Test("names are unique, flags and variables too, and settings have at most 60 names")
    func names() {
        let rows = SettingsTable.rows
        #expect(Set(rows.map(\.key)).count == rows.count)
        let variables = rows.flatMap(\.environment)
        #expect(Set(variables).count == variables.count)
        let keys = SettingsTable.namespaceRows.map(\.key)
        #expect(Set(keys).count == keys.count)
        #expect(Set(rows.map(\.key) + keys).count <= 60)
        #expect(rows.allSatisfy { $0.help.hasSuffix(".") && !$0.allowed.isEmpty })
    }

    @Test("every default is itself allowed")
    func defaultsAreAllowed() throws {
        for row in SettingsTable.rows {
            var settings = Settings()
            guard let text = row.read(settings) else {
                #expect(row.defaultInWords != nil, "\(row.key)")
                continue
            }
            #expect(row.write(&settings, text), "\(row.key)")
        }
    }

    @Test("the command line is read: flags of settings, --print-config, --json, --config")
    func command() throws {
        let command = try CacheManagerCommand.parse([
            "--listen-port", "0", "--print-config", "--config", "a.yaml", "--json",
        ])
        #expect(command.printConfig)
        #expect(command.json)
        #expect(command.config == "a.yaml")
        #expect(command.settings == ["--listen-port", "0"])
        #expect(throws: (any Error).self) { try CacheManagerCommand.parse(["--json"]) }
    }
}
