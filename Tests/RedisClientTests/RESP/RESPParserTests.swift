// What the parser reads and refuses, however the bytes are cut.

import NIOCore
import Testing

@testable import RedisClient

@Suite struct RESPParserTests {
    /// Replies, one of each kind, and what they mean.
    private static let samples: [(String, RESPReply)] = [
        ("+OK\r\n", .value(.simpleString(ByteBuffer(string: "OK")))),
        ("+\r\n", .value(.simpleString(ByteBuffer()))),
        (
            "-MOVED 3999 127.0.0.1:6381\r\n",
            .value(.error(RESPError(code: "MOVED", message: "3999 127.0.0.1:6381")))
        ),
        ("-ERR\r\n", .value(.error(RESPError(code: "ERR", message: "")))),
        ("!8\r\nERR a\r\nb\r\n", .value(.error(RESPError(code: "ERR", message: "a\r\nb")))),
        (":-9223372036854775808\r\n", .value(.integer(.min))),
        (":+7\r\n", .value(.integer(7))),
        ("$0\r\n\r\n", .value(.text(""))),
        ("$5\r\na\r\nb\n\r\n", .value(.text("a\r\nb\n"))),
        ("=8\r\ntxt:a\r\nb\r\n", .value(.text("a\r\nb"))),
        (
            "(-3492890328409238509324850943850943825024385\r\n",
            .value(
                .text("-3492890328409238509324850943850943825024385"))
        ),
        ("$-1\r\n", .value(.null)), ("*-1\r\n", .value(.null)), ("_\r\n", .value(.null)),
        ("#t\r\n", .value(.boolean(true))), ("#f\r\n", .value(.boolean(false))),
        (",1.5e3\r\n", .value(.double(1_500))), (",-inf\r\n", .value(.double(-.infinity))),
        ("*0\r\n", .value(.array([]))), ("%0\r\n", .value(.map([]))),
        (
            "*2\r\n*1\r\n:1\r\n~1\r\n+a\r\n",
            .value(
                .array([
                    .array([.integer(1)]), .array([.simpleString(ByteBuffer(string: "a"))]),
                ]))
        ),
        ("%1\r\n$1\r\na\r\n*-1\r\n", .value(.map([.text("a"), .null]))),
        (
            ">2\r\n+message\r\n*0\r\n",
            .push([
                .simpleString(ByteBuffer(string: "message")), .array([]),
            ])
        ),
        // Attributes, also empty ones and inside others, say nothing.
        ("|1\r\n+ttl\r\n:3600\r\n$1\r\na\r\n", .value(.text("a"))),
        ("|0\r\n|1\r\n|0\r\n*1\r\n_\r\n:1\r\n*1\r\n|0\r\n:2\r\n", .value(.array([.integer(2)]))),
        ("|1\r\n+a\r\n+b\r\n>1\r\n+x\r\n", .push([.simpleString(ByteBuffer(string: "x"))])),
    ]

    @Test func readsEveryKindOfReply() {
        for (text, reply) in Self.samples {
            let read = ParserRun([Array(text.utf8)])
            #expect(read.replies == [reply], "\(text)")
            #expect(read.violation == nil && read.isBetweenReplies, "\(text)")
        }
    }

