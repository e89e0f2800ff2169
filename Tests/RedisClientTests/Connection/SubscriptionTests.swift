// How a connection takes pushes for confirmations.

import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// Subscriptions, whose confirmations are pushes.
@Suite struct SubscriptionTests {
    private static func confirmation(_ kind: String, _ channel: String) -> String {
        ">3\r\n$\(kind.utf8.count)\r\n\(kind)\r\n$1\r\n\(channel)\r\n:1\r\n"
    }

    @Test func confirmationsTakeThePlaceOfTheAnswer() throws {
        let server = try ScriptedServer()
        let before = server.get(0..<1)
        let answers = subscribe(server, ["a", "b"])
        let after = server.get(1..<2)
        let subscribe = "*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n$1\r\nb\r\n"
        #expect(try server.takeWrites().joined().contains(subscribe))
        try server.say("$1\r\nx\r\n" + Self.confirmation("ssubscribe", "a"))
        #expect(before.values == ["x"] && answers.all.isEmpty)
        try server.say(">3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nm\r\n")
        try server.say(Self.confirmation("ssubscribe", "b") + "$1\r\ny\r\n")
        #expect(try answers.all.first?.result.get() == .integer(2) && after.values == ["y"])
        #expect(server.pushed.count == 1, "confirmations are not passed on")
    }

    @Test func aRefusalIsTheAnswerToAll() throws {
        let server = try ScriptedServer()
        let answers = subscribe(server, ["a", "b"])
        _ = try server.takeWrites()
        try server.say("-MOVED 1 x:1\r\n")
        #expect(answers.values == ["MOVED 1 x:1"] && server.connection.isOpen)
    }

    @Test(arguments: [
        // Another channel, another kind, another order, an answer, a refusal in the middle.
        confirmation("ssubscribe", "c"), confirmation("subscribe", "a"),
        confirmation("ssubscribe", "b"), "+OK\r\n",
        confirmation("ssubscribe", "a") + "-ERR x\r\n",
        confirmation("ssubscribe", "a") + confirmation("ssubscribe", "a"),
    ])
    func anythingElseEndsTheConnection(_ bytes: String) throws {
        let server = try ScriptedServer()
        let answers = subscribe(server, ["a", "b"])
        _ = try server.takeWrites()
        try server.say(bytes)
        #expect(server.ended.map(\.code) == [.protocolViolation])
        #expect(answers.codes == [.protocolViolation])
    }

    @Test func aSubscriptionThatTheServerTakesBackIsPassedOn() throws {
        let server = try ScriptedServer()
        try server.say(Self.confirmation("sunsubscribe", "a"))
        #expect(server.connection.isOpen && server.pushed.first?.first == .text("sunsubscribe"))
    }

    @Test func unsubscribingIsConfirmed() throws {
        let server = try ScriptedServer()
        let answers = ScriptedServer.Answers()
        server.connection.unsubscribe(["a"], sharded: false, deadline: .distantFuture) {
            answers.add(0, $0)
        }
        _ = try server.takeWrites()
        try server.say(Self.confirmation("unsubscribe", "a"))
        #expect(try answers.all.first?.result.get() == .integer(1) && server.pushed.isEmpty)
    }

    private func subscribe(_ server: ScriptedServer, _ channels: [String]) -> ScriptedServer.Answers
    {
        let answers = ScriptedServer.Answers()
        server.connection.subscribe(channels, deadline: .distantFuture) { answers.add(0, $0) }
        return answers
    }
}
