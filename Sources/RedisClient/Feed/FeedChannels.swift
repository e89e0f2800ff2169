// The channels of the partitions, by their names; a value, any thread.

import NIOCore

/// The names `<prefix>{<partition>}:events`.
struct FeedChannels: Sendable {
    private static let end = Array("}:events".utf8)
    private let start: [UInt8]

    init(prefix: String) {
        start = Array("\(prefix){".utf8)
    }

    /// The channel of a partition, counted within its pool.
    func name(_ partition: Int) -> String {
        String(decoding: start + Array(String(partition).utf8) + Self.end, as: UTF8.self)
    }

    /// The partition of a channel; nil for any other name.
    func partition(_ name: ByteBuffer) -> Int? {
        name.withUnsafeReadableBytes { bytes in
            let digits = bytes.count - start.count - Self.end.count
            guard digits >= 1, digits <= 3, bytes.prefix(start.count).elementsEqual(start),
                bytes.suffix(Self.end.count).elementsEqual(Self.end)
            else { return nil }
            var number = 0
            for byte in bytes[start.count..<start.count + digits] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                number = number * 10 + Int(byte - 0x30)
            }
            return number < 256 ? number : nil
        }
    }
}
