// What the command line takes, and what its help shows.

import ArgumentParser
import Testing

@testable import Console
@testable import cachectl

@Suite struct CommandLineTests {
    private static let commands = Cachectl.configuration.subcommands

    @Test("every command's help has one line of abstract and examples that the parser takes")
    func examples() throws {
        for command in Self.commands {
            let configuration = command.configuration
            let name = configuration.commandName ?? ""
            #expect(!configuration.abstract.isEmpty && !configuration.abstract.contains("\n"))
            let lines = configuration.discussion.split(separator: "\n")
                .filter { $0.contains("$ ") && $0.contains("cachectl \(name)") }
            #expect(!lines.isEmpty, "\(name) shows no example")
            for line in lines {
                let words = Self.words(line)
                let start = try #require(words.firstIndex(of: "cachectl")) + 1
                let arguments = words[start...].prefix { $0 != "|" && $0 != "||" }
                #expect(throws: Never.self) {
                    let parsed = try Cachectl.parseAsRoot(
                        arguments.map { $0 == "$TOKEN" ? "AAAA" : $0 })
                    #expect(type(of: parsed) == command)
                }
            }
        }
    }

    /// Divides a line as a shell does, as far as the examples need it.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in line {
            if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
            } else if quote == nil, character == " " {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return words + (word.isEmpty ? [] : [word])
    }

    @Test("the global options stand before or after the command")
    func globalOptions() throws {
        for arguments in [
            ["--server", "a:1", "--json", "get", "k"], ["get", "k", "--server", "a:1", "--json"],
        ] {
            let command = try #require(try Cachectl.parseAsRoot(arguments) as? GetCommand)
            #expect(command.options.connection.server?.description == "a:1")
            #expect(command.options.json)
            #expect(command.options.connection.callTimeout == .seconds(5))
        }
    }

    @Test("a dash is standard input, and a value behind -- may begin with one")
    func values() throws {
        let dash = try #require(try Cachectl.parseAsRoot(["set", "k", "-"]) as? SetCommand)
        #expect(dash.source == .standardInput)
        let value = try #require(try Cachectl.parseAsRoot(["set", "k", "--", "-5"]) as? SetCommand)
        #expect(value.source == .argument("-5"))
        let file = try #require(try Cachectl.parseAsRoot(["set", "k", "-f", "p"]) as? SetCommand)
        #expect(file.source == .file("p"))
    }

    @Test(
        "contradictions are refused before anything is sent",
        arguments: [
            "get", "get a b --output f", "get a b --verbose", "get a --if-version-not 0",
            "set k v --ttl 5m --no-expiry", "set k v --if-absent --if-present", "set k v --file f",
            "set k v --if-version 0", "set k v --metadata a",
            "set k v --metadata a=1 --metadata a=2",
            "delete a b --if-version 1", "touch k --ttl 5x", "keys --limit 0", "invalidate",
            "invalidate a --tag t", "invalidate --everything", "watch --since !",
            "stats --timeout 0s", "top --count 0", "top --count 101", "top --interval 99ms",
            "get k --origin-id ä", "get k --mode fast", "frobnicate",
        ])
    func refused(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            _ = try Cachectl.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        #expect(error.map { Cachectl.exitCode(for: $0) } == .validationFailure)
    }
}
