// Checks the lines that loggers write, in both formats, and the level they share.

import Foundation
import Logging
import Testing

@testable import ServerApp

@Suite("Log output")
struct LogOutputTests {
    private static func output(
        _ format: LogFormat, _ pipe: LogPipe, level: Logger.Level = .info
    ) -> LogOutput {
        // 2026-11-21T08:00:00.123Z
        LogOutput(
            format: format, level: level, descriptor: pipe.descriptor, now: { 1_795_248_000_123 })
    }

    @Test("a text line is the time, the level, the event and the pairs in order")
    func text() throws {
        let pipe = LogPipe()
        let logger = Self.output(.text, pipe).logger(label: "")
        logger.info("listening", metadata: ["address": "127.0.0.1:50051", "a": "\(1)"])
        #expect(
            try pipe.lines() == [
                "2026-11-21T08:00:00.123Z level=info "
                    + #"event="listening" a=1 address=127.0.0.1:50051"#
            ])
    }

    @Test("a JSON line is one object with numbers as numbers and no member twice")
    func json() throws {
        let pipe = LogPipe()
        let logger = Self.output(.json, pipe).logger(label: "grpc")
        logger.error(
            "failed \"x\"",
            metadata: [
                "count": .stringConvertible(3), "ok": .stringConvertible(true),
                "level": "mine", "list": ["a", "b"], "peer": ["host": "h", "port": "1"],
            ])
        #expect(
            try pipe.lines() == [
                #"{"time":"2026-11-21T08:00:00.123Z","level":"error","event":"failed \"x\"","#
                    + #""logger":"grpc","count":3,"level_":"mine","list":["a","b"],"ok":true,"#
                    + #""peer":{"host":"h","port":"1"}}"#
            ])
    }

    @Test("a logger's own metadata goes along, and the line's wins over it")
    func metadata() throws {
        let pipe = LogPipe()
        var logger = Self.output(.text, pipe).logger(label: "wire")
        logger[metadataKey: "connection"] = "7"
        logger[metadataKey: "side"] = "server"
        logger.warning("closed", metadata: ["side": "client"])
        let line = try #require(try pipe.lines().first)
        #expect(
            line.hasSuffix(#"level=warning event="closed" logger=wire connection=7 side=client"#))
    }

    @Test("a change of the level reaches loggers that exist already")
    func level() throws {
        let pipe = LogPipe()
        let output = Self.output(.text, pipe)
        let logger = output.logger(label: "")
        logger.debug("unseen")
        output.level = .debug
        logger.debug("seen")
        output.level = .critical
        logger.error("unseen again")
        let lines = try pipe.lines()
        #expect(lines.count == 1)
        #expect(lines.first?.contains(#"event="seen""#) == true)
    }

    @Test("a logger's own level is its own")
    func ownLevel() throws {
        let pipe = LogPipe()
        let output = Self.output(.text, pipe)
        var loud = output.logger(label: "")
        loud.logLevel = .trace
        loud.trace("loud")
        output.logger(label: "").trace("unseen")
        #expect(try pipe.lines().count == 1)
    }

    @Test("lines of many writers stay whole")
    func wholeLines() async throws {
        let pipe = LogPipe()
        let output = Self.output(.text, pipe)
        let filler = String(repeating: "x", count: 200)
        await withTaskGroup { group in
            for writer in 0..<8 {
                group.addTask {
                    let logger = output.logger(label: "w\(writer)")
                    for _ in 0..<25 { logger.info("tick", metadata: ["filler": "\(filler)"]) }
                }
            }
        }
        let lines = try pipe.lines()
        #expect(lines.count == 200)
        #expect(lines.allSatisfy { $0.hasPrefix("2026-11-21T08") && $0.hasSuffix("=" + filler) })
    }

    @Test("a line has a bounded number of pairs and says what it dropped")
    func manyPairs() throws {
        let pipe = LogPipe()
        var pairs: Logger.Metadata = [:]
        for index in 0..<100 { pairs["k\(index)"] = "v" }
        Self.output(.text, pipe).logger(label: "").info("many", metadata: pairs)
        let line = try #require(try pipe.lines().first)
        #expect(line.hasSuffix(" dropped=\(100 - LogLine.maxPairs)"))
    }

    @Test("a descriptor that cannot be written to loses the line and harms nothing")
    func closedDescriptor() {
        let output = LogOutput(format: .text, level: .info, descriptor: -1)
        output.logger(label: "").info("lost")
        #expect(output.level == .info)
    }

    @Test("the time is RFC 3339 in UTC with milliseconds")
    func timestamps() {
        #expect(LogTimestamp.text(0) == "1970-01-01T00:00:00.000Z")
        #expect(LogTimestamp.text(951_782_400_007) == "2000-02-29T00:00:00.007Z")
    }
}
