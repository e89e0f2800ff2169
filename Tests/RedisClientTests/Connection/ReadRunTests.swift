// How the reads of a turn share one place among the commands of a connection.

import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// Reads in runs, and other commands between them.
@Suite struct ReadRunTests {
    private static let get = "*2\r\n$3\r\nGET\r\n$1\r\n"

    @Test func readsOfATurnAreOneWriteAndAreAnsweredInOrder() throws {
        let server = try ScriptedServer()
        let answers = server.read(0..<3)
        #expect(server.connection.inFlight == 3 && server.connection.queuedBytes == 3 * 20)
        #expect(
            try server.takeWrites() == ["\(Self.get)0\r\n\(Self.get)1\r\n\(Self.get)2\r\n"])
        try server.say("$1\r\na\r\n_\r\n")
        #expect(answers.keys == [0, 1] && answers.values == ["a", nil])
        #expect(server.connection.inFlight == 1)
        try server.say("$1\r\nc\r\n")
        #expect(answers.values == ["a", nil, "c"] && server.connection.inFlight == 0)
    }

    @Test func aReadIsWrittenAsACommandIs() throws {
        let server = try ScriptedServer()
        defer { server.connection.close() }
        _ = server.read(1_234..<1_235)
        let written = try server.takeWrites()
        _ = server.get(1_234..<1_235)
        #expect(try server.takeWrites() == written)
        #expect(ReadRun.command(Array("1234".utf8)).bytes == ByteBuffer(string: written[0]))
    }

    @Test func otherCommandsStandBetweenRuns() throws {
        let server = try ScriptedServer()
        let before = server.read(0..<2)
        let between = server.get(2..<3)
        let after = server.read(3..<5)
        let writes = try server.takeWrites()
        #expect(writes.count == 1 && writes[0].utf8.count == 5 * 20)
        let later = server.read(5..<6)
        #expect(try server.takeWrites().count == 1)
        for key in 0..<6 { try server.say("$1\r\n\(key)\r\n") }
        #expect(before.values == ["0", "1"] && between.values == ["2"])
        #expect(after.values == ["3", "4"] && later.values == ["5"])
        #expect(server.connection.inFlight == 0 && server.ended.isEmpty)
    }

    @Test func aRunIsUsedAgainWhenItIsOver() throws {
        let server = try ScriptedServer()
        let run = ReadRun()
        for round in 0..<3 {
            let answers = server.read(0..<4, new: run)
            _ = try server.takeWrites()
            #expect(run.missing == 4)
            for key in 0..<4 { try server.say("$3\r\n\(round)-\(key)\r\n") }
            #expect(answers.values == (0..<4).map { "\(round)-\($0)" })
            #expect(run.missing == 0)
        }
    }

    @Test(arguments: [":1\r\n", "+OK\r\n", "*1\r\n:1\r\n"])
    func anAnswerOfAnotherKindEndsTheConnection(_ answer: String) throws {
        let server = try ScriptedServer()
        let answers = server.read(0..<3)
        _ = try server.takeWrites()
        try server.say("$1\r\n0\r\n\(answer)")
        #expect(server.ended.map(\.code) == [.protocolViolation])
        #expect(answers.keys == [0, 1, 2])
        #expect(answers.codes == [.protocolViolation, .protocolViolation])
    }

    @Test func anAnswerToAReadThatWasNotSentEndsTheConnection() throws {
        let server = try ScriptedServer()
        let answers = server.read(0..<1)
        try server.say("$1\r\n0\r\n")
        #expect(server.ended.map(\.code) == [.protocolViolation])
        #expect(answers.codes.count == 1 && answers.values == [nil])
    }

    @Test func anErrorIsTheAnswerToOneRead() throws {
        let server = try ScriptedServer()
        let answers = server.read(0..<3)
        _ = try server.takeWrites()
        try server.say("$1\r\n0\r\n-MOVED 7 other:1\r\n$1\r\n2\r\n")
        #expect(answers.values == ["0", "MOVED 7 other:1", "2"])
    }

    @Test func overdueReadsFailAndTheirAnswersGoToNobody() throws {
        let server = try ScriptedServer()
        let hasty = server.read(0..<2, within: .milliseconds(50))
        let patient = server.read(2..<4, within: .seconds(5))
        let hastyToo = server.read(4..<5, within: .milliseconds(50))
        _ = try server.takeWrites()
        try server.say("$1\r\n0\r\n")
        server.loop.advanceTime(by: .milliseconds(100))
        #expect(hasty.keys == [0, 1] && hasty.codes == [.timedOut])
        #expect(hastyToo.codes == [.timedOut] && patient.keys.isEmpty)
        #expect(server.connection.inFlight == 4)
        for key in 1..<5 { try server.say("$1\r\n\(key)\r\n") }
        #expect(patient.values == ["2", "3"])
        #expect(hasty.all.count == 2 && hastyToo.all.count == 1)
        #expect(server.connection.inFlight == 0 && server.ended.isEmpty)
    }

    @Test func theEndOfTheConnectionFailsEachReadOnce() throws {
        let server = try ScriptedServer()
        let overdue = server.read(0..<1, within: .milliseconds(50))
        let sent = server.read(1..<3, within: .seconds(5))
        _ = try server.takeWrites()
        server.loop.advanceTime(by: .milliseconds(100))
        let unsent = server.read(3..<5)
        server.connection.close()
        #expect(overdue.codes == [.timedOut])
        #expect(sent.codes == [.connectionLost, .connectionLost])
        #expect(unsent.codes == [.closed, .closed])
        #expect(server.connection.inFlight == 0)
    }

    @Test func aCompletionMayCloseTheConnection() throws {
        let server = try ScriptedServer()
        let rest = ScriptedServer.Answers()
        let run = ReadRun()
        run.begin(for: server) { _, index, completion, result in
            if index == 0 { server.connection.close() }
            completion(result)
        }
        for key in 0..<3 {
            let read = ReadRun.Read(
                partition: 0, deadline: .distantFuture, tryDeadline: .distantFuture,
                completion: { rest.add(key, $0) })
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            #expect(server.connection.send(read, in: run, stem: none, rest: none) == nil)
        }
        _ = try server.takeWrites()
        try server.say("$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n")
        #expect(rest.keys.sorted() == [0, 1, 2] && rest.codes.count == 2)
    }

    @Test func boundsCountReads() throws {
        var configuration = RedisConnectionConfiguration()
        configuration.limits.maxInFlight = 4
        let server = try ScriptedServer(configuration)
        defer { server.connection.close() }
        #expect(server.read(0..<6).codes == [.overloaded, .overloaded])
        _ = try server.takeWrites()
        for key in 0..<4 { try server.say("$1\r\n\(key)\r\n") }
        #expect(server.read(0..<4).codes.isEmpty)
    }
}
