// Reads the replies of a server from bytes that come in any pieces; a value, one thread at a time.

import NIOCore

/// What a server sends at the top level.
enum RESPReply: Hashable, Sendable {
    /// The answer to a command.
    case value(RESPValue)
    /// A message beside the answers; not empty.
    case push([RESPValue])
}

/// An incremental parser of RESP3 and RESP2
/// (https://github.com/redis/redis-specifications, protocol/RESP3.md).
///
/// Each byte is looked at once, however the bytes are cut: what the end of a piece cuts is moved
/// into a buffer of its own, which grows until the line or blob is complete, and aggregates keep
/// their place. A blob that lies whole in a piece is a slice of it, without a copy: it keeps the
/// whole piece alive, so that whoever keeps a value beyond the turn of the loop has to copy it.
struct RESPParser {
    /// What a cut blob's buffer is given at first: a length alone shall not cost its memory.
    private static let firstBlobBytes = 256 << 10
    /// What an aggregate's list is given at first, for the same reason.
    private static let firstElements = 256
    /// A piece that fills less than this part of its memory is copied inside an aggregate, which
    /// would keep many of them until it is complete.
    private static let wasteFactor = 4
    private static let lineEndBytes = 2

    /// What the end of a piece cut.
    private enum Cut {
        case nothing
        case line
        case blob(type: UInt8, length: Int)
    }

    private enum Token {
        case value(RESPValue)
        case aggregate(type: UInt8, elements: Int)
    }

    /// An aggregate that is not complete.
    private struct OpenAggregate {
        let type: UInt8
        var missing: Int
        var values: [RESPValue] = []
    }

    private let limits: RESPLimits
    private var piece = ByteBuffer()
    private var cut = Cut.nothing
    private var cutBytes = ByteBuffer()
    private var open: [OpenAggregate] = []
    private var elements = 0
    private var replyBytes = 0
    private var violation: RESPViolation?

    init(limits: RESPLimits = RESPLimits()) { self.limits = limits }

    /// Whether the bytes so far end with a complete reply.
    var isBetweenReplies: Bool {
        guard case .nothing = cut else { return false }
        return open.isEmpty && replyBytes == 0 && piece.readableBytes == 0
    }

    /// Takes the next bytes; `next` has returned nil before.
    mutating func append(_ bytes: ByteBuffer) {
        if piece.readableBytes > 0 {
            piece.writeImmutableBuffer(bytes)
        } else if !open.isEmpty,
            bytes.storageCapacity / Self.wasteFactor > bytes.readableBytes
        {
            piece = ByteBuffer(bytes: bytes.readableBytesView)
        } else {
            piece = bytes
        }
    }

    /// The next reply; nil: more bytes are needed.
    ///
    /// - Throws: When the bytes are no RESP or break a limit, and ever after.
    mutating func next() throws(RESPViolation) -> RESPReply? {
        if let violation { throw violation }
        do throws(RESPViolation) {
            while let token = try nextToken() {
                switch token {
                case .value(let value):
                    if let reply = add(value) { return reply }
                case .aggregate(let type, let elements):
                    if let reply = try begin(type, elements) { return reply }
                }
            }
            piece = ByteBuffer()
            return nil
        } catch {
            violation = error
            (piece, cutBytes, open) = (ByteBuffer(), ByteBuffer(), [])
            throw error
        }
    }

    // MARK: - Lines and blobs

    private mutating func nextToken() throws(RESPViolation) -> Token? {
        switch cut {
        case .nothing: break
        case .line: return try completeLine()
        case .blob(let type, let length): return try completeBlob(type, length)
        }
        let maxLineBytes = limits.maxLineBytes
        switch piece.withUnsafeReadableBytes({ RESPLine.read($0, maxBytes: maxLineBytes) }) {
        case .number(let type, let number, let length):
            piece.moveReaderIndex(forwardBy: length)
            return try token(type, number, length)
        case .text(let type, let length):
            let text = piece.getSlice(at: piece.readerIndex + 1, length: length - 3)
            piece.moveReaderIndex(forwardBy: length)
            return try token(type, text ?? ByteBuffer(), length)
        case .violation(let violation): throw violation
        case .incomplete:
            if piece.readableBytes > 0 {
                cut = .line
                cutBytes = ByteBuffer(bytes: piece.readableBytesView)
                piece = ByteBuffer()
            }
            return nil
        }
    }

    /// Goes on with a line that began in an earlier piece. One with a number is so short that
    /// reading it again costs nothing; in one with a text only the new bytes are searched.
    private mutating func completeLine() throws(RESPViolation) -> Token? {
        let before = cutBytes.readableBytes
        let isText = cutBytes.getInteger(at: cutBytes.readerIndex).map(RESPLine.isText) ?? false
        let count = piece.withUnsafeReadableBytes {
            isText ? RESPLine.prefixToLineEnd($0) : min($0.count, RESPLine.maxNumberBytes)
        }
        let hasEnd =
            isText && count > 0
            && piece.getInteger(at: piece.readerIndex + count - 1) == UInt8(ascii: "\n")
        cutBytes.writeBytes(piece.readableBytesView.prefix(count))
        if isText, !hasEnd {
            piece.moveReaderIndex(forwardBy: count)
            if cutBytes.readableBytes > limits.maxLineBytes { throw .lineTooLong }
            return nil
        }
        let maxLineBytes = limits.maxLineBytes
        switch cutBytes.withUnsafeReadableBytes({ RESPLine.read($0, maxBytes: maxLineBytes) }) {
        case .number(let type, let number, let length):
            piece.moveReaderIndex(forwardBy: length - before)
            (cut, cutBytes) = (.nothing, ByteBuffer())
            return try token(type, number, length)
        case .text(let type, let length):
            piece.moveReaderIndex(forwardBy: length - before)
            let text = cutBytes.getSlice(at: cutBytes.readerIndex + 1, length: length - 3)
            (cut, cutBytes) = (.nothing, ByteBuffer())
            return try token(type, text ?? ByteBuffer(), length)
        case .violation(let violation): throw violation
        case .incomplete:
            piece.moveReaderIndex(forwardBy: count)
            return nil
        }
    }

