// Owns the attack on message framing: any bytes, in any pieces, against an obvious model.

@testable import GRPC

enum FramingTarget {
    private static let limit = 40

    /// Pieces of a stream, each with a byte in front: what to do, and how many bytes follow.
    static func run(_ input: inout FuzzInput) {
        var reader = MessageReader()
        var all: [UInt8] = []
        var messages: [[UInt8]] = []
        while !input.isEmpty {
            let choice = input.byte()
            let piece = input.bytes(Int(choice & 63))
            let violatedBefore = reader.violation != nil
            piece.withUnsafeBytes { reader.append($0, limit: limit) }
            if !violatedBefore { all += piece }
            if reader.violation != nil {
                promise(
                    reader.bufferedBytes == 0 && !reader.hasMessage, "a refused stream holds bytes")
            }
            if choice & 64 != 0 {
                while reader.hasMessage {
                    guard let message = reader.next() else {
                        return promise(false, "a message that is there does not come")
                    }
                    messages.append(Array(message))
                }
                promise(reader.next() == nil, "a message comes that is not there")
            }
            if choice & 128 != 0 { reader.compact() }
            compare(all, messages, reader, isRead: choice & 64 != 0)
        }
        reader.recycle()
        promise(reader.bufferedBytes == 0 && reader.violation == nil, "recycling leaves something")
    }

    private static func compare(
        _ all: [UInt8], _ messages: [[UInt8]], _ reader: borrowing MessageReader, isRead: Bool
    ) {
        let model = Model(all, limit: limit)
        promise(
            model.isViolated == (reader.violation != nil),
            "a violation: \(model.isViolated) expected of \(all)")
        promise(
            messages.elementsEqual(model.messages.prefix(messages.count)),
            "other messages in \(all)")
        if model.isViolated { return }
        let taken = messages.reduce(0) { $0 + $1.count + FramedMessage.prefixBytes }
        promise(reader.bufferedBytes == all.count - taken, "other bytes are held of \(all)")
        promise(reader.hasMessage == (messages.count < model.messages.count), "hasMessage is wrong")
        if isRead { promise(messages == model.messages, "a message is missing in \(all)") }
    }

    /// What a stream so far means, read from its start.
    private struct Model {
        private(set) var messages: [[UInt8]] = []
        private(set) var isViolated = false

        init(_ all: [UInt8], limit: Int) {
            var rest = all[...]
            while let flag = rest.first {
                if flag != 0 { isViolated = true }
                guard flag == 0, rest.count >= 5 else { return }
                let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
                if length > limit { isViolated = true }
                rest = rest.dropFirst(5)
                guard length <= limit, rest.count >= length else { return }
                messages.append(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
        }
    }
}
