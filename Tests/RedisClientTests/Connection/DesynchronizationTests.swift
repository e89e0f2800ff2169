// What a connection does about bytes that cannot be the answers to its commands.

import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// No answer ever reaches another command than its own: what shows that it might ends the
/// connection and fails all that wait.
@Suite struct DesynchronizationTests {
    @Test(arguments: [
        // Two answers to one command, and three to two.
        "$1\r\na\r\n_\r\n$1\r\nb\r\n",
        // No RESP.
        "$1\r\na\r\nHTTP/1.1 400 Bad Request\r\n", "\u{16}\u{3}\u{1}",
        // Lengths, nesting and kinds that no server sends.
        "$9223372036854775807\r\n", "*1000000000\r\n", "$?\r\n",
        String(repeating: "*1\r\n", count: 10_000), "+" + String(repeating: "a", count: 70_000),
        // Answers of kinds that GET does not have.
        ":1\r\n", "*1\r\n$1\r\na\r\n", "+OK\r\n", "#t\r\n", ",1\r\n", "%0\r\n",
        // Pushes that nothing asked for.
        ">2\r\n$10\r\ninvalidate\r\n*0\r\n", ">1\r\n:1\r\n",
        ">3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n",
        ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n",
    ])
    func endsTheConnection(_ bytes: String) throws {
        for isCut in [false, true] {
            let server = try ScriptedServer()
            let answers = server.get(0..<2)
            _ = try server.takeWrites()
            if isCut {
                for byte in bytes.utf8 where server.connection.isOpen { try server.say([byte]) }
            } else {
                try server.say(bytes)
            }
            #expect(server.ended.map(\.code) == [.protocolViolation], "\(bytes.prefix(40))")
            #expect(answers.keys == [0, 1], "each exactly once")
            #expect(answers.values.first == (bytes.hasPrefix("$1\r\na") ? "a" : .some(nil)))
            #expect(answers.codes.allSatisfy { $0 == .protocolViolation })
            #expect(!server.channel.isActive)
        }
    }

    @Test func anAnswerToACommandThatWasNotSentYetIsNone() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<1)
        try server.say("$1\r\na\r\n")
        #expect(server.ended.map(\.code) == [.protocolViolation])
        #expect(answers.values == [nil])
    }

    @Test func answersInSingleBytesReachTheirCommands() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<3)
        _ = try server.takeWrites()
        for byte in "$1\r\na\r\n-ERR x y\r\n$2\r\nbc\r\n".utf8 { try server.say([byte]) }
        #expect(answers.values == ["a", "ERR x y", "bc"])
    }

    @Test func halfAnAnswerAndTheEndIsALoss() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<2)
        _ = try server.takeWrites()
        try server.say("$1\r\na\r\n$5\r\nab")
        server.channel.pipeline.fireChannelInactive()
        #expect(answers.values == ["a", nil] && answers.codes == [.connectionLost])
        let sentence = try #require(server.ended.first?.description)
        #expect(sentence == "redis:6379 closed the connection in the middle of an answer")
    }

    @Test func messagesBetweenAnswersAreNoAnswers() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<2)
        _ = try server.takeWrites()
        let push = ">3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$1\r\nm\r\n"
        try server.say("\(push)$1\r\na\r\n\(push)\(push)$1\r\nb\r\n\(push)")
        #expect(answers.values == ["a", "b"])
        let message: [RESPValue] = [.text("smessage"), .text("c"), .text("m")]
        #expect(server.pushed == Array(repeating: message, count: 4))
    }
}
