// Owns the attack on what a Redis server may say: any bytes, or replies made up of an input, cut
// anywhere.

import NIOCore

@testable import RedisClient

enum RESPTarget {
    static func run(_ input: inout FuzzInput) {
        var limits = RESPLimits()
        if input.bit() {
            limits.maxDepth = 3
            limits.maxAggregateElements = 6
            limits.maxElements = 12
            limits.maxLineBytes = 12
            limits.maxBlobBytes = 20
            limits.maxReplyBytes = 200
        }
        let mode = input.number(below: 3)
        let step = 1 + input.number(below: 32)
        switch mode {
        case 0: compare(input.remaining(), step, limits)
        case 1: compare(replies(&input), step, limits)
        default: command(&input)
        }
    }

    /// However the bytes are cut, they mean the same.
    private static func compare(_ bytes: [UInt8], _ step: Int, _ limits: RESPLimits) {
        let whole = Outcome([bytes[...]], limits)
        let single = Outcome(bytes.indices.map { bytes[$0...$0] }, limits)
        promise(whole.text == single.text, "single bytes mean something else: \(bytes)")
        let pieces = stride(from: 0, to: bytes.count, by: step).map { start in
            bytes[start..<min(start + step, bytes.count)]
        }
        promise(
            whole.text == Outcome(pieces, limits).text,
            "pieces of \(step) bytes mean something else: \(bytes)")
        promise(whole.depth <= limits.maxDepth, "\(whole.depth) aggregates in each other: \(bytes)")
    }

    /// Well-formed replies, mostly.
    private static func replies(_ input: inout FuzzInput) -> [UInt8] {
        var bytes: [UInt8] = []
        while !input.isEmpty {
            let type = input.choice(Array("$$$+-:*%~>|=!(,#_".utf8))
            bytes.append(type)
            switch type {
            case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
                let content = input.bytes(input.number(below: 24))
                let mark = type == UInt8(ascii: "=") ? Array("txt:".utf8) : []
                bytes += Array("\(mark.count + content.count)\r\n".utf8) + mark + content
            case UInt8(ascii: "*"), UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: ">"),
                UInt8(ascii: "|"):
                bytes += Array("\(Int(input.number(below: 9)) - 1)".utf8)
            case UInt8(ascii: ":"), UInt8(ascii: "("):
                bytes += Array("\(Int64(bitPattern: input.word()))".utf8)
            case UInt8(ascii: ","):
                bytes += Array("\(Double(bitPattern: input.word()))".utf8)
            case UInt8(ascii: "#"): bytes.append(input.choice(Array("tfx".utf8)))
            case UInt8(ascii: "_"): break
            default: bytes += input.run()
            }
            bytes += Array("\r\n".utf8)
        }
        return bytes
    }

    /// What we write is read as what it was.
    private static func command(_ input: inout FuzzInput) {
        var arguments: [[UInt8]] = []
        repeat { arguments.append(input.run()) } while !input.isEmpty
        var command = RedisCommand(arguments: arguments.count)
        for argument in arguments { command.append(argument) }
        let expected = RESPValue.array(arguments.map { .blob(ByteBuffer(bytes: $0)) })
        let outcome = Outcome([Array(command.bytes.readableBytesView)[...]], RESPLimits())
        promise(outcome.replies == [.value(expected)], "a command is read as another")
    }

    /// What a parser makes of pieces.
    private struct Outcome {
        private(set) var replies: [RESPReply] = []
        private var violation: RESPViolation?
        private var isBetweenReplies = false

        init(_ pieces: [ArraySlice<UInt8>], _ limits: RESPLimits) {
            var parser = RESPParser(limits: limits)
            do throws(RESPViolation) {
                for piece in pieces {
                    parser.append(ByteBuffer(bytes: piece))
                    while let reply = try parser.next() { replies.append(reply) }
                }
            } catch {
                violation = error
            }
            isBetweenReplies = parser.isBetweenReplies
        }

        /// Everything as text, in which what is no number equals itself.
        var text: String { "\(replies.map(Self.text)) \(String(describing: violation)) \(rest)" }

        private var rest: Bool { violation == nil && isBetweenReplies }

        var depth: Int {
            replies.map { reply in
                switch reply {
                case .value(let value): Self.depth(value)
                case .push(let elements): 1 + (elements.map(Self.depth).max() ?? 0)
                }
            }.max() ?? 0
        }

        private static func depth(_ value: RESPValue) -> Int {
            switch value {
            case .array(let values), .map(let values): 1 + (values.map(depth).max() ?? 0)
            default: 0
            }
        }

        private static func text(_ reply: RESPReply) -> String {
            switch reply {
            case .value(let value): text(value)
            case .push(let elements): "push \(elements.map(text))"
            }
        }

        private static func text(_ value: RESPValue) -> String {
            switch value {
            case .simpleString(let bytes): "simple \(Array(bytes.readableBytesView))"
            case .blob(let bytes): "blob \(Array(bytes.readableBytesView))"
            case .array(let values): "array \(values.map(text))"
            case .map(let values): "map \(values.map(text))"
            default: "\(value)"
            }
        }
    }
}