    @Test func readsTheSameHoweverTheBytesAreCut() {
        let bytes = Self.samples.flatMap { Array($0.0.utf8) }
        let expected = Self.samples.map(\.1)
        #expect(ParserRun(bytes.map { [$0] }).replies == expected)
        for cut in 0...bytes.count {
            let read = ParserRun([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(read.replies == expected, "cut at \(cut)")
        }
    }

    @Test func readsNotANumber() {
        guard case .value(.double(let number)) = ParserRun([Array(",nan\r\n".utf8)]).replies.first
        else {
            Issue.record("no double")
            return
        }
        #expect(number.isNaN)
    }

    @Test(arguments: [
        ("?\r\n", RESPViolation.unknownType), ("\r\n", .unknownType), ("GET", .unknownType),
        ("HTTP/1.1 400\r\n", .unknownType), ("$?\r\n", .streamed), ("*?\r\n", .streamed),
        (";4\r\n", .streamed), (".\r\n", .streamed), (":\r\n", .badNumber), (":1x", .badNumber),
        (":--1\r\n", .badNumber), ("$+1\r\n", .badNumber),
        (":9223372036854775808\r\n", .badNumber), (":00000000000000000001\r\n", .badNumber),
        (":1\rx", .badLineEnd), ("$-2\r\n", .badCount), ("*-2\r\n", .badCount),
        ("%-1\r\n", .badCount), ("=-1\r\n", .badCount), ("$1\r\nabc", .badLineEnd),
        ("+a\n", .badLineEnd), ("+a\rb\r\n", .badLineEnd), ("=3\r\ntxt\r\n", .badVerbatim),
        ("=5\r\ntextx\r\n", .badVerbatim), ("#x\r\n", .badText), ("#tt\r\n", .badText),
        ("_x\r\n", .badText), (",0x10\r\n", .badNumber), (",infinity\r\n", .badNumber),
        (",\r\n", .badNumber), ("(1.5\r\n", .badText), ("(\r\n", .badText),
        (">0\r\n", .misplacedPush), ("*1\r\n>1\r\n+a\r\n", .misplacedPush),
    ])
    func refusesWhatIsNoRESP(_ text: String, _ violation: RESPViolation) {
        let bytes = Array(text.utf8)
        #expect(ParserRun([bytes]).violation == violation)
        #expect(ParserRun(bytes.map { [$0] }).violation == violation)
        #expect(ParserRun([Array("+OK\r\n".utf8) + bytes]).replies.count == 1)
    }

    @Test func refusesWhatIsBeyondItsLimits() {
        var limits = RESPLimits()
        limits.maxDepth = 2
        limits.maxAggregateElements = 4
        limits.maxElements = 6
        limits.maxLineBytes = 10
        limits.maxBlobBytes = 12
        limits.maxReplyBytes = 60
        let depth = "*1\r\n*1\r\n"
        let samples: [(String, RESPViolation?)] = [
            (depth + ":1\r\n", nil), (depth + "*0\r\n", .tooDeep), ("*5\r\n", .tooManyElements),
            ("%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n", nil), ("%3\r\n", .tooManyElements),
            ("*4\r\n*2\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n", nil),
            ("*4\r\n*2\r\n:1\r\n:2\r\n*1\r\n", .tooManyElements),
            ("*3\r\n:1\r\n:2\r\n:3\r\n*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", nil),
            ("+1234567\r\n", nil), ("+12345678\r\n", .lineTooLong),
            ("+12345678901234", .lineTooLong), ("$12\r\n123456789012\r\n", nil),
            ("$13\r\n", .blobTooLong), ("$9223372036854775807\r\n", .blobTooLong),
            (String(repeating: "|0\r\n", count: 20), .replyTooLong),
            ("*4\r\n" + String(repeating: "$12\r\n123456789012\r\n", count: 3), .replyTooLong),
            (String(repeating: "$12\r\n123456789012\r\n", count: 9), nil),
        ]
        for (text, violation) in samples {
            let bytes = Array(text.utf8)
            #expect(ParserRun([bytes], limits).violation == violation, "\(text)")
            #expect(ParserRun(bytes.map { [$0] }, limits).violation == violation, "\(text)")
        }
    }

    @Test func staysRefusedAndLetsGoOfWhatItHeld() {
        var parser = RESPParser()
        parser.append(ByteBuffer(string: "*2\r\n:1\r\n?"))
        for _ in 0..<2 { #expect(throws: RESPViolation.unknownType) { try parser.next() } }
        parser.append(ByteBuffer(string: "+OK\r\n"))
        #expect(throws: RESPViolation.unknownType) { try parser.next() }
    }

    @Test func readsLargeRepliesByteByByte() {
        let blob = [UInt8](repeating: 0x61, count: 100_000)
        let blobReply = Array("$\(blob.count)\r\n".utf8) + blob + Array("\r\n".utf8)
        #expect(
            ParserRun(blobReply.map { [$0] }).replies == [.value(.blob(ByteBuffer(bytes: blob)))])
        let element = Array("*2\r\n$3\r\nabc\r\n:1\r\n".utf8)
        let count = 5_000
        let wide = Array("*\(count)\r\n".utf8) + (0..<count).flatMap { _ in element }
        let replies = ParserRun(wide.map { [$0] }).replies
        let pair = RESPValue.array([.text("abc"), .integer(1)])
        #expect(replies == [.value(.array(Array(repeating: pair, count: count)))])
    }

    @Test func aBlobInOnePieceIsASliceOfIt() throws {
        var parser = RESPParser()
        let piece = ByteBuffer(string: "$3\r\nabc\r\n")
        parser.append(piece)
        guard case .value(.blob(let blob)) = try parser.next() else {
            Issue.record("no blob")
            return
        }
        #expect(blob.address == piece.getSlice(at: 4, length: 3)?.address)
    }

    @Test func anIncompleteAggregateDoesNotKeepTheMemoryOfManyReads() throws {
        var parser = RESPParser()
        parser.append(ByteBuffer(string: "*100\r\n"))
        #expect(try parser.next() == nil)
        for _ in 0..<100 {
            var read = ByteBufferAllocator().buffer(capacity: 64 << 10)
            read.writeString("$1\r\na\r\n")
            parser.append(read)
            guard case .value(.array(let values))? = try parser.next() else { continue }
            let capacities = values.compactMap { value in
                if case .blob(let bytes) = value { bytes.storageCapacity } else { nil }
            }
            #expect(capacities.count == 100 && capacities.allSatisfy { $0 < 64 })
            return
        }
        Issue.record("no array")
    }
}

extension ByteBuffer {
    fileprivate var address: UnsafeRawPointer? { withUnsafeReadableBytes { $0.baseAddress } }
}

/// What a parser makes of pieces.
struct ParserRun {
    private(set) var replies: [RESPReply] = []
    private(set) var violation: RESPViolation?
    private(set) var isBetweenReplies = false

    init(_ pieces: [[UInt8]], _ limits: RESPLimits = RESPLimits()) {
        var parser = RESPParser(limits: limits)
        do throws(RESPViolation) {
            for piece in pieces {
                parser.append(ByteBuffer(bytes: piece))
                while let reply = try parser.next() { replies.append(reply) }
            }
            isBetweenReplies = parser.isBetweenReplies
        } catch {
            violation = error
        }
    }
}
