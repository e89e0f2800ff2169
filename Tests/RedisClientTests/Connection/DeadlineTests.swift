// What time does to a connection.

import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// What time does to a connection.
@Suite struct DeadlineTests {
    @Test func anOverdueCommandFailsAndItsLateAnswerIsNobodyElses() throws {
        let server = try ScriptedServer()
        let early = server.get(0..<1, within: .seconds(2))
        let late = server.get(1..<2, within: .seconds(4))
        _ = try server.takeWrites()
        server.loop.advanceTime(by: .milliseconds(1_999))
        #expect(early.all.isEmpty)
        server.loop.advanceTime(by: RedisConnection.alarmGranularity)
        #expect(early.codes == [.timedOut] && late.all.isEmpty)
        #expect(server.connection.inFlight == 2)
        try server.say("$1\r\na\r\n$1\r\nb\r\n")
        #expect(early.codes == [.timedOut] && early.all.count == 1 && late.values == ["b"])
    }

    @Test func deadlinesAreKeptInAnyOrder() throws {
        let server = try ScriptedServer()
        let answers = ScriptedServer.Answers()
        let times = [3_000, 500, 500, 1_000, 4_000, 100]
        for time in times {
            server.connection.send(
                RedisCommand("PING"), deadline: server.loop.now + .milliseconds(Int64(time))
            ) { answers.add(time, $0) }
        }
        for time in [100, 500, 1_000, 3_000, 4_000] {
            let before = Int(server.loop.now.uptimeNanoseconds / 1_000_000)
            server.loop.advanceTime(by: .milliseconds(Int64(time + 5 - before)))
            #expect(answers.keys == times.filter { $0 <= time }.sorted())
        }
    }

    @Test func aServerThatSaysNothingIsGivenUp() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<5, within: .seconds(60))
        _ = try server.takeWrites()
        server.loop.advanceTime(by: .seconds(9))
        #expect(server.connection.isOpen && answers.all.isEmpty)
        server.loop.advanceTime(by: .seconds(2))
        #expect(server.ended.map(\.code) == [.connectionLost])
        #expect(answers.codes == Array(repeating: .connectionLost, count: 5))
        #expect(!server.channel.isActive)
    }

    @Test func aLoopThatStoodStillReadsBeforeItGivesUp() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<1, within: .seconds(60))
        _ = try server.takeWrites()
        // The timer runs late and alone; the answer has been there all the time.
        server.loop.advanceTime(by: .seconds(10))
        try server.say("$1\r\na\r\n")
        server.loop.advanceTime(by: .milliseconds(100))
        #expect(answers.values == ["a"] && server.connection.isOpen)
    }

    @Test func aSlowServerIsNotGivenUpWhileItAnswers() throws {
        let server = try ScriptedServer()
        let answers = server.get(0..<4, within: .seconds(60))
        _ = try server.takeWrites()
        let push = ">3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nm\r\n"
        for said in ["$1\r\na\r\n", "_\r\n", "$3\r\na", "b", "c\r\n"] {
            server.loop.advanceTime(by: .seconds(8))
            try server.say(said)
            #expect(server.connection.isOpen)
        }
        #expect(answers.values == ["a", nil, "abc"])
        server.loop.advanceTime(by: .seconds(8))
        try server.say(push)
        server.loop.advanceTime(by: .seconds(3))
        #expect(server.ended.map(\.code) == [.connectionLost], "pushes are no answers")
    }

    @Test func anIdleConnectionIsProbedAndGivenUpWithoutAnEcho() throws {
        let server = try ScriptedServer()
        for _ in 0..<4 {
            server.loop.advanceTime(by: .seconds(5))
            try server.say(echo(try server.takeWrites()))
            #expect(server.connection.isOpen && server.connection.inFlight == 0)
        }
        server.loop.advanceTime(by: .seconds(16))
        #expect(server.ended.map(\.code) == [.connectionLost])
    }

    @Test func aProbeWithoutPermissionIsAnAnswerAllTheSame() throws {
        let server = try ScriptedServer()
        server.loop.advanceTime(by: .seconds(5))
        try server.say("-NOPERM this user has no permissions to run the 'ping' command\r\n")
        #expect(server.connection.isOpen)
    }

    @Test func anotherEchoThanWhatWasSentEndsTheConnection() throws {
        let server = try ScriptedServer()
        server.loop.advanceTime(by: .seconds(5))
        var echo = Array(echo(try server.takeWrites()).utf8)
        // The last digit, before the line's end.
        echo[echo.count - 3] ^= 1
        try server.say(echo)
        #expect(server.ended.map(\.code) == [.protocolViolation])
    }

    /// The answer to the PING that was written.
    private func echo(_ writes: [String]) -> String {
        let parts = writes.joined().split(separator: "\r\n", omittingEmptySubsequences: false)
        return parts.count > 4 ? "\(parts[3])\r\n\(parts[4])\r\n" : ""
    }
}
