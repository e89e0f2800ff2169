// What answers look like for people and for programs.

import GRPC
import Messages
import Testing

@testable import cachectl

@Suite struct AnswerTests {
    private let arena = MessageArena()

    private func entry(_ value: [UInt8]) -> EntryAnswer {
        var response = GetResponse()
        response.hit = true
        response.value = arena.copy(value)
        response.source = .l1
        response.version = 18_446_744_073_709_551_615
        response.cachedAt = ProtoTimestamp(seconds: 1)
        response.contentType = "text/plain"
        response.metadata = [MetadataPair(name: "owner", value: "billing")]
        response.tags = ["a", "b"]
        return EntryAnswer(key: "user:1", response)
    }

    @Test("an entry's JSON has a text value as it is, and sorted names")
    func textEntry() {
        let json = JSONLine.text(entry(Array(#"{"a":1}/é"#.utf8)))
        let expected = #"""
            {"cachedAt":"1970-01-01T00:00:01Z","contentType":"text/plain","hit":true,\#
            "key":"user:1","metadata":{"owner":"billing"},"notModified":false,\#
            "source":"l1","stale":false,\#
            "tags":["a","b"],"value":"{\"a\":1}/é","version":18446744073709551615}
            """#
        #expect(json == expected)
    }

    @Test("a value that is not UTF-8 is base64 under another name")
    func binaryEntry() {
        let json = JSONLine.text(entry([0xFF, 0x00, 0x01]))
        #expect(json.contains(#""value_base64":"/wAB""#))
        #expect(!json.contains(#""value":"#))
    }

    @Test("an empty value is there, and one that went into a file is not")
    func emptyAndFile() {
        var entry = entry([])
        #expect(JSONLine.text(entry).contains(#""value":"","#))
        entry.showsValue = false
        #expect(!JSONLine.text(entry).contains("value"))
    }

    @Test("a miss says so and nothing else")
    func miss() {
        let answer = EntryAnswer(key: "user:1", GetResponse())
        #expect(JSONLine.text(answer) == #"{"hit":false,"key":"user:1"}"#)
    }

    @Test("the details of an entry are a line each, without the value")
    func details() {
        let lines = entry(Array("secret".utf8)).details
        #expect(lines.contains("version       18446744073709551615"))
        #expect(lines.contains("expires       never"))
        #expect(lines.contains("metadata      owner=billing"))
        #expect(lines.contains("tag           b"))
        #expect(!lines.contains { $0.contains("secret") })
    }

    @Test("a write that was not stored says why; only for room is it a refusal")
    func notStored() {
        let reasons: [(NotStoredReason, String, ProgramExit)] = [
            (.exists, "exists", .unmet), (.absent, "absent", .unmet),
            (.versionMismatch, "version_mismatch", .unmet), (.noRoom, "no_room", .refused),
            (NotStoredReason(rawValue: 99), "unknown", .unmet),
        ]
        for (reason, name, exit) in reasons {
            var response = SetResponse()
            response.reason = reason
            response.currentVersion = 7
            let answer = SetAnswer(key: "k", response)
            #expect(answer.exit == exit)
            #expect(
                JSONLine.text(answer)
                    == #"{"currentVersion":7,"key":"k","reason":"\#(name)","stored":false}"#)
        }
    }

    @Test("outcomes read as sentences")
    func sentences() {
        var set = SetResponse()
        set.stored = true
        set.version = 3
        #expect(SetAnswer(key: "k", set).text == "stored k, version 3, never expires")
        #expect(DeleteAnswer(key: "k", DeleteResponse()).text == "k does not exist")
        #expect(ExistsAnswer(key: "k", ExistsResponse()).text == "k does not exist")
        #expect(TouchAnswer(key: "k", TouchResponse()).text == "k does not exist")
        var invalidated = InvalidateResponse()
        invalidated.invalidated = 1
        invalidated.success = true
        #expect(InvalidateAnswer(invalidated).text == "invalidated 1 entry")
        invalidated.success = false
        #expect(InvalidateAnswer(invalidated).text.contains("run it again"))
    }

    @Test("statistics fit into 80 columns even when everything is large")
    func statistics() {
        var counters = Counters()
        counters.hits = .max
        counters.misses = .max
        counters.hitRate = 0.5
        counters.sets = .max
        counters.deletes = .max
        counters.evictions = .max
        counters.l1Size = .max
        counters.l1Bytes = 999 << 40
        counters.l1MaxBytes = 16 << 40
        var namespace = NamespaceStats()
        namespace.namespace = arena.copy(String(repeating: "n", count: 64))
        namespace.counters = counters
        var latency = OperationLatency()
        latency.operation = "StreamInvalidations"
        latency.count = .max
        latency.max = ProtoDuration(seconds: 999)
        var response = StatsResponse()
        response.totals = counters
        response.namespaces = [namespace]
        response.latencies = [latency]
        var instance = InstanceStats()
        instance.rejectedConnections = [
            RejectedConnections("too_many_resets", count: 3),
            RejectedConnections("not_http2", count: 4),
        ]
        response.instance = instance
        let lines = StatsAnswer(response).text.split(separator: "\n")
        for line in lines { #expect(line.count <= 80, "\(line)") }
        #expect(lines.contains { $0.hasSuffix(" resets, 7 rejected") })
        #expect(lines.contains { $0.hasPrefix("too_many_resets ") && $0.hasSuffix(" 3") })
        #expect(lines.contains { $0.hasPrefix("NAMESPACE ") })
        #expect(lines.contains { $0.hasPrefix("nnnnnnnnnnnnnnnnnnn… ") })
        #expect(lines.contains { $0.hasPrefix("StreamInvalidations ") })
    }

    @Test("statistics as JSON carry the contract's names")
    func statisticsAsJSON() {
        var response = StatsResponse()
        response.totals = Counters()
        var instance = InstanceStats()
        instance.mode = "embedded"
        instance.rejectedConnections = [RejectedConnections("not_http2", count: 4)]
        response.instance = instance
        let json = JSONLine.text(StatsAnswer(response))
        for name in ["totals", "l1MaxBytes", "rejectedForRoom", "namespaces", "latencies"] {
            #expect(json.contains("\"\(name)\":"))
        }
        #expect(json.contains(#""mode":"embedded""#))
        #expect(json.contains(#""rejectedConnections":[{"count":4,"reason":"not_http2"}]"#))
    }
}

@Suite struct CommandFailureTests {
    private let server = ServerAddress(host: "127.0.0.1", port: 50051)

    @Test("a server that nobody answers for is exit 3, with what to do about it")
    func unreachable() {
        let status = GRPCStatus(.unavailable, "x: Connection refused (errno: 111)")
        let failure = CommandFailure.unreachable(server, status)
        #expect(failure.exit == .unreachable)
        #expect(
            failure.text.hasPrefix(
                "cachectl: cannot reach 127.0.0.1:50051: connection refused; is the server running?"
            ))
        #expect(failure.text.contains("make run"))
    }

    @Test("a refusal is exit 4 and carries the server's stable reason")
    func refused() {
        let arena = MessageArena()
        var info = ErrorInfo()
        info.reason = "INVALID_KEY"
        var details = RPCStatus()
        details.details = [AnyMessage(packing: info, in: arena)]
        let status = GRPCStatus(
            .invalidArgument, "key: must not be empty", details: details.encoded(in: arena))
        let failure = CommandFailure.call(server, status)
        #expect(failure.exit == .refused)
        let expected = #"""
            {"code":"INVALID_ARGUMENT","error":"key: must not be empty","exitCode":4,\#
            "reason":"INVALID_KEY"}
            """#
        #expect(JSONLine.text(failure) == expected)
    }

    @Test("UNAVAILABLE is exit 3, a passed deadline exit 4 with the option that helps")
    func otherCodes() {
        #expect(CommandFailure.call(server, GRPCStatus(.unavailable, "x")).exit == .unreachable)
        let late = CommandFailure.call(server, GRPCStatus(.deadlineExceeded))
        #expect(late.exit == .refused)
        #expect(late.text.contains("--timeout"))
    }

    @Test("details that cannot be read are no reason to fail")
    func garbage() {
        let failure = CommandFailure.call(server, GRPCStatus(.internal, "x", details: [0xFF]))
        #expect(failure.reason == nil)
    }
}
