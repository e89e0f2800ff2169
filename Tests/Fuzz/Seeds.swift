// Owns the first inputs of the targets that no other program can make; plain files.

import Foundation

enum Seeds {
    /// Writes `FOLDER/<target>/<name>` for each.
    static func write(to folder: String) throws {
        for (target, name, bytes) in all {
            let directory = URL(filePath: folder).appending(path: target.rawValue)
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            try Data(bytes).write(to: directory.appending(path: name))
        }
    }

    private static let all: [(FuzzTarget, String, [UInt8])] =
        sessions + [
            (
                .framing, "two-messages",
                [64 + 12, 0, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 128 + 3, 0, 0]
            ),
            (.framing, "in-pieces", [3, 0, 0, 0, 2, 0, 1, 64 + 128 + 1, 9]),
            (.framing, "too-large", [5, 0, 0, 1, 0, 0]),
            (.framing, "compressed", [5, 1, 0, 0, 0, 1]),
            (.metadata, "list", [0] + Array("AQI=, Aw ,".utf8)),
            (.metadata, "base64", [1] + Array("c29tZSBieXRlcw==".utf8)),
            (.metadata, "percent", [2] + Array("100 %25, kein Schl%C3%BCssel %zz%".utf8)),
            (.metadata, "timeout", [3] + Array("99999999H".utf8)),
            (.metadata, "duration", [4, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 7, 7, 7, 7, 0]),
            (
                .headers, "several",
                [0, 2, 65, 66, 1, 4, 65, 81, 73, 61, 5, 1, 67, 3, 120, 45, 99, 7]
            ),
            (.token, "all-zero", [2]),
            (.token, "busy", [2] + (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37) }),
            (.token, "no-revisions", [1, 1] + [UInt8](repeating: 0, count: 16 + 16)),
        ]
        + globs.map { (.glob, $0, globInput($1)) }
        + replies.map { (.resp, $0, [0, 0, 6] + Array($1.utf8)) }
        + [
            (.resp, "limited", [1, 0, 2] + Array("*2\r\n*2\r\n$3\r\nabc\r\n:1\r\n_\r\n".utf8)),
            (.resp, "made-up", [0, 1, 4] + (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
            (.resp, "command", [0, 2, 0, 3] + Array("GET".utf8) + [1, 0x6B]),
        ] + envelopes + events + blocks

    private static let globs: [(String, [String])] = [
        ("prefix", ["user:*", "user:1", "user:2", "order:2"]),
        ("sets", ["[a-c]?[^x-]*", "b\\*[]", "bqr", "b*y", "é"]),
        ("runs", ["*a*b*", "*b?", "xaybz", "abc", ""]),
        ("unicode", ["?[à-ü]*😀", "é", "aé😀", "éü-😀"]),
        ("faulty", ["[z-a]", "\\", "a"]),
    ]

    private static let replies: [(String, String)] = [
        (
            "scalars",
            "+OK\r\n-ERR no\r\n:-12\r\n,1.5e3\r\n,inf\r\n(123\r\n#t\r\n_\r\n$-1\r\n*-1\r\n"
        ),
        ("blobs", "$3\r\na\r\n\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n$0\r\n\r\n"),
        ("aggregates", "*2\r\n%1\r\n+k\r\n~1\r\n:1\r\n*0\r\n>2\r\n+message\r\n$1\r\nm\r\n"),
        ("attributes", "|1\r\n+ttl\r\n:9\r\n*1\r\n|0\r\n:2\r\n"),
        ("streamed", "$?\r\n;4\r\nabcd\r\n;0\r\n"),
    ]

    private static let events: [(FuzzTarget, String, [UInt8])] = [
        (
            .event, "message",
            [0] + zeros(8) + [5] + zeros(7) + [1, 1, 0, 2, 1, 0] + Array("wwckey".utf8)
        ),
        (.event, "log", [1, 1, 7, 9, 1, 4, 3, 0, 0, 0] + Array("tag".utf8) + [0, 1, 8, 1, 1, 0]),
        (.event, "key", [2, 0] + zeros(15) + [9, 0, 1, 65, 1, 66] + Array("user:1".utf8)),
        (.event, "pattern", [2, 4] + zeros(15) + [9, 1, 0, 0, 0] + Array("user:[a-z]*".utf8)),
        (.event, "everything", [2, 4] + zeros(15) + [9, 3, 0, 0, 0]),
        (
            .event, "copy",
            [2, 4] + zeros(15) + [9, 2, 1] + zeros(7) + [5, 0, 0] + Array("tag".utf8)
        ),
        (
            .event, "copy-message",
            [0] + zeros(8) + [5] + zeros(7) + [1, 5, 7, 0, 0, 0, 5] + zeros(7)
        ),
    ]

    private static let blocks: [(FuzzTarget, String, [UInt8])] = [
        // 100 times the same byte, as LZ4 packs it.
        (.block, "run", [0, 100, 0, 0, 0, 0x1F, 7, 1, 0, 75, 0x50, 7, 7, 7, 7, 7]),
        (.block, "far-offset", [0, 100, 0, 0, 0, 0x1F, 7, 0, 9, 75, 0x50, 7, 7, 7, 7, 7]),
        (.block, "bomb", [0, 255, 255, 0, 0, 0x1F, 7, 1, 0, 255, 255, 255, 255, 255]),
        (.block, "value", [1] + (0..<200).map { UInt8($0 & 3) }),
        (.block, "runs", [2, 7, 40, 3, 1, 2, 3, 8, 90, 0]),
        (.block, "changed", [3, 2, 5, 0x10, 9, 1, 7, 40, 3, 1, 2, 3, 8, 90, 0]),
    ]

    private static let envelopes: [(FuzzTarget, String, [UInt8])] = [
        (.envelope, "raw", [0] + Array("CM".utf8) + [1] + zeros(60)),
        (.envelope, "tags", [1, 0, 2, 0, 6, 0, 0] + zeros(24) + [1, 0, 1, 1, 0, 2, 9]),
        (
            .envelope, "metadata",
            [1, 1, 0, 1, 0, 9, 1] + zeros(24) + [65, 1, 0, 7, 2, 0, 0, 0, 8, 8]
        ),
        (.envelope, "written", [2, 1, 65, 2, 1, 1, 2, 2, 2, 1, 1, 7, 1, 8, 0] + zeros(32) + [9]),
        (.envelope, "entry-name", [3, 0, 1, 0] + Array("user:1".utf8)),
        (.envelope, "lease-name", [3, 7, 0, 1] + Array("p:{7}:lease:x".utf8)),
    ]

    private static func globInput(_ texts: [String]) -> [UInt8] {
        texts.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    }

    private static let sessions: [(FuzzTarget, String, [UInt8])] = [
        // A choice of limits, a mode, then runs of bytes or acts.
        (
            .server, "get-raw",
            [0, 0] + runs(FrameScript.preface + [0, 0, 0, 4, 0, 0, 0, 0, 0] + get)
        ),
        (.server, "get-after-preface", [0, 1] + runs(get)),
        (.server, "unary", [0, 2, 3, 0, 0, 0, 6, 1, 1, 9, 0, 1, 15, 15]),
        (.server, "pending", [1, 2, 3, 0, 2, 0, 6, 1, 1, 9, 0, 1, 15, 11, 15, 15]),
        (
            .server, "streaming",
            [1, 2, 3, 0, 3, 0, 15, 6, 1, 0, 3, 1, 1, 6, 1, 0, 2, 0, 1, 15, 11, 15]
        ),
        (.server, "cut-in-two", [0, 2, 3, 0, 3, 0, 6, 1, 1, 9, 0, 1, 10, 40, 14, 5, 15]),
        (.server, "deadline", [0, 2, 3, 16, 2, 5, 0, 6, 1, 1, 9, 0, 1, 15, 12, 20, 15]),
        (.server, "parked-and-reset", parked + [1, 5] + zeros(10) + [15]),
        (.server, "parked-and-resumed", parked + [13, 1, 15]),
        (.client, "raw-settings", [0, 0, 0] + runs([0, 0, 0, 4, 0, 0, 0, 0, 0])),
        (
            .client, "answered",
            [2, 0, 0, 0, 3, 0, 1, 0, 0, 6, 1, 0, 5, 0, 1, 0, 3, 133, 1, 0, 0, 15, 0, 13]
        ),
        (.client, "refused", [2, 0, 0, 0, 3, 140, 1, 0, 5, 3, 37, 32, 33, 0, 15, 0, 13]),
        (
            .client, "reset",
            [2, 0, 200, 0, 10, 255, 0, 1, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 15]
        ),
    ]

    /// Three unary calls while the socket is full: the third has to wait for the others.
    private static let parked: [UInt8] =
        [1, 2, 13, 0]
        + [1, 3, 5].flatMap { stream -> [UInt8] in
            [3, 0, 0, 0, 6, stream, 1, 40, 1, 1, 15]
        }

    private static func zeros(_ count: Int) -> [UInt8] { .init(repeating: 0, count: count) }

    /// A unary call, as any client sends it.
    private static let get: [UInt8] = {
        var script = FrameScript(isClient: true)
        let fields = [
            (":method", "POST"), (":scheme", "http"), (":path", "/s/U"), (":authority", "a"),
            ("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", "5S"),
        ]
        let block = FrameScript.block(fields.map { ($0.0, Array($0.1.utf8)) })
        script.frame(type: 1, flags: 4, stream: 1, block)
        script.frame(type: 0, flags: 1, stream: 1, [0, 0, 0, 0, 3, 0x0A, 1, 0x6B])
        return script.take()
    }()

    /// Bytes in runs, each with its length in front.
    private static func runs(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: 100).flatMap { start in
            let piece = bytes[start..<min(start + 100, bytes.count)]
            return [UInt8(piece.count)] + piece
        }
    }
}
