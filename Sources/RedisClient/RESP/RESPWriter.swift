// Writes RESP arrays of blobs, as commands are; pure functions, any thread.

import NIOCore

/// The encoding of commands, without intermediate strings.
enum RESPWriter {
    /// A type, the most digits of a length with a sign, a line end.
    private static let maxHeadBytes = 1 + 20 + lineEndBytes
    private static let lineEndBytes = 2
    private static let lineEnd: StaticString = "\r\n"

    /// The most bytes of a GET beside its key.
    static let maxReadBytes = readHead.utf8CodeUnitCount + maxHeadBytes + lineEndBytes
    private static let readHead: StaticString = "*2\r\n$3\r\nGET\r\n"

    /// Writes a GET, whose key is `stem` and `rest`, one behind the other.
    @inline(__always)
    static func writeRead(
        _ stem: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) {
        let count = stem.count + rest.count
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: maxReadBytes + count) { room in
            var next = copy(
                UnsafeRawBufferPointer(
                    start: readHead.utf8Start, count: readHead.utf8CodeUnitCount),
                into: room, at: 0)
            next += head(
                UInt8(ascii: "$"), count,
                into: UnsafeMutableRawBufferPointer(rebasing: room[next...]))
            next = copy(stem, into: room, at: next)
            next = copy(rest, into: room, at: next)
            (room[next], room[next + 1]) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
            return next + lineEndBytes
        }
    }

    /// Copies bytes to a place; answers where they end.
    @inline(__always)
    private static func copy(
        _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, at start: Int
    ) -> Int {
        UnsafeMutableRawBufferPointer(rebasing: room[start...]).copyMemory(from: bytes)
        return start + bytes.count
    }

    static func writeArrayHead(_ count: Int, to buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: maxHeadBytes) {
            head(UInt8(ascii: "*"), count, into: $0)
        }
    }

    static func writeBlob(_ text: String, to buffer: inout ByteBuffer) {
        var text = text
        text.withUTF8 { writeBlob(UnsafeRawBufferPointer($0), to: &buffer) }
    }

    static func writeBlob(_ bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        let most = maxHeadBytes + bytes.count + lineEndBytes
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { room in
            let start = head(UInt8(ascii: "$"), bytes.count, into: room)
            let rest = UnsafeMutableRawBufferPointer(rebasing: room[start...])
            rest.copyMemory(from: bytes)
            (rest[bytes.count], rest[bytes.count + 1]) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
            return start + bytes.count + lineEndBytes
        }
    }

    static func writeBlob(_ bytes: some Collection<UInt8>, to buffer: inout ByteBuffer) {
        let isWritten: Void? = bytes.withContiguousStorageIfAvailable {
            writeBlob(UnsafeRawBufferPointer($0), to: &buffer)
        }
        if isWritten == nil {
            writeBlob(count: bytes.count, to: &buffer) { $0.writeBytes(bytes) }
        }
    }

    static func writeBlob(number: Int, to buffer: inout ByteBuffer) {
        let count = digitCount(number)
        writeBlob(count: count, to: &buffer) { buffer in
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) {
                writeDigits(number, count, into: $0)
                return count
            }
        }
    }

    @inline(__always)
    static func writeBlob(
        count: Int, to buffer: inout ByteBuffer, fill: (inout ByteBuffer) -> Void
    ) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: maxHeadBytes) {
            head(UInt8(ascii: "$"), count, into: $0)
        }
        let start = buffer.writerIndex
        fill(&buffer)
        precondition(buffer.writerIndex == start + count, "an argument has the length it said")
        buffer.writeStaticString(lineEnd)
    }

    /// Writes a type, a number and a line end; how many bytes that were.
    @inline(__always)
    private static func head(
        _ type: UInt8, _ number: Int, into room: UnsafeMutableRawBufferPointer
    ) -> Int {
        let count = digitCount(number)
        room[0] = type
        writeDigits(number, count, into: UnsafeMutableRawBufferPointer(rebasing: room[1...]))
        (room[count + 1], room[count + 2]) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
        return 1 + count + lineEndBytes
    }

    private static func digitCount(_ number: Int) -> Int {
        var rest = number.magnitude
        var count = number < 0 ? 2 : 1
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    private static func writeDigits(
        _ number: Int, _ count: Int, into room: UnsafeMutableRawBufferPointer
    ) {
        var rest = number.magnitude
        var index = count
        repeat {
            index -= 1
            room[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { room[0] = UInt8(ascii: "-") }
    }
}