    private mutating func completeBlob(
        _ type: UInt8, _ length: Int
    ) throws(RESPViolation) -> Token? {
        let missing = length + Self.lineEndBytes - cutBytes.readableBytes
        if var part = piece.readSlice(length: min(missing, piece.readableBytes)) {
            cutBytes.writeBuffer(&part)
        }
        guard cutBytes.readableBytes == length + Self.lineEndBytes else { return nil }
        var bytes = cutBytes
        (cut, cutBytes) = (.nothing, ByteBuffer())
        return .value(try Self.blob(type, length, from: &bytes))
    }

    private mutating func token(
        _ type: UInt8, _ text: ByteBuffer, _ length: Int
    ) throws(RESPViolation) -> Token? {
        try count(length)
        return .value(try RESPText.value(type, text))
    }

    @inline(__always)
    private mutating func token(
        _ type: UInt8, _ number: Int64, _ length: Int
    ) throws(RESPViolation) -> Token? {
        try count(length)
        switch type {
        case UInt8(ascii: ":"): return .value(.integer(number))
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            if number == -1, type == UInt8(ascii: "$") { return .value(.null) }
            guard number >= 0 else { throw .badCount }
            guard number <= limits.maxBlobBytes else { throw .blobTooLong }
            return try beginBlob(type, Int(number))
        default:
            if number == -1, type == UInt8(ascii: "*") { return .value(.null) }
            guard number >= 0 else { throw .badCount }
            let isPairs = type == UInt8(ascii: "%") || type == UInt8(ascii: "|")
            guard number <= limits.maxAggregateElements / (isPairs ? 2 : 1) else {
                throw .tooManyElements
            }
            return .aggregate(type: type, elements: Int(number) * (isPairs ? 2 : 1))
        }
    }

    @inline(__always)
    private mutating func beginBlob(_ type: UInt8, _ length: Int) throws(RESPViolation) -> Token? {
        let total = length + Self.lineEndBytes
        try count(total)
        if piece.readableBytes >= total {
            return .value(try Self.blob(type, length, from: &piece))
        }
        cut = .blob(type: type, length: length)
        cutBytes = ByteBufferAllocator().buffer(capacity: min(total, Self.firstBlobBytes))
        cutBytes.writeBuffer(&piece)
        return nil
    }

    /// Takes a blob and its line end off `bytes`, which hold both.
    @inline(__always)
    private static func blob(
        _ type: UInt8, _ length: Int, from bytes: inout ByteBuffer
    ) throws(RESPViolation) -> RESPValue {
        guard let content = bytes.readSlice(length: length),
            bytes.readInteger(as: UInt16.self) == 0x0D0A
        else { throw .badLineEnd }
        switch type {
        case UInt8(ascii: "$"): return .blob(content)
        case UInt8(ascii: "!"): return .error(RESPText.error(content))
        default:
            // Three letters that name the format, and a colon.
            guard content.getInteger(at: content.readerIndex + 3) == UInt8(ascii: ":"),
                let text = content.getSlice(at: content.readerIndex + 4, length: length - 4)
            else { throw .badVerbatim }
            return .blob(text)
        }
    }

    @inline(__always)
    private mutating func count(_ bytes: Int) throws(RESPViolation) {
        replyBytes += bytes
        if replyBytes > limits.maxReplyBytes { throw .replyTooLong }
    }

    // MARK: - Aggregates

    private mutating func begin(
        _ type: UInt8, _ count: Int
    ) throws(RESPViolation) -> RESPReply? {
        if type == UInt8(ascii: ">"), !open.isEmpty || count == 0 { throw .misplacedPush }
        guard open.count < limits.maxDepth else { throw .tooDeep }
        elements += count
        guard elements <= limits.maxElements else { throw .tooManyElements }
        var aggregate = OpenAggregate(type: type, missing: count)
        if count == 0 { return close(aggregate) }
        aggregate.values.reserveCapacity(min(count, Self.firstElements))
        open.append(aggregate)
        return nil
    }

    /// Puts a complete value where it belongs; the reply, if that completed one.
    @inline(__always)
    private mutating func add(_ value: RESPValue) -> RESPReply? {
        if open.isEmpty { return complete(.value(value)) }
        return addElement(value)
    }

    private mutating func addElement(_ value: RESPValue) -> RESPReply? {
        let last = open.count - 1
        open[last].values.append(value)
        open[last].missing -= 1
        if open[last].missing > 0 { return nil }
        return close(open.removeLast())
    }

    /// Attributes say something about the value behind them that nobody here wants to know.
    private mutating func close(_ aggregate: OpenAggregate) -> RESPReply? {
        switch aggregate.type {
        case UInt8(ascii: ">"): complete(.push(aggregate.values))
        case UInt8(ascii: "|"): nil
        case UInt8(ascii: "%"): add(.map(aggregate.values))
        default: add(.array(aggregate.values))
        }
    }

    @inline(__always)
    private mutating func complete(_ reply: RESPReply) -> RESPReply {
        (elements, replyBytes) = (0, 0)
        return reply
    }
}
