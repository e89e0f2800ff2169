// Writes RESP arrays of blobs, as commands are; pure functions, any thread.

import NIOCore

/// The encoding of commands, without intermediate strings.
enum RESPWriter {
    private static let lineEnd: StaticString = "\r\n"

    static func writeArrayHead(_ count: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "*"))
        writeDigits(count, to: &buffer)
        buffer.writeStaticString(lineEnd)
    }

    static func writeBlob(_ text: String, to buffer: inout ByteBuffer) {
        writeBlob(count: text.utf8.count, to: &buffer) { $0.writeString(text) }
    }

    static func writeBlob(_ bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        writeBlob(count: bytes.count, to: &buffer) { $0.writeBytes(bytes) }
    }

    static func writeBlob(_ bytes: some Collection<UInt8>, to buffer: inout ByteBuffer) {
        writeBlob(count: bytes.count, to: &buffer) { $0.writeBytes(bytes) }
    }

    static func writeBlob(number: Int, to buffer: inout ByteBuffer) {
        writeBlob(count: digitCount(number), to: &buffer) { writeDigits(number, to: &$0) }
    }

    @inline(__always)
    static func writeBlob(
        count: Int, to buffer: inout ByteBuffer, fill: (inout ByteBuffer) -> Void
    ) {
        buffer.writeInteger(UInt8(ascii: "$"))
        writeDigits(count, to: &buffer)
        buffer.writeStaticString(lineEnd)
        let start = buffer.writerIndex
        fill(&buffer)
        precondition(buffer.writerIndex == start + count, "an argument has the length it said")
        buffer.writeStaticString(lineEnd)
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

    private static func writeDigits(_ number: Int, to buffer: inout ByteBuffer) {
        let count = digitCount(number)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            var rest = number.magnitude
            var index = count
            repeat {
                index -= 1
                bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 { bytes[0] = UInt8(ascii: "-") }
            return count
        }
    }
}
